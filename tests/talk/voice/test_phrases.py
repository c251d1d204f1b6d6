from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.voice.phrases import Phrases


def cut(text: str, *, first: int = 12) -> list[str]:
    phrases = Phrases(first)
    return [phrase.strip() for phrase in [*phrases.feed(text), *phrases.finish()]]


def test_sentences_are_phrases():
    assert cut("It is late. Shall I stop? No!") == ["It is late.", "Shall I stop?", "No!"]


def test_the_first_phrase_ends_at_a_clause_and_later_ones_do_not():
    text = "Sure, that works well, I think. Then, tomorrow, we go."
    assert cut(text) == ["Sure, that works well,", "I think.", "Then, tomorrow, we go."]


def test_a_shorter_first_phrase_speaks_sooner():
    assert cut("Sure, that works well.", first=3) == ["Sure,", "that works well."]


@pytest.mark.parametrize(
    "whole",
    [
        "It costs about $2.50 or 1,000 yen at 3:30 in the shop",
        "Please ask Dr. Smith and Mrs. A. Jones",
        "Bring a fruit e.g. Apples",
        "See No. 5 for more",
        "He serves in the U.S. Army",
        "The shop opens at 8 a.m. 7 days a week",
        "Look at https://example.com/a,b?c=1.5 for more",
        "It was made on July 4, 1776",
        "He said it ran on approx. Twelve volts",
    ],
)
def test_numbers_abbreviations_and_addresses_stay_whole(whole):
    assert cut(whole, first=1) == [whole]
    assert cut(whole + ".", first=1) == [whole + "."]


def test_an_abbreviation_may_also_end_a_sentence():
    assert cut("Come at 5 p.m. Then we eat.") == ["Come at 5 p.m.", "Then we eat."]


def test_a_dot_before_a_small_letter_ends_only_a_clause():
    assert cut("One two three. four five. Six") == ["One two three.", "four five.", "Six"]
    assert cut("Well... maybe. Yes") == ["Well... maybe.", "Yes"]


def test_the_number_of_a_list_line_stays_with_its_line():
    assert cut("1. Milk is white\n2. Tea is not") == ["1. Milk is white", "2. Tea is not"]


def test_a_closing_quote_belongs_to_its_sentence():
    assert cut('He said "Stop." Then he left.') == ['He said "Stop."', "Then he left."]


def test_no_is_a_whole_sentence():
    assert cut("No. I can't do that.") == ["No.", "I can't do that."]


def test_a_year_ends_a_sentence():
    assert cut("It was 1984. Nobody knew.") == ["It was 1984.", "Nobody knew."]


def test_the_end_of_a_number_is_waited_for():
    phrases = Phrases(1)
    assert phrases.feed("Pi is 3.") == []
    assert phrases.feed("14 or so") == []
    assert phrases.finish() == ["Pi is 3.14 or so"]


def test_a_sentence_is_spoken_as_soon_as_the_next_one_begins():
    phrases = Phrases(12)
    assert phrases.feed("Good idea. ") == []
    assert phrases.feed("L") == ["Good idea. "]


def test_a_run_on_is_cut_before_a_conjunction_and_at_last_anywhere():
    run_on = "this goes on " * 12 + "and " + "still it goes on " * 20
    phrases = cut(run_on)
    assert max(map(len, phrases)) <= 240
    assert any(phrase.startswith("and ") for phrase in cut("we walk " * 10 + "and we run " * 3))


def test_a_run_on_is_not_cut_beside_a_number():
    phrases = cut("it weighs 20 kg " * 40)
    assert len(phrases) > 1
    for left, right in pairwise(phrases):
        assert not left[-1].isdigit()
        assert not right[0].isdigit()


def test_a_run_on_is_cut_neither_before_a_number_nor_after_an_abbreviation():
    for words, stays in (("it is about 20 ", "about"), ("at 8 p.m. sharp ", "p.m.")):
        for shift in range(len(words)):
            phrases = cut("x" * shift + words * 60)
            assert len(phrases) > 1
            assert not any(phrase.endswith(stays) for phrase in phrases)


def test_a_phrases_object_starts_afresh_after_its_end():
    phrases = Phrases(5)
    phrases.feed("left over")
    phrases.finish()
    assert phrases.finish() == []


pieces = st.sampled_from(
    [
        "Dr. ",
        "Smith",
        " ",
        "and ",
        "3",
        ".",
        "5",
        ",",
        "\n",
        "U.S. ",
        "a.m.",
        "Well",
        "it's ",
        "! ",
        "? ",
        "“",
        "” ",
        "$2.50 ",
        "1. ",
    ]
)
texts = st.lists(pieces | st.text(max_size=8), max_size=60).map("".join)


@given(texts, st.lists(st.integers(0, 200), max_size=8), st.integers(1, 40))
def test_how_the_text_arrives_changes_nothing_and_nothing_is_lost(text, places, first):
    whole = Phrases(first)
    at_once = [*whole.feed(text), *whole.finish()]
    pieced = Phrases(first)
    edges = [0, *sorted(min(place, len(text)) for place in places), len(text)]
    in_pieces = [phrase for a, b in pairwise(edges) for phrase in pieced.feed(text[a:b])] + pieced.finish()
    assert in_pieces == at_once
    assert "".join(at_once) == text
    assert not text.strip() or all(phrase.strip() for phrase in at_once)


@given(texts, st.integers(1, 40))
def test_letter_by_letter_is_like_at_once(text, first):
    whole, pieced = Phrases(first), Phrases(first)
    letters = [phrase for letter in text for phrase in pieced.feed(letter)] + pieced.finish()
    assert letters == [*whole.feed(text), *whole.finish()]
