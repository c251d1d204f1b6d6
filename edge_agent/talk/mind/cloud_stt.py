"""Speech to text by an endpoint that the owner chose, with the device behind it.

Sound leaves the device here, and nowhere else: of turns that may be over, never while somebody is still speaking, nor
of what is listened to once more. Whatever goes wrong, the device hears the same sound itself; where nothing has come
for `PATIENCE_S` it begins to, and whoever has the words first is believed. An endpoint that is late is left to its own
time-out, beside what goes on, so that its circuit breaker learns of it.
"""

import asyncio
import io
import logging
import time
import wave
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.talk.mind.cloud.failures import ProviderError
from edge_agent.talk.mind.cloud.relay import Relay
from edge_agent.talk.mind.invented import why_invented
from edge_agent.talk.mind.leanings import Leanings
from edge_agent.talk.mind.stt import Guess, Stt, Transcript

if TYPE_CHECKING:
    from edge_agent.talk.mind.cloud.speech_client import SpeechClient

log = logging.getLogger(__name__)

PATIENCE_S = 0.6
"""Twice what a good endpoint takes for a short turn. The device needs some 0.2 s more; a second of silence is long."""


class CloudStt:
    """An `Stt` that asks the relay first, and another `Stt` where that has nothing."""

    def __init__(self, relay: Relay, device: Stt, on_sent: Callable[[str, float], None] = lambda *_: None) -> None:
        """`on_sent` is told which endpoint was sent how many seconds of sound, as that is begun."""
        self._relay = relay
        self._device = device
        self._on_sent = on_sent
        self._late: set[asyncio.Task[tuple[str, str]]] = set()

    async def transcribe(self, audio: Samples, *, final: bool) -> Transcript:
        """As in `Stt`."""
        if not final:
            return await self._device.transcribe(audio, final=False)
        began = time.monotonic()
        wav = await asyncio.to_thread(as_wav, audio)
        seconds = audio.size / RATE_HZ
        asked = asyncio.get_running_loop().create_task(self._heard(wav, seconds))
        device: asyncio.Task[Transcript] | None = None
        try:
            await asyncio.wait({asked}, timeout=PATIENCE_S)
            if not asked.done():
                device = asyncio.get_running_loop().create_task(self._device.transcribe(audio, final=True))
                await asyncio.wait({asked, device}, return_when=asyncio.FIRST_COMPLETED)
            if asked.done() and not asked.exception():
                return _believed(asked.result()[1], seconds, 1000 * (time.monotonic() - began))
            self._leave(asked)
            return await (device or self._device.transcribe(audio, final=True))
        except asyncio.CancelledError:
            asked.cancel()
            raise
        finally:
            if device:
                device.cancel()

    async def _heard(self, wav: bytes, seconds: float) -> tuple[str, str]:
        def hear(client: "SpeechClient") -> Awaitable[str]:
            self._on_sent(client.name, seconds)
            return client.hear(wav)

        return await self._relay.ask(hear, seconds)

    def _leave(self, asked: asyncio.Task[tuple[str, str]]) -> None:
        """Nobody waits for it any more."""
        self._late.add(asked)
        asked.add_done_callback(self._late.discard)
        asked.add_done_callback(_over)

    async def leanings(self, audio: Samples, words: Sequence[str]) -> Leanings:
        """As in `Stt`: of the device, whatever the endpoint wrote."""
        return await self._device.leanings(audio, words)

    async def again(self, audio: Samples, words: Sequence[str], sentences: Sequence[str]) -> list[Guess]:
        """As in `Stt`: the device, which can be told what to expect."""
        return await self._device.again(audio, words, sentences)


def _over(asked: asyncio.Task[tuple[str, str]]) -> None:
    error = None if asked.cancelled() else asked.exception()
    if error is not None and not isinstance(error, ProviderError):
        log.error("an ear failed by a mistake of ours", exc_info=error)


def _believed(text: str, seconds: float, ms: float) -> Transcript:
    # An endpoint does not say how sure it is; what no human can have said is seen without.
    why = why_invented(text, looped=False, avg_logprob=0.0, no_speech_prob=0.0, seconds=seconds)
    return Transcript("" if why else text, seconds, ms, doubted=text if why else "", why=why)


def as_wav(audio: Samples) -> bytes:
    """Return samples (16 kHz) as a wav file of 16 bits."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE_HZ)
        wav.writeframes((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()
