"""Speech in noise, as the public speech-to-intent benchmark mixes it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.bench.mixing import FRAME, mixed, stretch


def loudest(samples):
    return np.square(samples.reshape(-1, FRAME), dtype=np.float64).sum(axis=1).max()


@given(st.floats(-10, 40), st.integers(0, 1000))
def test_the_loudest_frames_stand_in_the_ratio(snr, seed):
    rng = np.random.default_rng(seed)
    speech = rng.normal(0, 0.01, 8 * FRAME).astype(np.float32)
    speech[: 4 * FRAME] = 0
    noise = rng.normal(0, 0.3, 8 * FRAME).astype(np.float32)
    both = mixed(speech, noise, snr)
    # Where there was no speech there is noise alone; the mixture may have been made softer as a whole.
    gain = both[0] / (noise[0] * np.sqrt(loudest(speech) / loudest(noise) / 10 ** (snr / 10)))
    added = both - gain * speech
    assert 10 * np.log10(gain**2 * loudest(speech) / loudest(added)) == pytest.approx(snr, abs=0.01)
    assert np.abs(both).max() <= 1


def test_a_noise_that_ends_begins_again():
    assert stretch(np.arange(5.0), 3, 7).tolist() == [3, 4, 0, 1, 2, 3, 4]


def test_silence_and_less_than_a_frame_can_be_mixed():
    silence = np.zeros(100, np.float32)
    assert (mixed(silence, silence, 6) == 0).all()
