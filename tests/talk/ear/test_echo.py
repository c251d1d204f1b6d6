"""The agent's own voice is taken out of what the microphone hears, and the user's is not."""

import numpy as np
import pytest

from edge_agent.base.frames import FRAME, RATE_HZ, dbfs
from edge_agent.base.settings import Canceller as Choice
from edge_agent.talk.ear import echo
from edge_agent.talk.ear.delay import Aligner, Watch, echo_peak
from edge_agent.talk.ear.kalman import Kalman

KINDS = [echo.Aec3, echo.Speex, Kalman, echo.Off]


def frames(samples):
    return samples[: samples.size - samples.size % FRAME].astype(np.float32).reshape(-1, FRAME)


def echoed(far, delay, gain_db=-12.0, tail_ms=80):
    """The far side as a room gives it back."""
    random = np.random.default_rng(3)
    tail = random.standard_normal(tail_ms * 16) * 10 ** (-3 * np.arange(tail_ms * 16) / (tail_ms * 16))
    tail[0] = 8
    back = np.convolve(far, tail / np.linalg.norm(tail))
    return 10 ** (gain_db / 20) * np.concatenate((np.zeros(delay), back))[: far.size].astype(np.float32)


def cancel(canceller, near, far):
    watch, aligner = Watch(), Aligner()
    cleaned = []
    for one, other in zip(frames(near), frames(far), strict=True):
        watch.take(one, other)
        moved = aligner.align(other, watch.delay)
        cleaned.append(canceller.process(one, other if canceller.follows else moved))
    return np.concatenate(cleaned)


@pytest.fixture(scope="module")
def far(speak):
    spoken = speak("The quick brown fox jumps over the lazy dog, and then it tells a rather long story about it.")
    return np.tile(spoken, 1 + 10 * RATE_HZ // spoken.size)[: 10 * RATE_HZ]


@pytest.mark.parametrize(("kind", "least_db"), [(echo.Aec3, 15), (echo.Speex, 8), (Kalman, 10)])
@pytest.mark.parametrize("delay_ms", [15, 60, 200, 300])
def test_the_echo_goes_away(far, kind, least_db, delay_ms):
    noise = np.random.default_rng(0).standard_normal(far.size) * 1e-4
    near = echoed(far, delay_ms * 16) + noise.astype(np.float32)
    clean = cancel(kind(), near, far)
    settled = slice(5 * RATE_HZ, None)
    assert dbfs(near[settled]) - dbfs(clean[settled]) >= least_db


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_said_while_the_agent_is_silent_comes_through_whole(far, kind, speak):
    user = speak("Turn the lights off in the kitchen, please.", pitch=20)
    near = np.concatenate((echoed(far, 640), np.zeros(RATE_HZ, np.float32), user))
    silent = np.concatenate((far, np.zeros(near.size - far.size, np.float32)))
    canceller = kind()
    clean = cancel(canceller, near, silent)
    said = frames(near).ravel()[far.size + RATE_HZ :]
    left = clean[far.size + RATE_HZ :]
    hz = np.fft.rfftfreq(said.size, 1 / RATE_HZ)
    before, after = (np.abs(np.fft.rfft(side)) for side in (said, left))
    for low_hz, high_hz in ((300, 1000), (1000, 4000), (4000, 7500)):
        band = (hz >= low_hz) & (hz < high_hz)
        assert 20 * np.log10(np.linalg.norm(after[band]) / np.linalg.norm(before[band])) == pytest.approx(0, abs=0.7)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_late_by_what_it_says(kind):
    canceller = kind()
    near = np.random.default_rng(0).standard_normal(2 * RATE_HZ).astype(np.float32) * 0.05
    clean = cancel(canceller, near, np.zeros_like(near))
    found = echo_peak(clean, near)
    assert found.sharpness > 20
    assert abs(found.lag - canceller.lag) <= 8


def test_a_silent_loudspeaker_costs_no_more_than_a_loud_one(far):
    # Exact zeros after sound once made the filters decay into denormal numbers: eighteen times the time.
    from time import process_time

    canceller = echo.Aec3()
    loud, silence = frames(far)[:400], np.zeros(FRAME, np.float32)
    noise = frames(np.random.default_rng(0).standard_normal(400 * FRAME) * 0.01)
    costs_s = []
    for playing in (loud, [silence] * 400, [silence] * 400):
        begun = process_time()
        for near, other in zip(noise, playing, strict=True):
            canceller.process(near, other)
        costs_s.append(process_time() - begun)
    assert costs_s[-1] < 4 * costs_s[0]


def names(choice):
    return [canceller.name for canceller in echo.choose(choice)]


def test_auto_takes_one_that_keeps_the_near_voice_one_that_leaves_no_echo_and_one_for_the_words():
    assert echo.installed() == [Choice.AEC3, Choice.SPEEX]
    assert names(Choice.AUTO) == ["kalman", "aec3", "kalman"]


@pytest.mark.parametrize("choice", [Choice.AEC3, Choice.SPEEX, Choice.OFF])
def test_one_that_is_named_works_alone(choice):
    assert names(choice) == [choice]


def test_speex_clips_what_is_too_loud_instead_of_wrapping_around():
    loud = 1.5 * np.sin(2 * np.pi * 300 * np.arange(RATE_HZ) / RATE_HZ)
    clean = cancel(echo.Speex(), loud, np.zeros_like(loud))
    assert np.corrcoef(clean[RATE_HZ // 2 :], loud[RATE_HZ // 2 :])[0, 1] > 0.9
