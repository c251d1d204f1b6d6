"""Two detectors on two signals: together they are surer than either, and one alone convinces nobody."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.ear.gate import (
    AT_ONCE,
    FORGIVEN,
    HALF_BELIEVED,
    LEARNING,
    RESTED,
    STRANGE,
    SUSPECTED,
    TOGETHER,
    UNDECIDED,
    Suspicion,
    probability,
)

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


@given(probabilities, probabilities)
def test_to_what_stands_out_nobody_objects(linear, suppressed):
    assert probability(linear, suppressed, stands_out=True) >= probability(linear, suppressed)


def test_what_stands_out_begins_a_voice_where_one_is_half_believed_and_not_where_one_is_just_suspected():
    assert probability(HALF_BELIEVED, 0.0, stands_out=True) > TOGETHER.on
    assert probability(1.25 * SUSPECTED, 0.0, stands_out=True) < TOGETHER.on


@given(probabilities)
def test_where_the_room_is_strange_both_have_to_hear_a_voice(linear):
    assert probability(linear, 0.1) < STRANGE.on
    assert probability(0.98, 0.7) > STRANGE.on


@given(probabilities, probabilities)
def test_a_chunk_counts_for_two_only_where_it_stands_out_and_is_believed(linear, suppressed):
    assert probability(linear, suppressed) < TOGETHER.twice
    assert probability(max(linear, 0.7), suppressed, stands_out=True) >= TOGETHER.twice
    assert probability(min(linear, 0.6), 0.03, stands_out=True) < TOGETHER.twice


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


def test_a_consonant_that_stands_out_is_suspected_though_no_detector_hears_a_voice_in_it():
    assert not learnt().feed(0.1, -30.0, -28.0)
    assert learnt().feed(AT_ONCE, -30.0, -28.0, stands_out=True)
    assert not learnt().feed(0.6 * AT_ONCE, -30.0, -28.0, stands_out=True)


@given(st.floats(AT_ONCE, 1))
def test_between_two_chunks_whatever_stands_out_is_suspected_as_in_one(linear):
    suspicion = learnt()
    assert not suspicion.feed(*ECHO)
    assert not suspicion.peek(AT_ONCE / 2)
    assert suspicion.peek(linear)


def test_between_two_chunks_no_time_passes():
    suspicion = learnt()
    assert suspicion.feed(*VOICE)
    assert all(suspicion.peek(VOICE[0]) for _ in range(2 * UNDECIDED))
    assert suspicion.feed(*VOICE)


def begun(told):
    """Chunks in which a suspicion began."""
    return [at for at, one in enumerate(told) if one and not (at and told[at - 1])]


def test_after_one_mistake_the_next_suspicion_is_allowed_soon():
    least, _ = RESTED
    assert begun(suspected(VOICE, *[ECHO] * (least - 1), VOICE)) == [0, least]


def test_what_is_suspected_again_and_again_and_never_becomes_a_voice_is_so_ever_more_rarely():
    least, most = RESTED
    gaps = [later - one for one, later in itertools.pairwise(begun(suspected(*[VOICE] * 6 * most)))]
    assert gaps[:6] == [least, 2 * least, 4 * least, 8 * least, most, most]


def test_a_mistake_is_forgiven_after_a_while_without_any():
    least, _ = RESTED
    told = suspected(*[VOICE] * 2 * least, *[ECHO] * FORGIVEN, *[VOICE] * 2 * least)
    assert [later - one for one, later in itertools.pairwise(begun(told))][-1] == least


@given(st.lists(st.sampled_from([VOICE, ECHO]), max_size=2000))
def test_no_suspicion_lasts(chunks):
    told = suspected(*chunks)
    assert all(sum(told[at : at + RESTED[0]]) <= UNDECIDED for at in range(len(told)))


def test_after_a_voice_the_next_one_is_suspected_at_once():
    suspicion = learnt()
    for _ in range(UNDECIDED + 1):
        suspicion.feed(*VOICE)
    assert not suspicion.feed(*VOICE)
    suspicion.confirm()
    assert suspicion.feed(*VOICE)
