"""What is said over the agent: who listens, who answers, who wants the floor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.floor.overlap import ANSWERS, BACKCHANNELS, MUMBLED_S, PHRASE_MAX, STOPS, interrupts, mumbles

TOLD = "It's ten past four."
ASKED = "Do you like the sea?"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "Mm-hmm.",
        "Uh-huh.",
        "Yeah, yeah.",
        "Oh, I see.",
        "Right. Okay, sure!",
        "Wow, really?",
        "No way!",
        "Thank you.",
    ],
)
def test_who_only_listens_does_not_interrupt(text):
    assert not interrupts(text, TOLD, final=True)
    assert not interrupts(text, TOLD, final=False)


@pytest.mark.parametrize(
    "text",
    [
        "Stop.",
        "No.",
        "Wait, wait.",
        "Yeah, but why?",
        "What about tomorrow?",
        "Okay, next one.",
        "Tomorrow",
        "Right there",
    ],
)
def test_who_says_anything_else_does(text):
    assert interrupts(text, TOLD, final=True)


@pytest.mark.parametrize("text", ["Yes.", "Okay.", "Mm-hmm.", "Oh yeah.", "Sure, go ahead."])
def test_after_a_question_a_backchannel_may_be_the_answer(text):
    assert interrupts(text, ASKED, final=True)
    assert not interrupts(text, ASKED, final=False), "a glance is a guess"


@pytest.mark.parametrize("text", ["Hmm.", "Oh.", "Wow, really?", "I see.", ""])
def test_after_a_question_other_backchannels_are_none(text):
    assert not interrupts(text, ASKED, final=True)


def test_a_question_is_answered_a_few_words_after_it_was_asked_and_no_later():
    assert interrupts("Yes.", "Do you like it? I can tell", final=True)
    assert not interrupts("Yes.", "Do you like it? I can tell you", final=True)


@pytest.mark.parametrize(
    ("text", "stops"),
    [("Wait", True), ("Okay, stop", True), ("No", True), ("Hold on", True), ("Tomorrow", False), ("Hold", False)],
)
def test_a_glance_at_one_word_decides_only_when_people_stop_each_other_with_it(text, stops):
    assert interrupts(text, TOLD, final=False) is stops


def test_a_glance_at_several_words_decides():
    assert interrupts("what about", TOLD, final=False)
    assert not interrupts("yeah what", TOLD, final=False)


@given(st.lists(st.sampled_from(sorted(BACKCHANNELS)), max_size=5))
def test_however_many_backchannels_are_no_interruption(phrases):
    assert not interrupts(", ".join(phrases).capitalize() + ".", TOLD, final=True)


@given(st.text(), st.text())
def test_what_a_glance_decides_the_transcript_of_the_same_words_decides_too(text, heard):
    assert interrupts(text, heard, final=True) or not interrupts(text, heard, final=False)


def test_no_word_stops_and_listens_at_once_and_no_phrase_is_longer_than_is_looked_for():
    assert STOPS.isdisjoint(BACKCHANNELS)
    assert ANSWERS < BACKCHANNELS
    assert max(len(phrase.split()) for phrase in BACKCHANNELS | STOPS) == PHRASE_MAX


LATELY = "Of course. Timer set for fifteen seconds, and the moon is"


@pytest.mark.parametrize(
    "text", ["Timer set.", "timer set for fifteen second", "The moon is", "fifteen seconds and the noon is"]
)
def test_what_the_agent_has_just_said_is_its_echo(text):
    assert not interrupts(text, LATELY, final=True)
    assert not interrupts(text, LATELY, final=False)


@pytest.mark.parametrize("text", ["Set it for ten minutes.", "seconds timer", "What is the moon?", "Stop the timer."])
def test_who_uses_a_few_of_its_words_is_no_echo(text):
    assert interrupts(text, LATELY, final=True)


def test_what_was_said_long_ago_is_no_echo():
    assert interrupts("Timer set.", LATELY + " made of cheese" * 10, final=True)


def test_a_word_that_stops_it_is_its_echo_only_if_that_was_its_last():
    assert interrupts("Wait.", "Please wait for me", final=False)
    assert not interrupts("Wait.", "I must ask you to wait", final=False)


@given(st.lists(st.sampled_from(["moon", "sea", "old", "ship", "stone", "green"]), min_size=1, max_size=12), st.data())
def test_any_run_of_the_latest_words_is_an_echo(said, data):
    start = data.draw(st.integers(0, len(said) - 1))
    end = data.draw(st.integers(start + 1, len(said)))
    assert not interrupts(" ".join(said[start:end]), " ".join(said), final=True)


def test_who_surely_spoke_and_was_not_understood_takes_the_floor():
    assert mumbles("Whipped", MUMBLED_S, TOLD)
    assert not mumbles("Whipped", MUMBLED_S - 0.05, TOLD), "too short for a word"


@pytest.mark.parametrize("doubted", ["", "...", "Mm-hmm.", "Yeah, right.", TOLD])
def test_what_may_have_been_a_backchannel_or_an_echo_takes_nothing(doubted):
    assert not mumbles(doubted, 10 * MUMBLED_S, TOLD)
