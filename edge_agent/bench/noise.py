"""Whether noise and other people's voices are taken for the user's: the ear alone, faster than time.

The ear is the very one that the agent runs (`Hearing`), fed with scenes drawn by number (`noise_scenes.py`).

1. `by_snr`: one person speaks in a lasting noise. *Missed* is a voice of which nothing was noticed within `NOTICED_S`
   of its beginning; *kept open* one that was not said to have paused within `ENDED_S` after its end.
   `false_per_min` counts the voices that began in the noise before. `car`: the same in the noise of a car, which is a
   shaped one (`noise_scenes.car`).
2. `alone`: nobody speaks, each noise of the folder in turn; voices that begun, by the minute.
3. `stranger`: another person's voice through a room, so many dB below the near one's (`noise_scenes.Kind`). *Taken* is
   the share of the scenes in which a voice begins because of it, `heard_pct` the part of its time that counted as one.
4. `near`: what must not suffer: a soft voice in a quiet room, and the near voice over the agent's own.
5. `cpu_pct`: of one core, for these scenes at the speed of time.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge_agent.base.events import VoiceStarted
from edge_agent.base.frames import CHUNK, RATE_HZ, Samples
from edge_agent.base.settings import EarSettings
from edge_agent.bench import noise_scenes as scenes
from edge_agent.bench import recordings
from edge_agent.bench.echo import hear
from edge_agent.bench.echo_life import Ear, inside
from edge_agent.bench.noise_scenes import Cast, Kind, Scene
from edge_agent.talk.ear.vad import Silero

SNR_DB = (-3, 0, 3, 6, 12, 18, 24)
CAR_SNR_DB = (-15, -9, -3)
"""A car's noise is nearly all below a voice: at -9 dB everybody understands it."""
BELOW_DB = (10, 15, 20)
LASTING_S = 8.0
"""Noises that are shorter are events; nobody speaks in them."""
ALONE_S = 10.0

NOTICED_S = 0.5
ENDED_S = 1.0
GRACE_S = 0.3
"""After the near voice's end: what begins or goes on until then is still its."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the ear made of one scene. Shares are 0-1."""

    missed: bool
    """Of the first near voice: nothing of its beginning was noticed."""
    kept_open: bool
    """Its end was not."""
    kept: float
    """The share of it that lies in a voice."""
    early: int
    """Voices that began before it; in a scene without one, all."""
    taken: bool
    """A voice began from `strange` on, or after the near voice's end where both speak."""
    noticed: bool
    """A voice began within `NOTICED_S` of `strange`."""
    strange_heard: float
    """The share of the time from `strange` on that lies in a voice."""


def run(data: Path, vad: Path, settings: EarSettings, count: int, progress: Progress) -> dict[str, Any]:
    """Live through `count` scenes of every kind, and each noise alone; return what the report's `data` has."""
    cast, every_noise = gathered(data, count)
    silero = Silero(vad)
    began, lived_s = time.process_time(), 0.0

    def live(kind: str, staged: Sequence[Callable[[], Scene]]) -> list[Verdict]:
        nonlocal lived_s
        verdicts = []
        for number, stage in enumerate(staged):
            progress(kind, number, len(staged))
            scene = stage()
            lived_s += scene.near.size / RATE_HZ
            verdicts.append(judged(scene, hear(settings, silero, scene.near, scene.far)))
        return verdicts

    numbers = range(count)
    by_snr = {
        str(snr): _in_noise(live(f"{snr} dB", [_later(scenes.in_noise, cast, n, snr) for n in numbers]))
        for snr in SNR_DB
    }
    by_snr_car = {
        str(snr): _in_noise(live(f"car, {snr} dB", [_later(scenes.in_car, cast, n, snr) for n in numbers]))
        for snr in CAR_SNR_DB
    }
    alone = live("noise", [_later(scenes.noise_alone, one, n, ALONE_S) for n, one in enumerate(every_noise)])
    strangers = {
        str(below): {
            kind.value: _taken(live(kind.value, [_later(_stranger, cast, n, kind, below) for n in numbers]))
            for kind in (Kind.ALONE, Kind.CROWD, Kind.AFTER, Kind.BESIDE, Kind.OVER_AGENT)
        }
        for below in BELOW_DB
    }
    soft = live(Kind.SOFT.value, [_later(scenes.soft, cast, n) for n in numbers])
    over = live(Kind.USER_OVER_AGENT.value, [_later(scenes.over_agent, cast, n, 0.0) for n in numbers])
    return {
        "n": count,
        "by_snr": by_snr,
        "car": by_snr_car,
        "alone": {"false_per_min": _per_minute(alone, ALONE_S), "noises": len(alone)},
        "stranger": strangers,
        "near": {
            "soft_missed": _share([one.missed for one in soft]),
            "soft_kept": _share([one.kept for one in soft]),
            "over_agent_noticed": _share([one.noticed for one in over]),
            "over_agent_kept": _share([one.strange_heard for one in over]),
        },
        "cpu_pct": round(100 * (time.process_time() - began) / lived_s, 2),
        "minutes": round(lived_s / 60, 1),
    }


def gathered(data: Path, count: int) -> tuple[Cast, list[Samples]]:
    """Read `count` voices from all over the folder, the noises that last, and the rooms; and every noise there is."""
    turns = [turn for turn in recordings.turns(data) if turn.spans_s]
    chosen = [turns[number * len(turns) // count] for number in range(min(count, len(turns)))]
    noises = [recordings.load(noise.path) for noise in recordings.noises(data)]
    rooms = [recordings.load(room.path) for room in recordings.rooms(data)]
    lasting = [noise for noise in noises if noise.size >= LASTING_S * RATE_HZ] or noises
    return Cast([_voice(turn) for turn in chosen], lasting, rooms), noises


def judged(scene: Scene, ear: Ear) -> Verdict:
    """Compare what was said to have begun and ended with what did."""
    starts = [event.position for event in ear.events if isinstance(event, VoiceStarted)]
    positions = np.arange(0, scene.near.size, CHUNK)
    voiced = inside(ear.events, positions)

    def heard(begin: int, seconds: float) -> Any:
        return voiced[(positions >= begin) & (positions < begin + int(seconds * RATE_HZ))]

    begin, end = scene.spans[0] if scene.spans else (scene.near.size, scene.near.size)
    later = end + int(GRACE_S * RATE_HZ)
    strange = scene.near.size if scene.strange is None else scene.strange
    from_there = max(strange, later) if scene.spans else strange
    strange_s = (scene.near.size - from_there) / RATE_HZ
    all_along = strange_s > 0 and bool(heard(from_there, strange_s).all())
    return Verdict(
        missed=bool(scene.spans) and not heard(begin, NOTICED_S).any(),
        kept_open=bool(scene.spans) and bool(heard(end, ENDED_S).all()),
        kept=float(heard(begin, (end - begin) / RATE_HZ).mean()) if scene.spans else 1.0,
        early=sum(position < begin - RATE_HZ // 10 for position in starts),
        taken=any(position >= from_there for position in starts) or all_along,
        noticed=bool(heard(strange, NOTICED_S).any()),
        strange_heard=float(heard(from_there, strange_s).mean()) if strange_s else 0.0,
    )


def _stranger(cast: Cast, number: int, kind: Kind, below_db: float) -> Scene:
    if kind is Kind.OVER_AGENT:
        return scenes.over_agent(cast, number, below_db)
    return scenes.stranger(cast, number, kind, below_db)


def _later(stage: Callable[..., Scene], *parts: Any) -> Callable[[], Scene]:
    return lambda: stage(*parts)


def _in_noise(verdicts: Sequence[Verdict]) -> dict[str, float | None]:
    return {
        "missed": _share([one.missed for one in verdicts]),
        "kept_open": _share([one.kept_open for one in verdicts]),
        "kept": _share([one.kept for one in verdicts]),
        "false_per_min": _per_minute(verdicts, scenes.LEAD_S),
    }


def _taken(verdicts: Sequence[Verdict]) -> dict[str, float | None]:
    return {
        "taken": _share([one.taken for one in verdicts]),
        "heard_pct": _percent([one.strange_heard for one in verdicts]),
        "kept_open": _share([one.kept_open for one in verdicts]),
        "missed": _share([one.missed for one in verdicts]),
        "kept": _share([one.kept for one in verdicts]),
    }


def _per_minute(verdicts: Sequence[Verdict], seconds: float) -> float | None:
    return round(sum(one.early for one in verdicts) * 60 / (len(verdicts) * seconds), 2) if verdicts else None


def _share(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 3) if values else None


def _percent(values: Sequence[float]) -> float | None:
    return round(100 * float(np.mean(values)), 1) if values else None


def _voice(turn: recordings.Turn) -> Samples:
    """What was said, with a breath of its own background on either side, softly faded."""
    whole, margin = recordings.load(turn.path), RATE_HZ // 20
    first = max(0, int(turn.spans_s[0][0] * RATE_HZ) - margin)
    voice = whole[first : int(turn.spans_s[-1][1] * RATE_HZ) + margin].copy()
    fade = np.linspace(0, 1, margin, dtype=np.float32)
    voice[:margin] *= fade
    voice[-margin:] *= fade[::-1]
    return voice
