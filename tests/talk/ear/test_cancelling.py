"""Cancellers side by side stay in step; they rest while nothing plays, and are right again at once."""

import numpy as np
import pytest

from edge_agent.base.frames import FRAME, RATE_HZ, dbfs
from edge_agent.talk.ear.cancelling import REST, Cancelling
from edge_agent.talk.ear.echo import Aec3, Speex
from edge_agent.talk.ear.kalman import Kalman

DELAY = 60 * RATE_HZ // 1000


def frames(samples):
    return samples[: samples.size - samples.size % FRAME].astype(np.float32).reshape(-1, FRAME)


def heard(cancelling, near, far):
    """Each canceller's signal; where they rest, the one signal stands for all."""
    out = [
        cleaned.signals
        for one, other in zip(frames(near), frames(far), strict=True)
        for cleaned in cancelling.process(one, other)
    ]
    count = max(len(signals) for signals in out)
    return [np.concatenate([signals[number % len(signals)] for signals in out]) for number in range(count)]


def echoed(far, gain_db=-10.0):
    tail = np.random.default_rng(3).standard_normal(800) * 10 ** (-3 * np.arange(800) / 800)
    tail[0] = 6
    back = np.convolve(far, tail / np.linalg.norm(tail))
    late = np.concatenate((np.zeros(DELAY), back))[: far.size]
    hiss = np.random.default_rng(4).standard_normal(far.size) * 1e-4
    return (10 ** (gain_db / 20) * late + hiss).astype(np.float32)


@pytest.fixture(scope="module")
def talk(speak):
    spoken = speak("The quick brown fox jumps over the lazy dog, and tells a rather long story about it.")
    return np.tile(spoken, 1 + 8 * RATE_HZ // spoken.size)[: 8 * RATE_HZ]


def test_while_nothing_plays_the_near_side_comes_through_as_it_was():
    cancelling = Cancelling((Kalman(), Aec3()))
    near = np.random.default_rng(0).standard_normal(RATE_HZ).astype(np.float32)
    (signal,) = heard(cancelling, near, np.zeros_like(near))
    assert cancelling.resting
    assert np.array_equal(signal, near)


def test_what_comes_out_together_was_heard_together(talk):
    cancelling = Cancelling((Kalman(), Aec3()))
    near = np.random.default_rng(0).standard_normal(talk.size).astype(np.float32) * 0.1
    linear, suppressed = heard(cancelling, near, talk * np.float32(1e-4))
    late = slice(4 * RATE_HZ, 5 * RATE_HZ)
    scores = [np.dot(linear[late], suppressed[late.start + off : late.stop + off]) for off in range(-150, 151)]
    assert abs(int(np.argmax(scores)) - 150) <= 8


def test_they_rest_when_the_last_echo_has_died_and_not_before(talk):
    cancelling = Cancelling((Kalman(),))
    heard(cancelling, echoed(talk), talk)
    silence = np.zeros(REST - FRAME, np.float32)
    heard(cancelling, silence, silence)
    assert not cancelling.resting
    cancelling.process(silence[:FRAME], silence[:FRAME])
    assert cancelling.resting


@pytest.mark.parametrize("kind", [Kalman, Aec3, Speex])
def test_the_first_words_after_a_rest_are_cancelled_as_the_last_before_it(talk, kind):
    far = np.concatenate((talk, np.zeros(5 * RATE_HZ, np.float32), talk))
    near = echoed(far)
    cancelling = Cancelling((kind(),))
    (clean,) = heard(cancelling, near, far)
    again = 13 * RATE_HZ + DELAY
    words = slice(again, again + RATE_HZ // 2)
    assert dbfs(near[words]) - dbfs(clean[words]) >= 8


def test_an_echo_is_settled_once_its_clocks_are_known_and_while_it_stays_where_it_was(talk):
    """They are known after five seconds, or from before."""
    near = echoed(talk)
    new, known = Cancelling((Kalman(), Aec3())), Cancelling((Kalman(), Aec3()), drift_ppm=0.0)
    heard(new, near[: 4 * RATE_HZ], talk[: 4 * RATE_HZ])
    heard(known, near[: 4 * RATE_HZ], talk[: 4 * RATE_HZ])
    assert known.settled
    assert not new.settled
    heard(new, near[4 * RATE_HZ :], talk[4 * RATE_HZ :])
    assert new.settled
    later = np.roll(near, 2 * DELAY)
    settled = []
    for one, other in zip(frames(later), frames(talk), strict=True):
        new.process(one, other)
        settled.append(new.settled)
    assert not all(settled[: RATE_HZ // FRAME])
    assert settled[-1]


def test_between_rest_and_work_nothing_clicks():
    hum = (0.3 * np.sin(2 * np.pi * 300 * np.arange(3 * RATE_HZ) / RATE_HZ)).astype(np.float32)
    far = np.zeros_like(hum)
    far[RATE_HZ : RATE_HZ + FRAME] = 1e-4
    (signal,) = heard(Cancelling((Kalman(),)), hum, far)
    assert signal.size == hum.size
    # The steepest that this hum is, and a little.
    assert np.abs(np.diff(signal)).max() < 1.5 * 0.3 * 2 * np.pi * 300 / RATE_HZ


@pytest.mark.parametrize("kinds", [(Kalman,), (Kalman, Aec3), (Aec3,), (Speex,)])
def test_what_comes_out_is_the_near_side_without_a_gap_whether_they_wake_or_rest(kinds):
    near = np.random.default_rng(0).standard_normal(8 * RATE_HZ).astype(np.float32)
    far = np.zeros_like(near)
    far[RATE_HZ : RATE_HZ + 5 * FRAME] = far[4 * RATE_HZ : 4 * RATE_HZ + FRAME] = 1e-4
    cancelling, come, late = Cancelling([kind() for kind in kinds]), [], []
    for number, (one, other) in enumerate(zip(frames(near), frames(far), strict=True), start=1):
        come += [cleaned.near for cleaned in cancelling.process(one, other)]
        assert np.array_equal(np.concatenate(come), near[: len(come) * FRAME])
        late.append(number - len(come))
    assert late[0] == late[-1] == 0
    assert set(late) <= {0, 1}
