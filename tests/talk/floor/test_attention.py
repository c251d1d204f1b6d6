"""Awake or asleep, in virtual time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.settings import EarSettings
from edge_agent.talk.floor.attention import (
    BUTTON,
    OF_THE_USER,
    Attention,
    floor,
    pressed,
    released,
    tick,
    woken,
)
from edge_agent.talk.floor.state import State

WORD = EarSettings(wake="hey_jarvis", follow_up_s=6, asked_s=12)
KEY = EarSettings(wake=BUTTON)


def exchange(attention, now, ear=WORD, *, asked=False):
    """A question at `now`, and its answer, which is over two seconds later."""
    for after, state in ((0, State.HEARING), (1, State.THINKING), (1.5, State.SPEAKING), (2, State.LISTENING)):
        attention = floor(tick(attention, now + after), state, now + after, ear, asked=asked)
    return attention


def sleeps_at(attention):
    """When it falls asleep if nothing else happens."""
    assert not tick(attention, attention.wake_at).awake
    assert tick(attention, attention.wake_at - 0.001).awake
    return attention.wake_at


def test_woken_it_listens_for_a_while_and_sleeps_if_nobody_speaks():
    assert sleeps_at(woken(Attention(), 100, WORD)) == 106


def test_after_an_answer_it_listens_again_without_its_word():
    assert sleeps_at(exchange(woken(Attention(), 100, WORD), 102)) == 104 + 6


def test_who_was_asked_has_longer_to_answer():
    assert sleeps_at(exchange(woken(Attention(), 100, WORD), 102, asked=True)) == 104 + 12


def test_it_does_not_fall_asleep_over_somebodys_words():
    speaking = floor(woken(Attention(), 100, WORD), State.HEARING, 105.9, WORD, asked=False)
    assert speaking.wake_at is None
    assert tick(speaking, 1000).awake


def test_a_noise_does_not_keep_it_awake():
    heard = floor(woken(Attention(), 100, WORD), State.HEARING, 105, WORD, asked=False)
    quiet = floor(floor(heard, State.PAUSED, 107, WORD, asked=False), State.LISTENING, 108, WORD, asked=False)
    assert not tick(quiet, 108).awake


def test_an_alarm_wakes_it_so_that_it_can_be_stopped_by_voice():
    rings = floor(Attention(), State.SPEAKING, 100, WORD, asked=False)
    assert rings.awake
    assert sleeps_at(floor(rings, State.LISTENING, 103, WORD, asked=False)) == 109


def test_while_the_key_is_held_it_is_awake_and_afterwards_until_what_was_said_is_over():
    held = pressed(Attention())
    assert held.wake_at is None
    heard = released(floor(held, State.HEARING, 100, KEY, asked=False), 103, KEY)
    assert tick(heard, 110).awake
    assert not tick(floor(heard, State.THINKING, 110, KEY, asked=False), 110).awake


def test_a_key_that_nobody_spoke_with_leaves_it_asleep():
    assert not tick(released(pressed(Attention()), 100, KEY), 100).awake


@pytest.mark.parametrize("state", list(State))
def test_with_the_key_alone_no_answer_wakes_it(state):
    assert not floor(Attention(), state, 100, KEY, asked=True).awake


happens = st.sampled_from(["woken", "pressed", "released", "tick", *State])


@given(st.lists(st.tuples(happens, st.floats(0, 20), st.booleans()), max_size=60), st.sampled_from([WORD, KEY]))
def test_whatever_happens_it_sleeps_only_when_it_may_and_in_the_end_it_does(story, ear):
    attention, now, state = Attention(), 0.0, State.LISTENING
    for what, after, asked in story:
        now += after
        before = attention
        match what:
            case "woken":
                attention = woken(attention, now, ear)
            case "pressed":
                attention = pressed(attention)
            case "released":
                attention = released(attention, now, ear)
            case "tick":
                attention = tick(attention, now)
                if before.awake and not attention.awake:
                    assert state not in OF_THE_USER
                    assert not before.held
            case State():
                state = what
                attention = floor(attention, state, now, ear, asked=asked)
        assert attention.wake_at is None or attention.wake_at <= now + max(ear.follow_up_s, ear.asked_s)
    attention = released(attention, now, ear)
    attention = floor(attention, State.LISTENING, now, ear, asked=False)
    assert not tick(attention, now + max(ear.follow_up_s, ear.asked_s)).awake
