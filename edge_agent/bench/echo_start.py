"""The first second of the first answer: is somebody who speaks over it heard, and is it quiet about itself?

A canceller that knows nothing yet stands in a room drawn at random (`echo_rooms.py`), where the echo comes after 10 to
250 ms. The agent begins its first sentence. In one life of the room nobody else speaks: a voice that begins is *false*.
In the other, somebody does 0.2 to 1 s after the sentence's first sound, as loud at the microphone as its echo or a
quiet talker, whichever is louder: *noticed* is a voice that is told within `NOTICED_S`, and none before.

All of it once with nothing known of the device, as on the first start ever, and once with the delay of its echo and the
drift of its clocks known from the start before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from edge_agent.base.frames import FRAME, RATE_HZ, Samples, dbfs
from edge_agent.base.settings import EarSettings
from edge_agent.bench import echo_rooms
from edge_agent.bench.echo_life import live
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.remembered import Known, Remembered
from edge_agent.talk.ear.room import Room

DELAY_MS = (10.0, 250.0)
LIFE_S = 3.0
SILENCE_S = 0.5
"""Before the first sentence."""
INTO_S = (0.2, 0.6, 1.0)
NOTICED_S = 1.0
QUIET_TALKER_DBFS = -32.0
AUDIBLE = 0.003
"""Amplitude (-50 dBFS) from which the sentence sounds."""


@dataclass(frozen=True, slots=True)
class Start:
    """What became of one room."""

    false: bool
    noticed_ms: float | None
    """From the user's first sample until a voice was told; None if none was, or one before."""


def run(
    settings: EarSettings, vad: Path, rooms: Sequence[echo_rooms.Scene], users: Sequence[Samples]
) -> dict[str, Any]:
    """Let each room be lived in; return what was noticed and what was false."""
    return {
        kind: _told([begin(settings, vad, room, n, users[n % len(users)], known=known) for n, room in enumerate(rooms)])
        for kind, known in (("ever", False), ("again", True))
    }


def _told(starts: Sequence[Start]) -> dict[str, Any]:
    noticed = [start.noticed_ms for start in starts if start.noticed_ms is not None]
    return {
        "rooms": len(starts),
        "false": sum(start.false for start in starts),
        "noticed": round(len(noticed) / len(starts), 3),
        "p50_ms": round(float(np.percentile(noticed, 50))) if noticed else None,
        "p95_ms": round(float(np.percentile(noticed, 95))) if noticed else None,
    }


def draw(number: int, responses: Sequence[Samples], voices: Sequence[Samples]) -> echo_rooms.Scene:
    """Draw the room of this number, with one sentence from `SILENCE_S` on."""
    scene = echo_rooms.draw(number, responses, voices, 2 * LIFE_S)
    delay_ms = np.random.default_rng([number, 1]).uniform(*DELAY_MS)
    sentence = scene.far[int(np.argmax(np.abs(scene.far) > AUDIBLE)) :]
    far = np.concatenate((np.zeros(int(SILENCE_S * RATE_HZ), np.float32), sentence))[: int(LIFE_S * RATE_HZ)]
    return echo_rooms.Scene(replace(scene.acoustics, delay_ms=delay_ms), far)


def begin(
    settings: EarSettings, vad: Path, scene: echo_rooms.Scene, number: int, user: Samples, *, known: bool
) -> Start:
    """Let one room be lived in, alone and with this user, with its delay known or not."""
    remembered = Remembered()
    if known:
        remembered.keep(Room.name, RATE_HZ, Known(scene.acoustics.delay_ms, scene.acoustics.drift_ppm))
    false = live(settings, vad, scene, remembered=remembered).starts > 0
    at = int((SILENCE_S + INTO_S[number % len(INTO_S)]) * RATE_HZ)
    echo_dbfs = dbfs(scene.far[at:]) + scene.acoustics.echo_db
    loud = user * np.float32(10 ** ((max(echo_dbfs, QUIET_TALKER_DBFS) - dbfs(user)) / 20))

    def happens(number: int, room: Room, listener: Listener) -> None:
        if number == at // FRAME:
            room.say(loud)

    ear = live(settings, vad, scene, happens, remembered)
    told = ear.told[0] - at if ear.told else -1
    return Start(false, 1000 * told / RATE_HZ if 0 <= told <= NOTICED_S * RATE_HZ else None)
