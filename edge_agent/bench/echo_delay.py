"""How soon, how exactly and how steadily the delay of the echo and the drift of the clocks are known.

The agent talks in rooms drawn at random, where the echo comes after 10 to 250 ms and drifts; in half of them somebody
speaks now and then over it. In the middle the echo moves, as from another loudspeaker. Times are counted while the
agent is audible, for nothing can be known while it is silent. *Right* is within `RIGHT_MS`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from edge_agent.base.frames import FRAME, RATE_HZ, Samples, dbfs
from edge_agent.base.settings import EarSettings
from edge_agent.bench import echo_rooms
from edge_agent.bench.echo_life import live
from edge_agent.bench.echo_start import DELAY_MS
from edge_agent.talk.ear.delay import AUDIBLE_DBFS, Echo
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.room import Room

LIFE_S = 40.0
MOVES_MS = (-8.0, 30.0, 60.0, 100.0)
RIGHT_MS = 2.0


@dataclass(slots=True)
class Known:
    """What the ear told in one room, against what was true."""

    first_s: float | None = None
    """Of audible talk until it was right."""
    again_s: float | None = None
    """The same after the echo had moved."""
    errors_ms: list[float] = field(default_factory=list)
    """Of each measurement that was right."""
    wrong: int = 0
    """Measurements that were not, and did not tell the delay from before the move."""
    drift_error_ppm: float | None = None
    """Just before the move."""


def run(
    settings: EarSettings, vad: Path, rooms: Sequence[echo_rooms.Scene], users: Sequence[Samples]
) -> dict[str, Any]:
    """Let each room be lived in, every other one with a user."""
    known = [
        measure(settings, vad, scene, MOVES_MS[number % len(MOVES_MS)], users if number % 2 else ())
        for number, scene in enumerate(rooms)
    ]
    errors = [abs(error) for one in known for error in one.errors_ms]
    return {
        "rooms": len(known),
        "first_s": _spread([one.first_s for one in known]),
        "after_move_s": _spread([one.again_s for one in known]),
        "error_ms": _spread(errors),
        "wrong_pct": round(100 * sum(one.wrong for one in known) / max(1, len(errors)), 2),
        "drift_error_ppm": _spread([one.drift_error_ppm for one in known]),
    }


def draw(number: int, responses: Sequence[Samples], voices: Sequence[Samples]) -> echo_rooms.Scene:
    """Draw the room of this number."""
    scene = echo_rooms.draw(number, responses, voices, LIFE_S)
    delay_ms = np.random.default_rng([number, 1]).uniform(*DELAY_MS)
    return echo_rooms.Scene(replace(scene.acoustics, delay_ms=delay_ms), scene.far)


def measure(
    settings: EarSettings, vad: Path, scene: echo_rooms.Scene, later_ms: float, users: Sequence[Samples]
) -> Known:
    """Let one room be lived in, whose echo comes `later_ms` later from the middle on."""
    known, told, audible = Known(), Echo(), 0
    middle = scene.far.size // FRAME // 2
    random, silent_at = np.random.default_rng(0), 0
    if scene.acoustics.delay_ms + later_ms < DELAY_MS[0]:
        later_ms = -later_ms

    def happens(number: int, room: Room, listener: Listener) -> None:
        nonlocal told, audible, silent_at
        if number == middle:
            known.drift_error_ppm = _against(listener.echo.drift_ppm, scene.acoustics.drift_ppm)
            audible = 0
            room.move(later_ms)
        if users and number * FRAME >= silent_at:
            user = users[int(random.integers(len(users)))]
            level_dbfs = scene.acoustics.echo_db + dbfs(scene.far)
            pause = random.uniform(1, 3) * RATE_HZ
            silent_at = room.say(user * np.float32(10 ** ((level_dbfs - dbfs(user)) / 20))) + int(pause)
        audible += dbfs(scene.far[number * FRAME : (number + 1) * FRAME]) > AUDIBLE_DBFS
        if listener.echo != told:
            told = listener.echo
            before_ms = scene.acoustics.delay_ms + scene.acoustics.drift_ppm * number * 1e-5
            _compare(known, told, before_ms, later_ms if number >= middle else 0.0, audible / 100)

    live(settings, vad, scene, happens)
    return known


def _compare(known: Known, told: Echo, before_ms: float, later_ms: float, audible_s: float) -> None:
    assert told.delay_ms is not None
    error = told.delay_ms - before_ms - later_ms
    if abs(error) > RIGHT_MS:
        known.wrong += not (later_ms and abs(told.delay_ms - before_ms) <= RIGHT_MS)
        return
    known.errors_ms.append(error)
    if later_ms and known.again_s is None:
        known.again_s = audible_s
    elif not later_ms and known.first_s is None:
        known.first_s = audible_s


def _against(told: float | None, true: float) -> float | None:
    return None if told is None else abs(told - true)


def _spread(values: Sequence[float | None]) -> dict[str, float | None]:
    """Median and 95th percentile, and how many there are not."""
    there = [value for value in values if value is not None]
    p50, p95 = np.percentile(there, (50, 95)) if there else (None, None)
    return {
        "p50": None if p50 is None else round(float(p50), 3),
        "p95": None if p95 is None else round(float(p95), 3),
        "never": len(values) - len(there),
    }
