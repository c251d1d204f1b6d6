"""Two detectors on two signals: together they are surer than either, and one alone convinces nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.ear.gate import TOGETHER, probability

probabilities = st.floats(0, 1)


@given(probabilities, probabilities, probabilities)
def test_more_voice_in_either_signal_is_never_less_of_a_voice(one, other, more):
    assert probability(max(one, more), other) >= probability(one, other)
    assert probability(other, max(one, more)) >= probability(other, one)


@pytest.mark.parametrize("unsure", [0.0, 0.5, 0.9])
def test_an_echo_that_only_the_linear_one_lets_through_begins_no_voice(unsure):
    assert probability(unsure, 0.01) < TOGETHER.on


@given(probabilities)
def test_what_only_the_suppressing_one_hears_begins_no_voice(suppressed):
    assert probability(0.3, suppressed) < TOGETHER.on


@pytest.mark.parametrize(("linear", "suppressed"), [(0.99, 0.05), (0.9, 0.3), (0.8, 0.9)])
def test_a_voice_that_one_of_them_keeps_and_the_other_in_part_begins_one(linear, suppressed):
    assert probability(linear, suppressed) > TOGETHER.on


def test_a_voice_that_has_begun_lasts_while_there_is_some_of_it():
    assert probability(0.9, 0.01) > TOGETHER.off
    assert probability(0.05, 0.02) < TOGETHER.off


@pytest.mark.parametrize("sure", [0.0, 1.0])
def test_certainty_has_an_end(sure):
    assert 0 < probability(sure, sure) < 1
