"""Who is near and who is in the background, by level alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.frames import CHUNK, RATE_HZ
from edge_agent.base.settings import Place
from edge_agent.talk.ear.nearness import FADE_DB_S, FORGOTTEN_DB, Nearness
from edge_agent.talk.ear.places import PROFILES

ROOM = PROFILES[Place.ROOM]


def sound(seconds, dbfs, seed=0):
    """Noise in the place of a voice: it is the detector's job to tell them apart."""
    size = int(seconds * RATE_HZ) // CHUNK * CHUNK
    return (np.random.default_rng(seed).standard_normal(size) * 10 ** (dbfs / 20)).astype(np.float32)


class Ear:
    def __init__(self, place=Place.ROOM, floor_dbfs=-70):
        self.nearness = Nearness(PROFILES[place])
        self.silence_dbfs = floor_dbfs
        self.silence(2)

    def hear(self, seconds, dbfs, voice, *, agent=False, speaking=None):
        chunks = sound(seconds, dbfs).reshape(-1, CHUNK)
        speaking = voice > 0.5 if speaking is None else speaking
        return [self.nearness.feed(chunk, voice, speaking=speaking, agent=agent) for chunk in chunks]

    def silence(self, seconds, *, agent=False):
        self.hear(seconds, self.silence_dbfs, 0.0, agent=agent)

    def begins(self, dbfs):
        """Whether a voice so loud may begin."""
        return any(self.hear(1.0, dbfs, 0.9, speaking=False))


@pytest.mark.parametrize("dbfs", [-55, -40, -20])
def test_whoever_speaks_first_is_near_however_softly(dbfs):
    assert Ear().begins(dbfs)


def test_what_does_not_stand_out_against_the_noise_is_not():
    assert not Ear(Place.HALL, floor_dbfs=-40).begins(-38)
    assert Ear(Place.HALL, floor_dbfs=-40).begins(-22)


def test_once_the_user_is_known_whoever_is_much_softer_is_not():
    ear = Ear()
    ear.hear(2, -25, 0.9)
    ear.silence(1)
    assert not ear.begins(-40)
    assert ear.begins(-25 - ROOM.reach_db + 2)


@pytest.mark.parametrize(("dbfs", "near"), [(-25, True), (-50, False)])
def test_between_two_chunks_over_the_agents_voice_the_same_people_are_near(dbfs, near):
    ear = Ear()
    ear.hear(2, -25, 0.9)
    ear.silence(1)
    piece = sound(CHUNK / RATE_HZ, dbfs)
    assert ear.nearness.peek(piece) == near
    assert ear.nearness.feed(piece, 0.9, speaking=False, agent=True) == near


def test_a_click_is_no_user():
    ear = Ear()
    ear.hear(0.2, -10, 0.9)
    assert ear.nearness.user_dbfs is None
    assert ear.begins(-40)


def test_a_voice_that_has_begun_goes_on_a_little_softer():
    ear = Ear()
    ear.hear(2, -25, 0.9)
    soft = -25 - ROOM.reach_db - 3
    assert ear.hear(1.0, soft, 0.9)[-1]
    ear.silence(1)
    assert not ear.begins(soft)


def test_over_the_agent_a_voice_that_has_begun_goes_on_however_soft_it_becomes():
    ear = Ear()
    ear.hear(2, -25, 0.9)
    assert all(ear.hear(1.0, -60, 0.9, agent=True))
    ear.silence(1)
    assert not any(ear.hear(1.0, -40, 0.9, agent=True, speaking=False))


def test_the_user_is_forgotten_when_nobody_spoke_for_long():
    ear = Ear()
    ear.hear(2, -25, 0.9)
    ear.silence(ROOM.hold_s + 1)
    assert not ear.begins(-45)
    ear.silence((FORGOTTEN_DB - ROOM.reach_db) / FADE_DB_S)
    assert ear.begins(-45)
    assert ear.nearness.user_dbfs is None


def test_while_the_agent_speaks_the_user_is_not_forgotten():
    ear = Ear()
    ear.hear(2, -25, 0.9)
    ear.silence(ROOM.hold_s + 60, agent=True)
    assert not ear.begins(-45)


def test_strangers_that_were_heard_by_mistake_do_not_become_the_user():
    ear = Ear()
    ear.hear(3, -25, 0.9)
    ear.silence(1)
    ear.hear(1, -33, 0.9)
    ear.silence(1)
    assert ear.nearness.user_dbfs == pytest.approx(-26, abs=2)
    assert not ear.begins(-40)


@given(st.lists(st.tuples(st.floats(-80, 0), st.floats(0, 1), st.booleans()), max_size=60))
def test_anywhere_everybody_is_near(story):
    ear = Ear(Place.ANYWHERE)
    assert all(all(ear.hear(0.1, dbfs, voice, agent=agent)) for dbfs, voice, agent in story)


@given(st.lists(st.tuples(st.floats(-80, 0), st.floats(0, 1), st.booleans()), max_size=40), st.floats(-30, 0))
def test_a_microphone_that_is_turned_down_changes_nothing(story, gain_db):
    # 32 ms each; levels far above where digital silence begins.
    def told(gain):
        ear = Ear(floor_dbfs=-80 + gain)
        return [ear.hear(0.04, dbfs + gain, voice, agent=agent) for dbfs, voice, agent in story]

    differing = sum(one != other for one, other in zip(told(0), told(gain_db), strict=True))
    assert differing == 0


def test_over_the_agent_the_cancellers_part_of_a_voice_is_allowed_for():
    ear = Ear()
    ear.hear(2, -25, 0.9)
    ear.silence(1)
    soft = -25 - ROOM.reach_db - 3
    assert not any(ear.hear(1.0, soft, 0.9, speaking=False))
    assert ear.hear(1.0, soft, 0.9, agent=True, speaking=False)[-1]


def test_somebody_else_may_speak_as_softly_as_they_like():
    ear = Ear()
    ear.hear(2, -25, 0.9)
    ear.silence(1)
    assert not ear.begins(-45)
    ear.nearness.forget()
    assert ear.begins(-45)


def test_every_place_has_a_profile():
    assert set(PROFILES) == set(Place)
