"""How much of its own voice is taken out."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.ear.erle import AUDIBLE, ENOUGH, KEPT, Erle

LOUD = 100 * AUDIBLE


def heard(*chunks):
    known = Erle()
    for chunk in chunks:
        known.feed(*chunk)
    return known.db


@given(st.floats(-60, 60), st.integers(ENOUGH, 2 * KEPT))
def test_it_is_how_much_softer_the_echo_became(db, chunks):
    assert math.isclose(heard(*[(LOUD, LOUD * 10 ** (-db / 10))] * chunks), db, abs_tol=1e-6)


def test_nothing_is_said_before_enough_was_heard():
    assert heard(*[(LOUD, LOUD / 10)] * (ENOUGH - 1)) is None
    assert heard(*[(AUDIBLE / 2, 0.0)] * KEPT) is None


def test_a_person_who_speaks_over_it_changes_nothing():
    assert heard(*[(LOUD, LOUD / 100), (9 * LOUD, 8 * LOUD), (LOUD, LOUD / 100)] * 50) == pytest.approx(20)


def test_a_room_that_changed_is_noticed_after_five_seconds_of_its_voice():
    assert heard(*[(LOUD, LOUD / 1000)] * KEPT, *[(LOUD, LOUD / 2)] * (KEPT // 2 + 1)) == pytest.approx(3, abs=0.1)


def test_what_is_taken_out_whole_is_no_error():
    assert heard(*[(LOUD, 0.0)] * KEPT) == pytest.approx(90)
