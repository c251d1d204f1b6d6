"""The delay of the echo is measured while the agent talks, and so is the drift of the clocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.base.frames import FRAME, RATE_HZ, dbfs
from edge_agent.talk.ear.delay import EARLY_S, MARGIN, SHARP, Aligner, Watch, echo_peak

SECOND = 100
"""Frames."""


@pytest.fixture(scope="module")
def far(speak):
    spoken = speak("The quick brown fox jumps over the lazy dog, and then it tells a rather long story about it.")
    return np.tile(spoken, 1 + 20 * RATE_HZ // spoken.size)[: 20 * RATE_HZ]


@pytest.fixture(scope="module")
def stranger(speak):
    spoken = speak("I would like two tickets and a cup of tea, if that is not too much trouble.", pitch=20)
    return np.tile(spoken, 1 + 20 * RATE_HZ // spoken.size)[: 20 * RATE_HZ]


def echoed(far, delay_ms, *, gain_db=-12.0, tail_ms=80, drift_ppm=0.0, noise_dbfs=-75.0):
    """The far side as a room gives it back, later by a delay that may grow, or earlier."""
    random = np.random.default_rng(3)
    tail = random.standard_normal(tail_ms * 16) * 10 ** (-3 * np.arange(tail_ms * 16) / (tail_ms * 16))
    tail[0] = 8
    back = np.convolve(far, tail / np.linalg.norm(tail))[: far.size]
    at = np.arange(far.size) * (1 - drift_ppm * 1e-6) - delay_ms * RATE_HZ / 1000
    late = np.interp(at, np.arange(far.size), back, 0, 0)
    noise = 10 ** (noise_dbfs / 20) * random.standard_normal(far.size)
    return (10 ** (gain_db / 20) * late + noise).astype(np.float32)


def frames(samples):
    return samples[: samples.size - samples.size % FRAME].astype(np.float32).reshape(-1, FRAME)


def watched(near, far, watch=None, ahead=lambda position: 0.0):
    """A watch that saw all of it, and what it told after each frame."""
    watch = watch or Watch()
    told = []
    for number, (one, other) in enumerate(zip(frames(near), frames(far), strict=True)):
        watch.take(one, other, ahead(number * FRAME))
        told.append(watch.echo)
    return watch, told


@pytest.mark.parametrize("delay_ms", [-15, 0, 3, 40, 116, 400])
def test_it_is_measured_to_the_sample(far, delay_ms):
    found = echo_peak(echoed(far, delay_ms, gain_db=-30)[: 2 * RATE_HZ], far[: 2 * RATE_HZ])
    assert abs(found.lag - delay_ms * 16) <= 1
    assert found.sharpness > 15


def test_two_strangers_have_no_delay(far, stranger):
    assert echo_peak(stranger[: 2 * RATE_HZ], far[: 2 * RATE_HZ]).sharpness < SHARP
    assert watched(stranger, far)[0].delay is None


@given(st.floats(-1000 * EARLY_S + 5, 450), st.floats(-30, 0), st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_any_echo_is_known_after_a_second_of_talk(delay_ms, gain_db, seed):
    noise = np.random.default_rng(seed).standard_normal(2 * RATE_HZ) * 0.05
    watch, told = watched(echoed(noise, delay_ms, gain_db=gain_db), noise)
    assert told[SECOND].delay_ms == pytest.approx(delay_ms, abs=0.1)
    assert watch.echo.jumps == 0


def test_a_voice_over_the_agent_s_hides_no_echo_and_is_taken_for_none(far, stranger):
    near = echoed(far, 80)
    near += stranger * 10 ** ((dbfs(near) - dbfs(stranger)) / 20)
    _, told = watched(near, far)
    assert told[3 * SECOND].delay_ms == pytest.approx(80, abs=0.2)
    assert all(echo.delay_ms is None or abs(echo.delay_ms - 80) < 0.2 for echo in told)


@pytest.mark.parametrize("drift_ppm", [-100, 0, 100])
def test_drift_is_told_and_is_no_jump(far, drift_ppm):
    watch, told = watched(echoed(far, 60, drift_ppm=drift_ppm), far)
    assert told[4 * SECOND].drift_ppm is None
    assert told[8 * SECOND].drift_ppm == pytest.approx(drift_ppm, abs=30)
    assert watch.echo.drift_ppm == pytest.approx(drift_ppm, abs=5)
    assert watch.echo.delay_ms == pytest.approx(60 + 20 * drift_ppm / 1000, abs=0.2)
    assert watch.echo.jumps == 0


def test_what_the_pairing_took_out_of_the_drift_is_put_back(far):
    # The pairing follows a loudspeaker that is 100 millionths slow: the echo stays, the drift is there nevertheless.
    watch, _ = watched(echoed(far, 60), far, ahead=lambda position: -100e-6 * position)
    assert watch.echo.delay_ms == pytest.approx(60, abs=0.1)
    assert watch.echo.drift_ppm == pytest.approx(100, abs=5)


@pytest.mark.parametrize("then_ms", [30, 92, 220])
def test_another_loudspeaker_is_found_within_three_seconds_and_told_as_one_jump(far, then_ms):
    watch, _ = watched(echoed(far, 100), far)
    _, told = watched(echoed(far, then_ms), far, watch)
    assert told[3 * SECOND].delay_ms == pytest.approx(then_ms, abs=0.2)
    assert told[-1].jumps == 1
    assert told[-1].drift_ppm == pytest.approx(0, abs=5), "the jump is no part of it"


def test_while_the_agent_is_silent_nothing_is_measured_and_nothing_forgotten(far):
    watch, _ = watched(echoed(far, 100), far)
    known = watch.echo
    watched(np.random.default_rng(0).standard_normal(5 * RATE_HZ) * 0.05, np.zeros(5 * RATE_HZ), watch)
    assert watch.echo == known


def aligned(far, delay):
    aligner = Aligner()
    return [aligner.align(one, delay) for one in frames(far)]


def test_the_far_side_is_moved_to_just_before_its_echo(far):
    at = frames(far).ravel()
    assert np.array_equal(aligned(far, 1600)[-1], at[at.size - FRAME - 1600 + MARGIN :][:FRAME])


def test_a_small_drift_moves_nothing(far):
    aligner = Aligner()
    before = [aligner.align(one, 1600) for one in frames(far)][-1]
    after = [aligner.align(one, 1700) for one in frames(far)][-1]
    assert np.array_equal(before, after)


def test_before_anything_is_known_half_of_what_the_device_reports_is_believed():
    click = np.zeros(RATE_HZ, np.float32)
    click[0] = 1
    aligner = Aligner(reported_s=0.1)
    assert np.argmax(np.concatenate([aligner.align(one, None) for one in frames(click)])) == 800
