"""When the agent can't run: it says that it needs help, without an engine, a microphone or a network.

1. While it is well it leaves the words behind as sound, in its own voice. Where that never came about, three falling
   notes stand for them.
2. In safe mode they are played at once and every `AGAIN_S`, until somebody ends it. A loudspeaker that is missing is
   looked for each time.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np

from edge_agent.base.errors import EdgeAgentError
from edge_agent.base.frames import Samples
from edge_agent.host.notify import Manager
from edge_agent.talk.ear.wav import WavReader, WavWriter
from edge_agent.talk.voice import earcon
from edge_agent.talk.voice.tts import Tts

log = logging.getLogger(__name__)

WORDS = "I need help. I can't start by myself any more. Please tell the person who looks after me."

FILE = "help.wav"
"""In the state folder: the agent's own voice, and nobody else's."""

AGAIN_S = 180.0
"""Often enough for somebody who passes by, seldom enough for somebody who works beside it."""

NOTES_HZ = 48_000

TAIL_S = 0.5
"""What a loudspeaker still holds."""

Play = Callable[[Samples, int], AbstractContextManager[None]]
"""Plays samples at a rate on the loudspeaker, until they or the context end; one of our errors where it can't."""


async def leave_words(tts: Tts, path: Path) -> None:
    """Keep the words as sound, unless they are kept. What fails costs the words, and is met again next time."""
    if _are_left(path):
        return
    try:
        spoken = [speech async for speech in tts.synthesise(WORDS)]
        path.parent.mkdir(parents=True, exist_ok=True)
        with WavWriter(path, spoken[0].rate_hz) as writer:
            for speech in spoken:
                writer.write(speech.samples)
    except (EdgeAgentError, OSError) as error:
        log.warning("the safe mode has no words: %s", error)


def _are_left(path: Path) -> bool:
    return path.exists()


def call(path: Path) -> tuple[Samples, int]:
    """Return what is played, and its rate."""
    try:
        reader = WavReader(path)
    except EdgeAgentError as error:
        log.warning("three notes instead of words: %s", error)
        return np.tile(earcon.falling(NOTES_HZ), 3), NOTES_HZ
    try:
        return reader.read(reader.frames), reader.rate_hz
    finally:
        reader.close()


async def ask_for_help(path: Path, play: Play, stop: asyncio.Event, manager: Manager | None) -> None:
    """Ask until `stop` is set; the words are at `path`."""
    if manager:
        manager.ready("safe mode: the agent can't run; see `edge-agent service logs`")
    while not stop.is_set():
        log.error("the agent can't run and needs help: `edge-agent doctor`, then `systemctl start edge-agent`")
        samples, rate_hz = call(path)
        try:
            with play(samples, rate_hz):
                await _passes(stop, samples.size / rate_hz + TAIL_S)
        except EdgeAgentError as error:
            log.warning("nobody hears it: %s", error)
        await _passes(stop, AGAIN_S)


async def _passes(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
