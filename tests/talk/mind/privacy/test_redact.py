"""What leaves of a text, and that it can be put back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from kept_back import OWNER, innocent, sensitive

from edge_agent.base.settings import Consent, PrivacySettings
from edge_agent.talk.mind.privacy import Category, PrivacyClass, class_of, redact, redact_all, restore

PLAIN = PrivacySettings()
SENTENCES = [row.text for name in ("sensitive.tsv", "made_sensitive.tsv") for row in sensitive(name)]

said = st.lists(
    st.one_of(
        st.sampled_from(SENTENCES),
        st.sampled_from(innocent("innocent.tsv")),
        st.text(max_size=12),
        st.sampled_from(
            [
                "[CARD_1]",
                "card_1",
                "[NAME_2]",
                "<PHONE_1>",
                "[PHONE_1",
                "EMAIL_1]",
                "[TEXT_1]",
                "\ufffc",
                "oh",
                "at",
                "4",
            ]
        ),
    ),
    max_size=5,
).map(" ".join)


@given(said)
@example("4111 1111 1111 1111 is four one one one, one one one one, one one one one, one one one one")
@example("I typed [CARD_1] and 4111111111111111")
def test_what_was_redacted_can_be_put_back_to_the_letter(text):
    redacted = redact(text, OWNER)
    assert restore(redacted.text, redacted.placeholders) == text


@given(said)
def test_redacting_what_is_redacted_changes_nothing(text):
    once = redact(text, OWNER)
    twice = redact(once.text, OWNER, once.placeholders)
    assert (twice.text, twice.held) == (once.text, {})
    assert twice.placeholders == once.placeholders


@given(said, said)
def test_a_conversation_is_put_back_as_well(first, second):
    sent = redact_all([first, second], OWNER)
    known = set(redact(first, OWNER).placeholders.originals)
    if not any(name in second for name in known):  # who types a placeholder of his own means what it stands for
        assert [restore(text, sent.placeholders) for text in sent.texts] == [first, second]


def test_the_same_card_is_the_same_placeholder_through_a_conversation():
    sent = redact_all(["My card is 4111 1111 1111 1111.", "Fine.", "Is 4111 1111 1111 1111 a visa?"], PLAIN)
    assert sent.texts == ("My card is [CARD_1].", "Fine.", "Is [CARD_1] a visa?")
    assert sent.held == {Category.CARD: 2}


def test_another_form_of_the_same_is_seen_to_be_the_same():
    sent = redact("Is 555-0142 the same phone number as five five five oh one four two?", PLAIN)
    assert sent.text == "Is [PHONE_1] the same phone number as [PHONE_1_2]?"


def test_what_was_asked_tells_what_the_answer_is():
    assert redact("five five five one two one two", PLAIN).text == "five five five one two one two"
    asked = redact("five five five one two one two", PLAIN, asked="What is your phone number?")
    assert asked.text == "[PHONE_1]"
    assert redact("five past two", PLAIN, asked="When shall I call?").text == "five past two"
    sent = redact_all(["What is your phone number?", "5551212"], PLAIN)
    assert sent.texts[1] == "[PHONE_1]"


@pytest.mark.parametrize(
    "text",
    [
        "My credit card starts at 2026 points.",
        "I'll start 12 15 or 20 20 with the credit report.",
        "Two large lattes to room four one two at three thirty.",
        "What is 4111111111111111 plus two?",
        "Look at amazon dot com.",
        "There is more info at amazon dot com.",
        "The account was opened on 12-03-2019.",
    ],
)
def test_numbers_and_places_that_are_nobodys_stay(text):
    assert redact(text, OWNER).text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's first name dot last name at company dot org.", "It's [EMAIL_1]."),
        ("Just say info at rosebakery dot co dot uk.", "Just say [EMAIL_1]."),
        ("It's ann at mail dot company dot co dot uk.", "It's [EMAIL_1]."),
        ("My sort code is twenty thirty forty.", "My sort code is [ACCOUNT_1]."),
        ("sort code 10-11-12", "sort code [ACCOUNT_1]"),
    ],
)
def test_what_looks_like_plain_words_or_a_date_goes_where_it_is_none(text, expected):
    assert redact(text, OWNER).text == expected


def test_a_possessive_stays():
    assert redact("Ann's birthday", OWNER).text == "[NAME_1]'s birthday"


def test_p14_each_category_has_its_own_consent():
    allowed = PrivacySettings(when_email=Consent.ALLOW)
    assert redact("ann at gmail dot com or 555-0142", allowed).text == "ann at gmail dot com or [PHONE_1]"


def test_a_blocked_category_keeps_the_turn_here_and_does_not_leave_with_a_later_one():
    blocking = PrivacySettings(when_card=Consent.BLOCK)
    assert class_of("my card is 4111 1111 1111 1111", blocking) is PrivacyClass.LOCAL_ONLY
    assert redact("my card is 4111 1111 1111 1111", blocking).text == "my card is [CARD_1]"


@pytest.mark.parametrize(
    ("text", "settings", "expected"),
    [
        ("what is the capital of Peru", PLAIN, PrivacyClass.FREE),
        ("call 555-0142", PLAIN, PrivacyClass.REDACT),
        ("call 555-0142", PrivacySettings(when_phone=Consent.ALLOW), PrivacyClass.FREE),
        ("what is the capital of Peru", PrivacySettings(local_only=True), PrivacyClass.LOCAL_ONLY),
    ],
)
def test_the_class_tells_where_a_text_may_go(text, settings, expected):
    assert class_of(text, settings) is expected


@given(st.text())
def test_any_text_has_a_class(text):
    assert class_of(text, OWNER) in PrivacyClass
