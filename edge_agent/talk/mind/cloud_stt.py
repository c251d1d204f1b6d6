"""Speech to text by an endpoint that the owner chose, with the device behind it.

Sound leaves the device here, and nowhere else: of turns that may be over, never while somebody is still speaking, nor
of what is listened to once more. Whatever goes wrong, the device hears the same sound itself.
"""

import asyncio
import io
import time
import wave
from collections.abc import Sequence

import numpy as np

from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.talk.mind.cloud.failures import ProviderError
from edge_agent.talk.mind.cloud.relay import Relay
from edge_agent.talk.mind.invented import why_invented
from edge_agent.talk.mind.stt import Guess, Stt, Transcript


class CloudStt:
    """An `Stt` that asks the relay first, and another `Stt` where that has nothing."""

    def __init__(self, relay: Relay, device: Stt) -> None:
        self._relay = relay
        self._device = device

    async def transcribe(self, audio: Samples, *, final: bool) -> Transcript:
        """As in `Stt`."""
        if not final:
            return await self._device.transcribe(audio, final=False)
        began = time.monotonic()
        wav = await asyncio.to_thread(as_wav, audio)
        try:
            _, text = await self._relay.ask(lambda client: client.hear(wav))
        except ProviderError:
            return await self._device.transcribe(audio, final=True)
        seconds, ms = audio.size / RATE_HZ, 1000 * (time.monotonic() - began)
        # It does not say how sure it is; what no human can have said is seen without.
        why = why_invented(text, looped=False, avg_logprob=0.0, no_speech_prob=0.0, seconds=seconds)
        return Transcript("" if why else text, seconds, ms, doubted=text if why else "", why=why)

    async def again(self, audio: Samples, words: Sequence[str], sentences: Sequence[str]) -> list[Guess]:
        """As in `Stt`: the device, which can be told what to expect."""
        return await self._device.again(audio, words, sentences)


def as_wav(audio: Samples) -> bytes:
    """Return samples (16 kHz) as a wav file of 16 bits."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE_HZ)
        wav.writeframes((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()
