"""Text spoken once: through the loudspeaker as in a conversation, or into a wav file."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from edge_agent.app.engines import speaking, started
from edge_agent.base.errors import DeviceError, InputError
from edge_agent.base.events import SpeechFinished, SpeechStarted
from edge_agent.base.frames import Speech
from edge_agent.base.settings import Settings
from edge_agent.supply.fleet.models import models
from edge_agent.talk.ear.mic import Mic
from edge_agent.talk.ear.rings import Exchange
from edge_agent.talk.ear.wav import WavWriter
from edge_agent.talk.voice.speaker import Speaker
from edge_agent.talk.voice.tts import Tts

DRAFT = 1
"""There is one answer here, and nobody to interrupt it."""

DEAD_S = 2.0
"""A device that swaps nothing for so long is gone."""


@dataclass(frozen=True, slots=True)
class Said:
    """What became of it."""

    seconds: float
    """Of speech."""
    first_sound_ms: float
    """From the text to its first phrase, the engine's start left out."""


async def say(settings: Settings, text: str, out: Path | None) -> Said:
    """Speak the text; return when its last sample was played, or written."""
    if not text.strip():
        raise InputError("there is nothing to say", hint='Give it a text: edge-agent say "Good morning."')
    # Before the engine starts: a missing loudspeaker is told at once.
    device = None if out else Mic(settings.audio, hears=False)
    tts, piper = speaking(models(settings))
    async with started(piper):
        speech = _Counted(tts, text)
        if out:
            await _write(speech, out)
        elif device:
            await _play(speech, device, settings)
    if not speech.seconds:
        raise InputError("there is nothing in it that could be said", hint="Give it words or numbers.")
    return Said(speech.seconds, speech.first_sound_ms)


class _Counted:
    """The speech of one text, and how much of it there was."""

    def __init__(self, tts: Tts, text: str) -> None:
        self.seconds = 0.0
        self.first_sound_ms = 0.0
        self._tts = tts
        self._text = text

    async def phrases(self) -> AsyncIterator[Speech]:
        began = time.monotonic()
        async with aclosing(self._tts.synthesise(self._text)) as spoken:
            async for speech in spoken:
                if not self.seconds:
                    self.first_sound_ms = 1000 * (time.monotonic() - began)
                self.seconds += speech.samples.size / speech.rate_hz
                yield speech


async def _write(speech: _Counted, out: Path) -> None:
    writer: WavWriter | None = None
    try:
        async for phrase in speech.phrases():
            writer = writer or WavWriter(out, phrase.rate_hz)
            writer.write(phrase.samples)
    except BaseException:
        if writer:
            writer.discard()
        raise
    if writer:
        writer.close()


async def _play(speech: _Counted, device: Mic, settings: Settings) -> None:
    spoken, stopped = threading.Event(), threading.Event()

    def on_event(event: SpeechStarted | SpeechFinished) -> None:
        if isinstance(event, SpeechFinished):
            spoken.set()

    speaker = Speaker(device.rate_hz, settings.voice.volume, settings.floor.duck_db, on_event)
    exchange = Exchange(device.rate_hz, settings.audio.lead_ms)

    def pump() -> None:
        """Keep the loudspeaker's lead filled until everything has left it."""
        while not stopped.is_set() and not (spoken.is_set() and exchange.wanted == exchange.lead):
            if exchange.read(DEAD_S) is None and not stopped.is_set():
                hint = "Plug it in again, or choose another: audio.output."
                raise DeviceError(f"{device.name} stopped taking sound", hint=hint)
            if not spoken.is_set():
                exchange.write(speaker.render(exchange.wanted, 0))

    device.open(exchange)
    playing = asyncio.create_task(asyncio.to_thread(pump))
    try:
        async for phrase in speech.phrases():
            speaker.say(DRAFT, phrase)
        speaker.finish(DRAFT)
        await playing
    finally:
        # After an error or Ctrl-C nobody announces an end, and the thread must not wait for one.
        stopped.set()
        await asyncio.wait([playing])
        device.close()
