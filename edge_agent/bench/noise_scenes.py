"""Scenes with a noise or a stranger in them: who speaks when, how loudly, drawn from a number. Pure.

Levels are those of the sound while it sounds (`active_dbfs`). A stranger is another recording, heard through a recorded
room (`echo_rooms.shaped`), so many dB below the near voice of the scene. The same number is the same scene everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.random import Generator

from edge_agent.base.frames import FRAME, RATE_HZ, Samples
from edge_agent.bench.echo_rooms import shaped
from edge_agent.bench.interrupt_cases import active_dbfs

NEAR_DBFS = (-34.0, -20.0)
"""Of people near a microphone, as it was found in recordings of three kinds of devices."""
SOFT_DBFS = -46.0
"""Of one who speaks softly: 20 dB below the others."""
HUSH_DB = (-40.0, -28.0)
"""Of a quiet room's own noise, against the near voice."""
CROWD_DB = 20.0
"""Of the noise in a hall, below the near voice: a stranger 15 dB below it is 5 dB above the noise."""
NOISE_DBFS = (-50.0, -25.0)
"""Of noise that is alone."""
CAR_HZ = 40.0
CAR_SIZE = 1 << 18
"""Samples (16 s) of a car's noise, before it repeats."""
REVERB_S = (0.3, 0.9)
"""Of the room between a stranger and the microphone."""
ECHO_DB = -20.0
"""Of the agent's own voice at the microphone, against what it was given."""
AGENT_DBFS = -20.0

LEAD_S = 4.0
"""Before the first voice: noise that the ear may get to know."""
TAIL_S = 3.0
"""After the last one."""
STRANGER_S = 6.0
"""For so long a stranger speaks who is alone."""
BETWEEN_S = 1.5
"""From one voice to the next."""
AGENT_S = 3.0
"""Of the agent alone, before somebody speaks over it."""


class Kind(StrEnum):
    """What happens in a scene."""

    NOISE = "noise"  # nobody speaks
    SPEECH = "speech"  # one person speaks in it
    SOFT = "soft"  # one person speaks softly in a quiet room
    ALONE = "alone"  # a stranger speaks, and nobody spoke before
    CROWD = "crowd"  # the same, in a noise that is `CROWD_DB` below the near voice
    AFTER = "after"  # a stranger speaks after the near voice
    BESIDE = "beside"  # a stranger speaks all the time, the near voice too for a while
    OVER_AGENT = "over_agent"  # a stranger speaks over the agent, which somebody had asked something
    USER_OVER_AGENT = "user_over_agent"  # the near voice itself does


@dataclass(frozen=True, slots=True)
class Scene:
    """Both sides of a microphone, 16 kHz, in whole frames."""

    near: Samples
    far: Samples
    spans: tuple[tuple[int, int], ...]
    """Samples from and to which the near voice speaks, one stretch for each time."""
    strange: int | None = None
    """The sample from which on a stranger speaks, or the user over the agent."""


@dataclass(frozen=True, slots=True)
class Cast:
    """What scenes are made of, all at 16 kHz."""

    voices: Sequence[Samples]
    """Cut where they begin and end."""
    noises: Sequence[Samples]
    rooms: Sequence[Samples]


def in_noise(cast: Cast, number: int, snr_db: float) -> Scene:
    """One person in a noise that is so much softer."""
    random = np.random.default_rng((number, 1))
    voice = at_level(_one_of(cast.voices, number), random.uniform(*NEAR_DBFS))
    near, start = _stage(voice.size, LEAD_S, TAIL_S)
    near += at_level(_looped(_any(random, cast.noises), near.size, random), active_dbfs(voice) - snr_db)
    return _with_voice(near, voice, start)


def in_car(cast: Cast, number: int, snr_db: float) -> Scene:
    """One person in the noise of a car, which is so much softer."""
    return in_noise(Cast(cast.voices, [car(number)], cast.rooms), number, snr_db)


def noise_alone(noise: Samples, number: int, seconds: float) -> Scene:
    """Nobody speaks; the noise as loud as anywhere."""
    random = np.random.default_rng((number, 2))
    size = int(seconds * RATE_HZ) // FRAME * FRAME
    near = at_level(_looped(noise, size, random), random.uniform(*NOISE_DBFS))
    return Scene(near, np.zeros_like(near), ())


def soft(cast: Cast, number: int) -> Scene:
    """Somebody who speaks softly, in a quiet room."""
    random = np.random.default_rng((number, 3))
    voice = at_level(_one_of(cast.voices, number), SOFT_DBFS)
    near, start = _stage(voice.size, LEAD_S, TAIL_S)
    return _with_voice(near + _hush(random, near.size, SOFT_DBFS), voice, start)


def stranger(cast: Cast, number: int, kind: Kind, below_db: float) -> Scene:
    """Somebody else speaks, `below_db` dB softer than the near voice is, was, or will be."""
    random = np.random.default_rng((number, 4))
    level_dbfs = random.uniform(*NEAR_DBFS)
    voice = at_level(_one_of(cast.voices, number), level_dbfs)
    other = _far_off(random, cast, number, level_dbfs - below_db)
    spans: tuple[tuple[int, int], ...]
    match kind:
        case Kind.ALONE | Kind.CROWD:
            near, start = _stage(int(STRANGER_S * RATE_HZ), LEAD_S, TAIL_S)
            strange, spans = start, ()
        case Kind.BESIDE:
            near, start = _stage(voice.size, LEAD_S, TAIL_S)
            strange, spans = 0, ((start, start + voice.size),)
        case _:
            near, start = _stage(voice.size, 1.0, BETWEEN_S + STRANGER_S)
            strange, spans = start + voice.size + int(BETWEEN_S * RATE_HZ), ((start, start + voice.size),)
    if kind is Kind.CROWD:
        near += at_level(_looped(_any(random, cast.noises), near.size, random), level_dbfs - CROWD_DB)
    else:
        near += _hush(random, near.size, level_dbfs)
    for begin, end in spans:
        near[begin:end] += voice
    near[strange:] += _looped(other, near.size - strange, None)
    return Scene(near, np.zeros_like(near), spans, strange)


def over_agent(cast: Cast, number: int, below_db: float) -> Scene:
    """Somebody speaks over the agent that answers the near voice: the stranger, or (at 0 dB) the near voice itself."""
    random = np.random.default_rng((number, 5))
    level_dbfs = random.uniform(*NEAR_DBFS)
    voice = at_level(_one_of(cast.voices, number), level_dbfs)
    near, start = _stage(voice.size, 1.0, BETWEEN_S + AGENT_S + STRANGER_S)
    agent = start + voice.size + int(BETWEEN_S * RATE_HZ)
    strange = agent + int(AGENT_S * RATE_HZ)
    far = np.zeros_like(near)
    far[agent:] = _looped(at_level(_one_of(cast.voices, number + 1), AGENT_DBFS), far.size - agent, None)
    response = shaped(_any(random, cast.rooms), random.uniform(*REVERB_S))
    delay = int(random.uniform(0.02, 0.1) * RATE_HZ)
    near[delay:] += convolved(far, response)[: near.size - delay] * np.float32(10 ** (ECHO_DB / 20))
    near += _hush(random, near.size, level_dbfs)
    near[start : start + voice.size] += voice
    if below_db:
        other = _far_off(random, cast, number, level_dbfs - below_db)
    else:
        other = at_level(_one_of(cast.voices, number + 2), level_dbfs)
    near[strange:] += _looped(other, near.size - strange, None)
    return Scene(near, far, ((start, start + voice.size),), strange)


def car(number: int) -> Samples:
    """Road and engine from within: level up to `CAR_HZ`, falling by 12 dB an octave from there and by 6 from 1 kHz."""
    white = np.random.default_rng((number, 6)).standard_normal(CAR_SIZE)
    hz = np.maximum(np.fft.rfftfreq(CAR_SIZE, 1 / RATE_HZ), 1.0)
    steep = 1 / (1 + np.square(np.minimum(hz, 1000) / CAR_HZ))
    return np.fft.irfft(np.fft.rfft(white) * steep * np.minimum(1.0, 1000 / hz), CAR_SIZE).astype(np.float32)


def at_level(samples: Samples, level_dbfs: float) -> Samples:
    """The same sound, so loud while it sounds."""
    return samples * np.float32(10 ** ((level_dbfs - active_dbfs(samples)) / 20))


def convolved(samples: Samples, response: Samples) -> Samples:
    """What of it arrives through a room, as long as it was."""
    size = 1 << int(np.ceil(np.log2(samples.size + response.size)))
    spectrum = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    return np.fft.irfft(spectrum, size)[: samples.size].astype(np.float32)


def _stage(middle: int, lead_s: float, tail_s: float) -> tuple[Samples, int]:
    start = int(lead_s * RATE_HZ)
    size = start + middle + int(tail_s * RATE_HZ)
    return np.zeros(size // FRAME * FRAME, np.float32), start


def _with_voice(near: Samples, voice: Samples, start: int) -> Scene:
    near[start : start + voice.size] += voice
    return Scene(near, np.zeros_like(near), ((start, start + voice.size),))


def _far_off(random: Generator, cast: Cast, number: int, level_dbfs: float) -> Samples:
    voice = _one_of(cast.voices, number + len(cast.voices) // 2)
    return at_level(convolved(voice, shaped(_any(random, cast.rooms), random.uniform(*REVERB_S))), level_dbfs)


def _hush(random: Generator, size: int, level_dbfs: float) -> Samples:
    white = random.standard_normal(size).astype(np.float32)
    return at_level(white, level_dbfs + random.uniform(*HUSH_DB))


def _looped(samples: Samples, size: int, random: Generator | None) -> Samples:
    """So many samples of it, from the beginning or from anywhere."""
    first = int(random.integers(samples.size)) if random else 0
    return np.resize(np.roll(samples, -first), size)


def _one_of(sounds: Sequence[Samples], number: int) -> Samples:
    return sounds[number % len(sounds)]


def _any(random: Generator, sounds: Sequence[Samples]) -> Samples:
    return sounds[int(random.integers(len(sounds)))]
