"""The linear canceller: what it takes away is echo, whatever else is going on."""

import numpy as np
import pytest

from edge_agent.base.frames import FRAME, RATE_HZ, dbfs
from edge_agent.talk.ear.kalman import STEADY, TRANSITION, Kalman
from edge_agent.talk.ear.rings import Exchange
from edge_agent.talk.ear.room import Room, RoomAcoustics


class Alone:
    """A room with nothing but a loudspeaker and the filter."""

    def __init__(self, far, user=None, told_ppm=0.0, transition=TRANSITION, **acoustics):
        self.room = Room(RoomAcoustics(**acoustics), RATE_HZ, real_time=False)
        exchange = Exchange(RATE_HZ, 20)
        self.room.open(exchange)
        if user is not None:
            self.room.say(user)
        kalman, self.clean, self.mic, self.astray = Kalman(transition=transition), [], [], []
        for frame in far[: far.size - far.size % FRAME].reshape(-1, FRAME):
            exchange.write(frame)
            self.room.advance()
            block = exchange.read(0)
            self.mic.append(block.near)
            kalman.move(told_ppm * 1e-6 * FRAME)
            self.clean.append(kalman.process(block.near, block.far))
            self.astray.append(kalman.astray)
        self.mic, self.clean = np.concatenate(self.mic[:-1]), np.concatenate(self.clean[1:])

    def erle_db(self, begin_s, end_s):
        span = slice(int(begin_s * RATE_HZ), int(end_s * RATE_HZ))
        return dbfs(self.mic[span]) - dbfs(self.clean[span])


@pytest.fixture(scope="module")
def talk(speak):
    spoken = speak("The quick brown fox jumps over the lazy dog, and tells a rather long story about it.")
    return np.tile(spoken, 1 + 12 * RATE_HZ // spoken.size)[: 12 * RATE_HZ]


def test_while_nothing_plays_it_changes_nothing():
    kalman = Kalman()
    near = np.random.default_rng(0).standard_normal((50, FRAME)).astype(np.float32)
    silence = np.zeros(FRAME, np.float32)
    out = np.array([kalman.process(frame, silence) for frame in near])
    assert out[1:] == pytest.approx(near[:-1], abs=1e-5)


@pytest.mark.parametrize("delay_ms", [20, 200, 320])
def test_it_needs_nobody_to_tell_it_the_delay(talk, delay_ms):
    assert Alone(talk, echo_db=-10, delay_ms=delay_ms, reverb_ms=60).erle_db(6, 12) > 10


def test_it_learns_within_the_first_second(talk):
    assert Alone(talk, echo_db=-10, reverb_ms=60).erle_db(1, 2) > 8


@pytest.mark.parametrize("drift_ppm", [-100, 100])
def test_it_follows_clocks_that_drift(talk, drift_ppm):
    assert Alone(talk, echo_db=-10, reverb_ms=60, drift_ppm=drift_ppm).erle_db(6, 12) > 6


@pytest.mark.parametrize("drift_ppm", [-100, 100])
def test_and_follows_them_better_where_it_is_told_how_far_they_drift(talk, drift_ppm):
    untold, told = (
        Alone(talk, told_ppm=ppm, echo_db=-10, reverb_ms=60, drift_ppm=drift_ppm).erle_db(6, 12)
        for ppm in (0.0, drift_ppm)
    )
    assert told > untold + 1


def test_somebody_who_speaks_over_it_comes_through_and_is_not_learnt(talk, speak):
    user = speak("Stop it now please, I have heard enough of this story.", voice="en-gb", pitch=70)
    said = np.concatenate((np.zeros(6 * RATE_HZ, np.float32), user))
    alone = Alone(talk, said, echo_db=-10, reverb_ms=60)
    spoken = slice(6 * RATE_HZ, 6 * RATE_HZ + user.size)
    kept = np.dot(alone.clean[spoken], user) / np.dot(user, user)
    assert kept == pytest.approx(1, abs=0.2)
    after = 6 + user.size / RATE_HZ
    assert alone.erle_db(after + 0.2, after + 1.5) > 8
    assert not any(alone.astray[6 * RATE_HZ // FRAME : (6 * RATE_HZ + user.size) // FRAME])


def test_one_that_expects_little_change_keeps_more_of_whoever_speaks_over_it(talk, speak):
    user = speak("Stop it now please, I have heard enough of this story.", voice="en-gb", pitch=70)
    said = np.concatenate((np.zeros(6 * RATE_HZ, np.float32), user))
    spoken = slice(6 * RATE_HZ, 6 * RATE_HZ + user.size)
    wrong_dbfs = [
        dbfs(Alone(talk, said, transition=transition, echo_db=-6, reverb_ms=60).clean[spoken] - user)
        for transition in (TRANSITION, STEADY)
    ]
    assert wrong_dbfs[1] < wrong_dbfs[0] - 1


def test_it_tells_that_the_echo_has_moved_and_learns_as_soon_where_there_never_was_one(talk):
    """A device that was started again after half a minute of talk: as surprising as the first sound of all."""
    kalman, far, before, after = Kalman(), np.tile(talk, 4), int(0.05 * RATE_HZ), int(0.11 * RATE_HZ)
    moved_at = 36 * RATE_HZ
    delayed = np.concatenate((np.roll(far, before)[:moved_at], np.roll(far, after)[moved_at:]))
    mic = (0.5 * delayed).astype(np.float32)
    clean, astray = [], []
    for near, played in zip(mic.reshape(-1, FRAME), far.reshape(-1, FRAME), strict=True):
        clean.append(kalman.process(near, played))
        astray.append(kalman.astray)
    clean, moved = np.concatenate(clean), moved_at // FRAME
    assert not any(astray[20 * RATE_HZ // FRAME : moved])
    assert any(astray[moved : moved + RATE_HZ // FRAME])
    assert not any(astray[moved + 3 * RATE_HZ // FRAME :])
    span = slice(moved_at + RATE_HZ // 2, moved_at + 2 * RATE_HZ)
    assert dbfs(mic[span]) - dbfs(clean[span]) > 15


def test_after_many_turns_a_word_is_still_whole(speak):
    """Where the agent's voice has nothing, what the user says just after it is all that the filter could learn from."""
    told = speak("It is a quarter past nine, and the train leaves in ten minutes.", pitch=99)
    word = speak("What did you say?", pitch=0)
    word = 2 * word[np.flatnonzero(np.abs(word) > 0.01)[0] :][: 80 * FRAME]
    random, kalman = np.random.default_rng(0), Kalman(transition=STEADY)
    for _ in range(300):  # Eight minutes of conversation.
        played = told[: random.integers(RATE_HZ // 2, told.size) // FRAME * FRAME]
        far = np.concatenate((played, np.zeros(word.size + FRAME, np.float32)))
        user = np.zeros_like(far)
        user[played.size : -FRAME] = word
        echo = 0.1 * np.concatenate((np.zeros(4 * FRAME, np.float32), far))[: far.size]
        near = (user + echo + 3e-4 * random.standard_normal(far.size)).astype(np.float32)
        frames = zip(near.reshape(-1, FRAME), far.reshape(-1, FRAME), strict=True)
        clean = np.concatenate([kalman.process(*frame) for frame in frames])
    assert dbfs(clean[-word.size :] - word) - dbfs(word) < -8
