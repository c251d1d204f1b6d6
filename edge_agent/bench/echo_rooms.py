"""Rooms drawn at random in which a loudspeaker talks: what an echo canceller meets in the world, and nobody measured.

The impulse responses are recorded ones, cut to the reverberation time that was drawn. A room is drawn from its number
alone, so the same number is the same room on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge_agent.base.frames import RATE_HZ, Samples, dbfs
from edge_agent.talk.ear.room import RoomAcoustics

REVERB_S = (0.2, 0.8)
DELAY_MS = (20.0, 200.0)
DRIFT_PPM = 100.0
ECHO_DB = (-25.0, 0.0)
"""The loudspeaker's level at the microphone against what it was given."""
NOISE_DBFS = (-80.0, -60.0)
DISTORTION = (0.0, 0.0, 0.5, 1.0, 2.0)
"""Two of five loudspeakers are linear."""

PLAYED_DBFS = (-26.0, -18.0)
PAUSE_S = (0.3, 1.5)
"""Between two things that it says."""

TAIL_DB = -60.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A room, and what the loudspeaker in it is given."""

    acoustics: RoomAcoustics
    far: Samples
    """16 kHz."""


def draw(number: int, responses: Sequence[Samples], voices: Sequence[Samples], length_s: float) -> Scene:
    """Draw the room of this number. `responses` and `voices` are recordings at 16 kHz."""
    random = np.random.default_rng(number)
    reverb_s = random.uniform(*REVERB_S)
    response = shaped(responses[int(random.integers(len(responses)))], reverb_s)
    acoustics = RoomAcoustics(
        echo_db=random.uniform(*ECHO_DB),
        delay_ms=random.uniform(*DELAY_MS),
        drift_ppm=random.uniform(-DRIFT_PPM, DRIFT_PPM),
        noise_dbfs=random.uniform(*NOISE_DBFS),
        distortion=random.choice(DISTORTION),
        response=tuple(response.tolist()),
    )
    return Scene(acoustics, _talk(random, voices, int(length_s * RATE_HZ)))


def shaped(response: Samples, reverb_s: float) -> Samples:
    """An impulse response from its direct sound on, with the energy of a bare delay, that dies within `reverb_s`."""
    direct = int(np.argmax(np.abs(response)))
    kept = response[direct : direct + int(reverb_s * RATE_HZ)]
    decay = 10 ** (TAIL_DB / 20 * np.arange(kept.size) / (reverb_s * RATE_HZ))
    dying = kept * decay
    return np.asarray(dying / np.linalg.norm(dying), np.float32)


def _talk(random: np.random.Generator, voices: Sequence[Samples], size: int) -> Samples:
    """One voice after the other, all as loud as the first, until `size` samples are full."""
    level_dbfs = random.uniform(*PLAYED_DBFS)
    talk = np.zeros(size, np.float32)
    at = int(random.uniform(*PAUSE_S) * RATE_HZ)
    while at < size:
        voice = voices[int(random.integers(len(voices)))][: size - at]
        talk[at : at + voice.size] = voice * 10 ** ((level_dbfs - dbfs(voice)) / 20)
        at += voice.size + int(random.uniform(*PAUSE_S) * RATE_HZ)
    return np.clip(talk, -1, 1)
