"""Noise taken out in front of the voice detector."""

import numpy as np
import pytest

from edge_agent.base.frames import FRAME, RATE_HZ, dbfs
from edge_agent.talk.ear.suppress import LAG, suppressor

NOISE = np.random.default_rng(0).standard_normal(4 * RATE_HZ).astype(np.float32) * np.float32(0.02)


def through(suppress, samples):
    return np.concatenate([suppress(frame) for frame in samples.reshape(-1, FRAME)])


def test_a_lasting_noise_becomes_softer_and_a_voice_does_not(speak):
    quieter = through(suppressor(0, wanted=True), NOISE)
    assert dbfs(NOISE[-RATE_HZ:]) - dbfs(quieter[-RATE_HZ:]) > 4
    voice = speak("Good morning, how are you today?")
    voice = np.concatenate((NOISE[:RATE_HZ] / 20, voice[: voice.size // FRAME * FRAME]))
    assert dbfs(through(suppressor(0, wanted=True), voice)[RATE_HZ:]) == pytest.approx(dbfs(voice[RATE_HZ:]), abs=2)


def test_it_comes_out_so_much_later(speak):
    voice = speak("Good morning, how are you today?")
    voice = voice[: voice.size // FRAME * FRAME]
    heard = through(suppressor(0, wanted=True), voice)
    scores = [float(heard[400:] @ np.roll(voice, lag)[400:]) for lag in range(400)]
    assert int(np.argmax(scores)) == pytest.approx(LAG, abs=4)


def test_the_higher_level_takes_out_more():
    left = [dbfs(through(suppressor(level, wanted=True), NOISE)[-RATE_HZ:]) for level in range(4)]
    assert left == sorted(left, reverse=True)


def test_unwanted_it_does_nothing():
    assert np.array_equal(through(suppressor(0, wanted=False), NOISE), NOISE)
