"""The question that repeats the arguments, and what counts as a yes to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.mind.skills.normal import normalise
from edge_agent.talk.mind.tools.consent import QUESTION_CHARS_MAX, Asked, Consent, consent, question
from edge_agent.talk.mind.tools.tool import Call, Outcome, Tool

CALL = Call("order", {"size": "large", "drink": "latte"})
ASKED = Asked(CALL, until=1000, at=10.0)


async def nothing(_):
    return Outcome()


def tool(ask="", description="Order a drink."):
    return Tool("order", description, {"type": "object"}, nothing, ask=ask)


def answer(words, began=2000, now=12.0, asked=ASKED):
    return consent(asked, words, began, now, within_s=20.0)


@pytest.mark.parametrize(
    "words", ["Yes.", "Yes, please.", "Yeah!", "Um, yes.", "Go ahead.", "Do it, please.", "Yes, yes."]
)
def test_a_yes_is_a_yes(words):
    assert answer(words) is Consent.YES


@pytest.mark.parametrize("words", ["No.", "No, thanks.", "Cancel that.", "Never mind.", "Please don't.", "Stop."])
def test_a_no_is_a_no(words):
    assert answer(words) is Consent.NO


@pytest.mark.parametrize(
    "words",
    [
        "Yes, but with milk.",
        "Yes or no?",
        "Okay.",
        "Mm-hm.",
        "What time is it?",
        "",
        "Please.",
        "Thank you.",
        "Yes no.",
    ],
)
def test_anything_else_is_neither(words):
    assert answer(words) is Consent.NONE


def test_a_yes_that_begins_before_the_end_of_the_question_may_be_the_agents_own_voice():
    assert answer("Yes.", began=999) is Consent.AGAIN
    assert answer("Yes.", began=1000) is Consent.YES


def test_who_did_not_hear_the_whole_question_is_asked_again():
    assert answer("Yes.", asked=Asked(CALL, until=None, at=10.0)) is Consent.AGAIN
    assert answer("Yes.", began=None, asked=Asked(CALL, until=None, at=10.0)) is Consent.AGAIN


def test_what_is_typed_has_no_sound_to_be_mistaken():
    assert answer("yes", began=None) is Consent.YES


def test_a_yes_that_comes_too_late_is_about_something_else():
    assert answer("Yes.", now=30.0) is Consent.YES
    assert answer("Yes.", now=30.1) is Consent.NONE


@given(st.text(max_size=30), st.one_of(st.none(), st.integers(0, 5000)), st.floats(0, 100))
def test_no_words_ever_confirm_what_was_not_heard_to_its_end_or_is_long_ago(words, began, now):
    if answer(words, began, now) is Consent.YES:
        assert began is None or began >= ASKED.until
        assert now <= 30.0
    assert answer(words, began, now, Asked(CALL, None, 10.0)) is not Consent.YES


def test_the_question_is_the_owners():
    assert question(tool("Order a {size} {drink}?"), CALL.arguments) == "Order a large latte?"


def test_a_question_that_leaves_an_argument_out_is_not_asked():
    told = "Order a drink: size large, drink latte. Shall I do that?"
    assert question(tool("Order a {drink}?"), CALL.arguments) == told
    assert question(tool(), CALL.arguments) == told


def test_without_arguments_the_description_is_the_question():
    assert question(tool(description="Open the gate."), {}) == "Open the gate. Shall I do that?"


def test_what_is_too_long_to_be_heard_is_not_asked():
    assert question(tool(), {"text": "word " * 100}) is None


VALUES = st.recursive(
    st.one_of(st.text("abc xyz", max_size=8), st.integers(-99, 99), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text("ab", min_size=1), inner, max_size=2)),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["size", "drink", "count"]), VALUES), st.sampled_from(["", "A {size} {drink}?"]))
def test_the_question_repeats_every_argument(arguments, ask):
    def leaves(value):
        if isinstance(value, dict | list):
            return [leaf for each in (value.values() if isinstance(value, dict) else value) for leaf in leaves(each)]
        return [normalise(("yes" if value else "no") if isinstance(value, bool) else str(value))]

    asked = question(tool(ask), arguments)
    if asked is not None:
        assert len(asked) <= QUESTION_CHARS_MAX
        heard = normalise(asked).split()
        assert all(word in heard for leaf in leaves(arguments) for word in leaf.split())
        assert asked.endswith("?")
