"""Two detectors on two signals: together they are surer than either, and one alone convinces nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.ear.gate import LEARNING, RESTED, TOGETHER, UNDECIDED, Suspicion, probability

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


VOICE = (0.4, -30.0, -28.0)
"""What a voice detector says to the linear signal, its level, and the microphone's."""
ECHO = (0.05, -60.0, -28.0)


def learnt():
    """Of a filter that has heard the agent for a while."""
    suspicion = Suspicion()
    for _ in range(LEARNING):
        assert not suspicion.feed(*VOICE)
    return suspicion


def suspected(*chunks):
    suspicion = learnt()
    return [suspicion.feed(*chunk) for chunk in chunks]


def test_somebody_is_suspected_at_the_first_chunk_and_long_before_one_can_be_sure():
    assert suspected(ECHO, VOICE) == [False, True]
    assert probability(VOICE[0], 0.05) < TOGETHER.on


@pytest.mark.parametrize("echo", [(0.4, -49.0, -28.0), (0.4, -51.0, -51.0), (0.1, -30.0, -28.0)])
def test_what_an_echo_leaves_is_too_soft_or_no_voice_at_all(echo):
    assert suspected(echo) == [False]


@given(st.lists(st.sampled_from([VOICE, ECHO]), max_size=4 * RESTED))
def test_what_never_becomes_a_voice_is_suspected_for_a_moment_every_few_seconds(chunks):
    told = suspected(*chunks)
    assert all(sum(told[at : at + RESTED]) <= UNDECIDED for at in range(len(told)))


def test_after_a_voice_the_next_one_is_suspected_at_once():
    suspicion = learnt()
    for _ in range(UNDECIDED + 1):
        suspicion.feed(*VOICE)
    assert not suspicion.feed(*VOICE)
    suspicion.confirm()
    assert suspicion.feed(*VOICE)
