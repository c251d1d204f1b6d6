"""Two detectors on two signals: together they are surer than either, and one alone convinces nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.ear.gate import TOGETHER, probability

probabilities = st.floats(0, 1)


@given(probabilities, probabilities)
def test_it_is_a_probability_between_the_two(linear, suppressed):
    low, high = sorted((linear, suppressed))
    assert min(low, 1 - 1e-4) - 1e-9 <= probability(linear, suppressed) <= max(high, 1e-4) + 1e-9


@given(probabilities, probabilities, probabilities)
def test_more_voice_in_either_signal_is_never_less_of_a_voice(one, other, more):
    assert probability(max(one, more), other) >= probability(one, other)
    assert probability(other, max(one, more)) >= probability(other, one)


def test_an_echo_that_only_one_of_them_lets_through_begins_no_voice():
    assert probability(0.95, 0.01) < TOGETHER.on
    assert probability(0.01, 0.95) < TOGETHER.on


def test_a_voice_that_one_of_them_keeps_whole_and_the_other_in_part_begins_one():
    assert probability(0.99, 0.3) > TOGETHER.on


def test_a_voice_that_has_begun_lasts_while_there_is_some_of_it_in_both():
    assert probability(0.9, 0.02) > TOGETHER.off
    assert probability(0.05, 0.02) < TOGETHER.off


@pytest.mark.parametrize("sure", [0.0, 1.0])
def test_certainty_has_an_end(sure):
    assert 0 < probability(sure, sure) < 1
