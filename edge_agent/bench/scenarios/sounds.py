"""What is to be heard in a scenario, at 16 kHz: lines in a synthetic voice, made-up noises, and the owner's recordings.

The voice is the agent's own, pitched up. A pause in a line is put between two words of the sentence as it was spoken
whole, so that its first half sounds as if more were to come. Of noises only what makes them one is there: a cough is
two bursts of breath through a throat, a knock is wood that rings shortly three times, a door is a thump and its rattle,
and an "mm-hm", which the voice would spell, is hummed.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from edge_agent.app.engines import speaking, started
from edge_agent.base.errors import InputError
from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.base.settings import Settings
from edge_agent.bench import recordings
from edge_agent.bench.rehearsal import pitched
from edge_agent.bench.scenarios.form import PAUSE, Backchannel, MakeNoise, Noise, PlayRecording, Say, Step, seconds
from edge_agent.supply.fleet.models import models
from edge_agent.talk.voice.tts import Tts

PEAK = 0.5
"""Of noises and recordings, as loud as somebody who speaks beside the device."""

SOFTLY = 0.5
"""A listener's word against what is said to be heard: -6 dB."""

RECORDING_S = 4.0
"""Kept of a recording."""

FADE = RATE_HZ // 200


class Missing(Exception):
    """A recording that is not there: the scenario is skipped, not failed."""


async def voiced(settings: Settings, steps: Iterable[Step]) -> Mapping[str, Samples]:
    """Have the voice speak every line of these steps, by its text."""
    texts = dict.fromkeys(
        step.say if isinstance(step, Say) else step.backchannel for step in steps if isinstance(step, Say | Backchannel)
    )
    tts, voice = speaking(models(settings))
    async with started(voice):
        return {text: await _with_pauses(tts, text) for text in texts}


async def _with_pauses(tts: Tts, text: str) -> Samples:
    parts = PAUSE.split(text)  # words, pause, words, pause, …, words
    samples, ends = await pitched(tts, " ".join(" ".join(parts[::2]).split()))
    pieces, begun, words = [], 0, 0
    for said, length in zip(parts[:-1:2], parts[1::2], strict=True):
        words += len(said.split())
        cut = ends[words - 1] if 0 < words <= len(ends) else begun
        pieces += [_faded(samples[begun:cut]), np.zeros(round(seconds(length) * RATE_HZ), np.float32)]
        begun = cut
    return np.concatenate([*pieces, samples[begun:]])


def _faded(samples: Samples) -> Samples:
    """The same without the click of a cut at its end."""
    samples = samples.copy()
    end = samples[-FADE:]
    end *= np.linspace(1, 0, end.size, dtype=np.float32)
    return samples


def made(noise: Noise) -> Samples:
    """Return a noise, the same each time."""
    random = np.random.default_rng(7)
    match noise:
        case Noise.COUGH:
            bursts = [_burst(random, 0.22, (500, 3500), 12), _silence(0.12), _burst(random, 0.3, (400, 2500), 10)]
        case Noise.KNOCK:
            knocks = [_burst(random, 0.09, (120, 700), 60) for _ in range(3)]
            bursts = [sound for knock in knocks for sound in (knock, _silence(0.13))]
        case Noise.MM_HM:
            bursts = [_hum(0.22, 125, 115), _silence(0.06), _hum(0.3, 120, 160)]
        case Noise.DOOR:
            bursts = [_burst(random, 0.35, (40, 250), 14), _burst(random, 0.15, (300, 3000), 25) * np.float32(0.4)]
    return _level(np.concatenate(bursts))


def recorded(folder: Path | None, name: str) -> Samples:
    """Return the first recording of that name or label; Missing where there is none."""
    if folder is None:
        raise Missing(f"the recording {name!r} needs a folder of recordings")
    try:
        clips = [(one.path, one.label) for one in recordings.interruptions(folder)]
        clips += [(one.path, one.label) for one in recordings.noises(folder)]
    except InputError as error:
        raise Missing(str(error)) from error
    found = next((path for path, label in clips if name in (path.stem, label)), None)
    if found is None:
        raise Missing(f"no recording in {folder} is called {name!r}")
    return _level(recordings.load(found)[: int(RECORDING_S * RATE_HZ)])


def sound(step: Step, voice: Mapping[str, Samples], folder: Path | None) -> Samples | None:
    """What is heard when this step is taken; None if it makes no sound."""
    match step:
        case Say(say=text):
            return voice[text]
        case Backchannel(backchannel=text):
            return voice[text] * np.float32(SOFTLY)
        case MakeNoise(noise=noise):
            return made(noise)
        case PlayRecording(recording=name):
            return recorded(folder, name)
    return None


def _burst(random: np.random.Generator, length_s: float, band_hz: tuple[int, int], decay: float) -> Samples:
    """Noise within a band, which sets in within 5 ms and dies away by `decay` nepers a second."""
    size = round(length_s * RATE_HZ)
    spectrum = np.fft.rfft(random.standard_normal(size))
    pitch_hz = np.fft.rfftfreq(size, 1 / RATE_HZ)
    spectrum[(pitch_hz < band_hz[0]) | (pitch_hz > band_hz[1])] = 0
    shape = np.exp(-decay * np.arange(size) / RATE_HZ) * np.minimum(1, np.arange(size) / FADE)
    return _level((np.fft.irfft(spectrum, size) * shape).astype(np.float32))


def _hum(length_s: float, from_hz: float, to_hz: float) -> Samples:
    """A voice through the nose: harmonics of a gliding pitch, which fall by 12 dB an octave."""
    size = round(length_s * RATE_HZ)
    phase = 2 * np.pi * np.cumsum(np.linspace(from_hz, to_hz, size)) / RATE_HZ
    tone = sum(np.sin(number * phase) / number**2 for number in range(1, 13))
    return _level((tone * np.sin(np.linspace(0, np.pi, size)) ** 0.5).astype(np.float32))


def _silence(length_s: float) -> Samples:
    return np.zeros(round(length_s * RATE_HZ), np.float32)


def _level(samples: Samples) -> Samples:
    return (samples * (PEAK / max(float(np.abs(samples).max()), 1e-6))).astype(np.float32)
