"""What a room leaves of the agent's voice is learnt there, and a voice stands out against it from its first chunk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.ear.gate import LEARNING
from edge_agent.talk.ear.remains import BEGINNING, BELOW_ECHO_DB, LATELY, OVERDRIVEN, STANDS_OUT_DB, Remains

HEARD = -28.0
"""dBFS of the microphone."""
NO_VOICE, VOICE = 0.02, 0.4


def known(left_db, chunks=LEARNING):
    """Of a room in which so much is left, against the microphone's level."""
    remains = Remains()
    for _ in range(chunks):
        assert not remains.feed(NO_VOICE, HEARD + left_db, HEARD)
    return remains


@given(st.floats(-45, -STANDS_OUT_DB - 1))
def test_as_much_as_ever_never_stands_out_and_as_much_as_the_microphone_hears_does(left_db):
    remains = known(left_db)
    assert not remains.feed(VOICE, HEARD + left_db, HEARD)
    assert remains.feed(NO_VOICE, HEARD, HEARD)


@given(st.floats(-23, -21), st.floats(-20, -12))
def test_what_stands_out_in_one_room_is_usual_in_another(good_db, bad_db):
    left_dbfs = HEARD + good_db + STANDS_OUT_DB
    assert known(good_db).feed(VOICE, left_dbfs, HEARD)
    assert not known(bad_db).feed(VOICE, left_dbfs, HEARD)


def test_nothing_stands_out_of_what_nobody_knows_yet():
    assert not known(-40.0, LEARNING - 1).feed(VOICE, HEARD, HEARD)


def test_it_says_whether_it_knows_the_room():
    assert not known(-40.0, LEARNING - 1).known
    assert known(-40.0).known


@pytest.mark.parametrize(
    ("happens", "chunks"),
    [(Remains.overdrive, OVERDRIVEN), (Remains.pause, BEGINNING), (Remains.unsettle, LEARNING)],
)
def test_nothing_stands_out_while_the_room_does_something_that_no_filter_foresees(happens, chunks):
    remains = known(-40.0)
    happens(remains)
    assert not any(remains.feed(VOICE, HEARD, HEARD) for _ in range(chunks))
    assert remains.feed(VOICE, HEARD, HEARD)


def test_a_silence_makes_no_shorter_what_an_echo_that_moved_asks_for():
    remains = known(-40.0)
    remains.unsettle()
    remains.pause()
    assert not any(remains.feed(VOICE, HEARD, HEARD) for _ in range(LEARNING))


@given(st.floats(1, 20))
def test_soft_ends_of_the_agents_words_are_nobody(softer_db):
    soft_dbfs = HEARD - BELOW_ECHO_DB - softer_db
    assert not known(-40.0).feed(VOICE, soft_dbfs, soft_dbfs)


def test_nobody_who_means_the_agent_is_so_soft():
    assert not known(-40.0).feed(VOICE, -51.0, -51.0)


def test_a_voice_is_none_of_what_is_usual_however_long_it_lasts():
    remains = known(-40.0)
    assert all(remains.feed(VOICE, HEARD, HEARD) for _ in range(2 * LATELY))


def test_a_noise_that_lasts_is_usual_after_a_while_and_forgotten_after_it():
    remains = known(-40.0)
    stands_out = [remains.feed(NO_VOICE, HEARD, HEARD) for _ in range(LATELY)]
    assert stands_out[0]
    assert not stands_out[-1]
    for _ in range(LATELY):
        remains.feed(NO_VOICE, HEARD - 40.0, HEARD)
    assert remains.feed(VOICE, HEARD, HEARD)


@pytest.mark.parametrize("chunks", [1, LATELY])
def test_from_softest_ends_there_is_nothing_to_be_learnt(chunks):
    remains = known(-40.0)
    for _ in range(chunks):
        remains.feed(NO_VOICE, -70.0, -70.0)
    assert remains.feed(VOICE, HEARD, HEARD)


@given(st.floats(-45, 0), st.floats(-60, -10))
def test_a_look_between_two_chunks_tells_the_same_and_teaches_nothing(left_db, heard_dbfs):
    remains, same = known(-30.0), known(-30.0)
    told = remains.stands_out(heard_dbfs + left_db, heard_dbfs)
    assert told == same.feed(NO_VOICE, heard_dbfs + left_db, heard_dbfs)
    for _ in range(LATELY):
        remains.stands_out(HEARD, HEARD)
    assert remains.feed(VOICE, HEARD, HEARD)
