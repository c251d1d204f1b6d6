"""Placeholders in replies: line by line, as models change them, and made up."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.mind.privacy import Category, Placeholders, restore
from edge_agent.talk.mind.privacy.placeholders import PLACEHOLDER
from edge_agent.talk.voice.phrases import Phrases

KNOWN = Placeholders()
for category, original in [
    (Category.CARD, "4111 1111 1111 1111"),
    (Category.NAME, "Ann"),
    (Category.PHONE, "five five five oh one two three"),
    (Category.EMAIL, "[CARD_1]@example.com"),
]:
    KNOWN, _ = KNOWN.adding(category, original.lower(), original)
KNOWN, OTHER_FORM = KNOWN.adding(Category.NAME, "ann", "A N N")

reply = st.lists(
    st.one_of(
        st.sampled_from(
            [*KNOWN.originals, "[CARD_9]", "[name_1]", "CARD_1", "card_1", "<", "<<", "NAME_", "_1", "1", ">", " "]
        ),
        st.text("<>[]_ACRDNMEacrdnme12. ", max_size=6),
        st.text(max_size=3),
    ),
    max_size=8,
).map("".join)


@given(reply, st.integers(1, 40))
def test_a_reply_may_be_restored_line_by_line(text, first_chars):
    cutter = Phrases(first_chars)
    lines = [*cutter.feed(text), *cutter.finish()]
    assert "".join(restore(line, KNOWN) for line in lines) == restore(text, KNOWN)


@given(reply)
def test_no_placeholder_is_ever_said(text):
    assert not re.search(PLACEHOLDER, restore(text, Placeholders()))


@pytest.mark.parametrize("form", ["[NAME_1]", "<NAME_1>", "{name_1}", "NAME_1", "<name_1>", "[NAME_1"])
def test_what_models_make_of_a_placeholder_is_understood(form):
    assert restore(f"Tell {form}.", KNOWN) == "Tell Ann."


def test_another_form_is_put_back_as_it_was_said():
    assert OTHER_FORM == "[NAME_1_2]"
    assert restore("[NAME_1_2]'s", KNOWN) == "A N N's"


def test_a_placeholder_that_nobody_gave_is_said_in_words():
    assert restore("I charged [CARD_7].", KNOWN) == "I charged your card."


@pytest.mark.parametrize("text", ["MYCARD_1", "CARD_1x", "card_", "card 1", "<CARDS_1>", "NAME_12345"])
def test_what_is_no_placeholder_stays(text):
    assert restore(text, KNOWN) == text


def test_what_nobody_speaks_of_any_more_is_forgotten_and_its_number_is_not_given_to_what_is_remembered():
    known, first = Placeholders().adding(Category.CARD, "4111", "4111")
    known, second = known.adding(Category.CARD, "5500", "5500")
    known, spelled = known.adding(Category.CARD, "5500", "five five zero zero")
    kept = known.used_in([f"It is {spelled}."])
    assert dict(kept.originals) == {spelled: "five five zero zero"}
    assert kept.adding(Category.CARD, "5500", "5500")[1] == second
    assert kept.adding(Category.CARD, "3782", "3782")[1] not in (first, second, spelled)
    assert known.used_in([]) == Placeholders()
