"""Speech in noise, at a given ratio.

The ratio is the one of the public speech-to-intent benchmark: the energy of the loudest frame of the speech, against
that of the loudest frame of the noise beneath it. Pauses do not count, so it is lower than it sounds.
"""

import numpy as np

from edge_agent.base.frames import Samples

FRAME = 2048
"""Samples, 128 ms."""


def mixed(speech: Samples, noise: Samples, snr_db: float) -> Samples:
    """Return `speech` with as much of `noise` (of the same length) as makes `snr_db`; softer where it would clip."""
    level = np.sqrt(_loudest(speech) / max(_loudest(noise), 1e-12) / 10 ** (snr_db / 10))
    both = speech + noise * level
    quiet: Samples = (both / max(1.0, float(np.abs(both).max()))).astype(np.float32)
    return quiet


def stretch(noise: Samples, start: int, length: int) -> Samples:
    """Return `length` samples of `noise` from `start` on; after its end it begins again."""
    return np.resize(np.roll(noise, -start), length)


def _loudest(samples: Samples) -> float:
    """The energy of the loudest frame; of all samples, if they are less than one frame."""
    whole = samples.size // FRAME * FRAME
    frames = samples[:whole].reshape(-1, FRAME) if whole else samples[None]
    return float(np.square(frames, dtype=np.float64).sum(axis=1).max())
