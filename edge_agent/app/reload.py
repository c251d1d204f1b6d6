"""Settings that are read anew while the agent runs: what holds at once, and what has to wait for the next start. Pure.

What only decides (when a turn is over, how the model is addressed) changes between two events, and no turn is dropped
for it. What is built in (devices, models, workers, the cloud's connection) would take the conversation along.
"""

from dataclasses import dataclass

from edge_agent.base.room import Room
from edge_agent.base.settings import Settings

LIVE = frozenset({"mind.persona", "voice.volume", "voice.first_phrase_chars"})
"""Besides these, everything of `floor` but the loudness of a lowered voice: the gain was made for that."""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What becomes of the settings that were read."""

    settings: Settings
    """Those that hold from now on."""
    now: tuple[str, ...]
    """Names of what changed."""
    later: tuple[str, ...]
    """Names of what will at the next start."""


def reloaded(held: Settings, read: Settings) -> Reloaded:
    """Return what holds once `read` was read while `held` held."""
    now: list[str] = []
    later: list[str] = []
    rooms: dict[str, Room] = {}
    for room in Settings.model_fields:
        before, after = getattr(held, room), getattr(read, room)
        changed = [name for name in type(before).model_fields if getattr(before, name) != getattr(after, name)]
        live = [name for name in changed if is_live(f"{room}.{name}")]
        now += [f"{room}.{name}" for name in live]
        later += [f"{room}.{name}" for name in changed if name not in live]
        rooms[room] = before.model_copy(update={name: getattr(after, name) for name in live})
    return Reloaded(held.model_copy(update=rooms), tuple(now), tuple(later))


def is_live(key: str) -> bool:
    """Whether a setting may change without a new start."""
    return key in LIVE or (key.startswith("floor.") and key != "floor.duck_db")


def told(change: Reloaded) -> str:
    """Return in one line what changed."""
    parts = [f"now: {', '.join(change.now)}"] if change.now else []
    parts += [f"at the next start: {', '.join(change.later)}"] if change.later else []
    return "; ".join(parts) or "nothing changed"
