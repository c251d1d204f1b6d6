"""Placeholders in replies: whole, in pieces, as models change them, and made up."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge_agent.talk.mind.privacy import Category, Placeholders, Restorer, restore
from edge_agent.talk.mind.privacy.placeholders import PLACEHOLDER

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


@given(reply, st.lists(st.integers(1, 9), max_size=40))
@example("²CARD_1", [2])
@example("CARD_1CARD_1CARD_1[CARD_1]", [1, 3, 9])
def test_where_a_reply_is_divided_changes_nothing(text, sizes):
    restorer, at, told = Restorer(KNOWN), 0, ""
    for size in [*sizes, len(text)]:
        told += restorer.feed(text[at : at + size])
        at += size
    assert told + restorer.finish() == restore(text, KNOWN)


@given(reply)
def test_no_placeholder_is_ever_said(text):
    assert not re.search(PLACEHOLDER, restore(text, Placeholders()))


@pytest.mark.parametrize("text", ["Hello, Ann.", "2 < 3", "a name that I know", "x_1 = 4"])
def test_words_are_let_go_as_soon_as_they_cannot_be_a_placeholder(text):
    restorer = Restorer(KNOWN)
    told = "".join(restorer.feed(letter) for letter in f"{text} and so on. ")
    assert told == f"{text} and so on. "


def test_a_placeholder_in_two_pieces_is_put_back():
    restorer = Restorer(KNOWN)
    assert restorer.feed("I'll call [NA") == "I'll call "
    assert restorer.feed("ME_1") == ""
    assert restorer.feed("] now, ") == "Ann now, "


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
