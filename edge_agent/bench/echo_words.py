"""Whether words survive double talk: what Whisper makes of a user who speaks over the agent, and of the same alone.

A user says something that somebody wrote down, as loud at the microphone as the agent's echo (`RATIO_DB`), in a room
drawn at random (`echo_rooms.py`), but with the loudspeaker at `ECHO_DB`: beneath a fainter one "as loud as the echo" is
a whisper. The canceller has heard the agent for `SETTLED_S`, and knows the device from the start before. Then the same
in the same room while the agent is silent. Both times Whisper gets what the agent's ear gives it, from a little before
the first word to a little after the last, so that the difference is what the canceller made of the words.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from edge_agent.base.frames import CHUNK, FRAME, RATE_HZ, Samples
from edge_agent.base.settings import EarSettings
from edge_agent.bench import echo_rooms, recordings
from edge_agent.bench.echo_life import Ear, live
from edge_agent.bench.interrupt import ECHO_DB
from edge_agent.bench.interrupt_cases import active_dbfs
from edge_agent.bench.wer import word_error_rate
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.remembered import Known, Remembered
from edge_agent.talk.ear.room import Room
from edge_agent.talk.mind.stt import WhisperStt
from edge_agent.workers.process import Spec, Worker

RATIO_DB = 0.0
"""The user against the echo, both where they sound."""
SETTLED_S = 6.0
MARGIN_S = 0.3
"""Of sound that Whisper gets before the first word and after the last."""
TURN_S = (1.5, 8.0)
"""Turns that are shorter say too little, longer ones are rare over somebody's voice."""

Spoken = tuple[str, Samples]
"""What was said, and the sound of it: 16 kHz."""


def spoken(data: Path, count: int) -> list[Spoken]:
    """Return `count` turns with a text, from all over the folder."""
    whole = [turn for turn in recordings.turns(data) if turn.text and turn.spans_s]
    whole = [turn for turn in whole if TURN_S[0] <= turn.spans_s[-1][1] - turn.spans_s[0][0] <= TURN_S[1]]
    return [(turn.text, _cut(turn)) for turn in whole[:: max(1, len(whole) // count)][:count]]


def run(
    settings: EarSettings, vad: Path, whisper: Spec, rooms: Sequence[echo_rooms.Scene], users: Sequence[Spoken]
) -> dict[str, Any]:
    """Let every user speak in a room of the same number, over the agent and alone; return both word error rates."""
    heard = [[_hear(settings, vad, room, user, over=over) for over in (True, False)]
             for room, (_, user) in zip(rooms, users, strict=False)]  # fmt: skip
    texts = asyncio.run(_transcribe(whisper, [samples for pair in heard for samples in pair]))
    said = [text for text, _ in users[: len(heard)]]
    over, alone = (word_error_rate(zip(said, texts[which::2], strict=True)) for which in (0, 1))
    return {
        "turns": len(heard),
        "wer": round(over, 2),
        "wer_alone": round(alone, 2),
        "ratio": round(over / alone, 2) if alone else None,
    }


def _hear(settings: EarSettings, vad: Path, scene: echo_rooms.Scene, user: Samples, *, over: bool) -> Samples:
    """Return what speech-to-text gets of the user."""
    first = int(SETTLED_S * RATE_HZ) // FRAME
    length = first * FRAME + user.size + RATE_HZ
    far = scene.far[:length]
    level_db = active_dbfs(far) + ECHO_DB + RATIO_DB - active_dbfs(user)
    loud = (user * 10 ** (level_db / 20)).astype(np.float32)
    acoustics = replace(scene.acoustics, echo_db=ECHO_DB)
    place = echo_rooms.Scene(acoustics, far if over else np.zeros(length, np.float32))

    def happens(number: int, room: Room, _: Listener) -> None:
        if number == first:
            room.say(loud)

    remembered = Remembered()
    remembered.keep(Room.name, RATE_HZ, Known(acoustics.delay_ms, acoustics.drift_ppm))
    ear = live(settings, vad, place, happens, remembered)
    return _between(ear, first * FRAME, first * FRAME + user.size)


def _between(ear: Ear, start: int, end: int) -> Samples:
    margin = int(MARGIN_S * RATE_HZ)
    kept = [one.samples for one in ear.heard if start - margin - CHUNK < one.position < end + margin]
    return np.concatenate(kept)


async def _transcribe(whisper: Spec, heard: Sequence[Samples]) -> list[str]:
    worker = Worker(whisper)
    await worker.start()
    try:
        stt = WhisperStt(worker)
        return [(await stt.transcribe(samples, final=True)).text for samples in heard]
    finally:
        await worker.stop()


def _cut(turn: recordings.Turn) -> Samples:
    start_s, end_s = turn.spans_s[0][0], turn.spans_s[-1][1]
    return recordings.load(turn.path)[int(start_s * RATE_HZ) : int(end_s * RATE_HZ)]
