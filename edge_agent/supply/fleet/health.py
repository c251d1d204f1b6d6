"""How the models in use do, and whether those on trial do as well as the ones before. Pure but for two small files.

The agent writes `health/<generation>.json` after every turn; the updater reads it and compares.

1. A model that can't be loaded, or whose worker dies, fails at once; one is enough.
2. One that is slower than the last good one by more than `slower_max` fails as soon as `turns_min` turns have shown it.
3. One whose memory keeps growing fails.
4. It is good when it has worked for `probation_s` and `turns_min` turns. Where nobody speaks to it for so long, the
   canary is asked once more.
"""

import json
from dataclasses import asdict, dataclass, fields
from enum import Enum, auto
from pathlib import Path

PULLED = "pulled"
"""Stands for the models that were pulled, where a generation would be named."""


@dataclass(frozen=True, slots=True)
class Health:
    """What the agent saw of one generation."""

    turns: int = 0
    crashes: int = 0
    """Workers that died."""
    first_sound_p95_ms: float = 0.0
    """From the end of the user's turn."""
    transcript_p95_ms: float = 0.0
    """From the pause in which it was begun."""
    memory_mb: float = 0.0
    """Of all engines, now."""
    memory_begun_mb: float = 0.0
    """The same after the first turns."""
    broken: str = ""
    """Why it could not be loaded."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When it is no worse."""

    probation_s: float = 600
    turns_min: int = 10
    slower_max: float = 1.3
    growth_max: float = 1.5
    growth_mb: float = 200


class Verdict(Enum):
    """Of a probation."""

    WAIT = auto()
    GOOD = auto()
    QUIET = auto()  # long enough, but hardly anybody spoke to it
    BAD = auto()


def judge(now: Health, before: Health, elapsed_s: float, limits: Limits) -> tuple[Verdict, str]:
    """Compare a generation on trial with the last good one, and say why it is bad if it is."""
    if now.broken:
        return Verdict.BAD, f"it can't be loaded: {now.broken}"
    if now.crashes:
        return Verdict.BAD, f"its workers died {now.crashes} times"
    most_mb = max(now.memory_begun_mb * limits.growth_max, now.memory_begun_mb + limits.growth_mb)
    if now.memory_begun_mb and now.memory_mb > most_mb:
        return Verdict.BAD, f"its memory grew from {now.memory_begun_mb:.0f} to {now.memory_mb:.0f} MB"
    if now.turns >= limits.turns_min:
        for name, new, old in (
            ("first sound", now.first_sound_p95_ms, before.first_sound_p95_ms),
            ("transcript", now.transcript_p95_ms, before.transcript_p95_ms),
        ):
            if old and before.turns >= limits.turns_min and new > old * limits.slower_max:
                return Verdict.BAD, f"its {name} takes {new / old:.1f} times as long"
    if elapsed_s < limits.probation_s:
        return Verdict.WAIT, ""
    return (Verdict.GOOD if now.turns >= limits.turns_min else Verdict.QUIET), ""


def read(root: Path, generation: str) -> Health:
    """Return what was seen of a generation; nothing yet, if it can't be read."""
    try:
        table = json.loads(_path(root, generation).read_text(encoding="utf-8"))
        return Health(**{field.name: table[field.name] for field in fields(Health)})
    except (OSError, ValueError, TypeError, KeyError):
        return Health()


def write(root: Path, generation: str, health: Health) -> None:
    """Replace what was seen; a power cut may lose the last turn, nothing more."""
    path = _path(root, generation)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(health)), encoding="utf-8")
    fresh.replace(path)


def forget(root: Path, generation: str) -> None:
    """Let a generation begin anew."""
    _path(root, generation).unlink(missing_ok=True)


def _path(root: Path, generation: str) -> Path:
    return root / "health" / f"{generation or PULLED}.json"
