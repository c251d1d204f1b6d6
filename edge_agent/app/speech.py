"""Who hears and who speaks: the device's engines, or endpoints that the owner chose with the engines behind them.

Where an endpoint hears, the sound of what is said leaves the device. That is never so by default, nor where everything
is to stay here; and whoever speaks is told.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge_agent.app.engines import Engines
from edge_agent.app.happenings import Noted, Watch
from edge_agent.app.leaving import Leaving
from edge_agent.base.frames import Samples
from edge_agent.base.settings import Settings
from edge_agent.base.settings_cloud import CloudVoice, Transcriber
from edge_agent.talk.mind.cloud.budget import price_of_hearing, price_of_speaking
from edge_agent.talk.mind.cloud.relay import Hired, Relay
from edge_agent.talk.mind.cloud_stt import CloudStt
from edge_agent.talk.mind.privacy import Placeholders, redact_all
from edge_agent.talk.mind.stt import Stt
from edge_agent.talk.voice.cloud_tts import CloudTts, Say
from edge_agent.talk.voice.tts import Tts

if TYPE_CHECKING:
    from edge_agent.talk.mind.cloud.speech_client import SpeechClient

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Spoken:
    """Who hears and who speaks."""

    stt: Stt
    tts: Tts
    voiced: Callable[[Tts], Tts]
    """Puts the endpoint that speaks, if any, before an engine: `tts` is made so, too."""
    notice: str = ""
    """To be said aloud, where sound leaves the device; empty where it doesn't."""


@asynccontextmanager
async def speech(settings: Settings, engines: Engines, watch: Watch, leaves: Leaving) -> AsyncIterator[Spoken]:
    """Yield them. SettingsError if a key can't be read."""

    def tell(text: str) -> None:
        watch(Noted(text))

    ears, voices = settings.cloud.stt, settings.cloud.tts
    if settings.privacy.local_only and (ears or voices):
        ears, voices = (), ()
        tell("nothing may leave this device (privacy.local_only): cloud.stt and cloud.tts are not used")
    stt: Stt = engines.stt
    notice = ""

    def voiced(tts: Tts) -> Tts:
        return tts

    async with AsyncExitStack() as open_until_the_end:
        if ears:
            relay = Relay({ear.name: _ears(ear) for ear in ears}, leaves.purse, tell)
            open_until_the_end.push_async_callback(relay.close)

            def sent(name: str, seconds: float) -> None:
                leaves.speech_sent("sound", name, [("sound", f"{seconds:.1f} s of what was said")])

            stt = CloudStt(relay, stt, sent)
            names = " or ".join(ear.name for ear in ears)
            notice = f"What you say to me is sent, as sound, to {names}."
            log.warning("sound leaves this device: what is said is sent to %s", names)
            tell(f"sound leaves this device: what is said is sent to {names} (cloud.stt)")
        if voices:
            relay = Relay({voice.name: _voices(voice) for voice in voices}, leaves.purse, tell)
            open_until_the_end.push_async_callback(relay.close)
            say = _saying(relay, voices, leaves)

            def voiced(tts: Tts) -> Tts:
                return CloudTts(say, tts, lambda text: _innocent(text, settings))

        yield Spoken(stt, voiced(engines.tts), voiced, notice)


def _ears(ear: Transcriber) -> Hired:
    return Hired(_client(ear), lambda seconds: price_of_hearing(ear, seconds))


def _voices(voice: CloudVoice) -> Hired:
    return Hired(_client(voice), lambda chars: price_of_speaking(voice, round(chars)))


def _client(endpoint: Transcriber | CloudVoice) -> "SpeechClient":
    from edge_agent.talk.mind.cloud.speech_client import SpeechClient  # It is heavy, and most devices need none.

    return SpeechClient(endpoint)


def _saying(relay: Relay, voices: tuple[CloudVoice, ...], leaves: Leaving) -> Say:
    rates = {voice.name: voice.rate_hz for voice in voices}

    async def say(text: str) -> tuple[Samples, int]:
        def speak(client: "SpeechClient") -> Awaitable[bytes]:
            leaves.speech_sent("speech", client.name, [("speech", text)])
            return client.speak(text)

        name, sound = await relay.ask(speak, len(text))
        samples = np.frombuffer(sound[: len(sound) // 2 * 2], "<i2").astype(np.float32)
        return samples / np.float32(32768), rates[name]

    return say


def _innocent(text: str, settings: Settings) -> bool:
    """Whether nothing is in it that the owner keeps private. A placeholder can't be said, so such a line stays here."""
    return not redact_all([text], settings.privacy, Placeholders()).held
