"""Word error rate: what counts as the same word, and how errors are counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.bench.wer import distance, normal, word_error_rate


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("I have tried it", "I've tried it."),
        ("i ve tried it", "I've tried it."),
        ("mister hale can not come", "Mr. Hale can't come!"),
        ("it is nineteen eighty four", "It's 1984"),
        ("twenty two point five", "22 point 5"),
        ("the twenty first of may", "the 21st of May"),
        ("one thousand people", "1,000 people"),
        ("fifty percent", "50%"),
        ("five dollars", "$5"),
        ("the colour of my neighbour's theatre", "The color of my neighbor's theater"),
        ("we realised that he was organising it", "We realized that he was organizing it."),
        ("up-stairs", "up stairs"),
        ("um well okay", "Well, OK."),
        ("hello", "hello [laughter]"),
    ],
)
def test_two_spellings_of_the_same_words_are_no_error(said, heard):
    assert normal(said) == normal(heard)


@pytest.mark.parametrize(
    ("said", "heard"), [("four", "for"), ("hour", "hor"), ("wise", "wize"), ("he's", "she's"), ("a", "")]
)
def test_other_words_are(said, heard):
    assert normal(said) != normal(heard)


def test_errors_are_dropped_added_and_changed_words_over_all_that_was_said():
    assert word_error_rate([("set a timer", "set the timer"), ("stop", "stop now please"), ("go on", "go")]) == (
        pytest.approx(100 * (1 + 2 + 1) / 6)
    )


def test_nothing_said_is_no_error_rate():
    assert word_error_rate([]) == 0.0


WORDS = st.lists(st.sampled_from("abc"), max_size=7)


@given(WORDS, WORDS, WORDS)
def test_the_distance_is_one(one, two, three):
    assert (distance(one, two) == 0) == (one == two)
    assert distance(one, two) == distance(two, one)
    assert distance(one, three) <= distance(one, two) + distance(two, three)
    assert abs(len(one) - len(two)) <= distance(one, two) <= max(len(one), len(two))
