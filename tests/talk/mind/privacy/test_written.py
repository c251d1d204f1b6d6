"""Spoken forms as written ones, and the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.mind.privacy.spoken import written


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("four one one oh", "4 1 1 0"),
        ("double four triple nine", "44 999"),
        ("triple oh seven", "000 7"),
        ("twenty-five, twenty five, twenty, five", "25, 25, 20, 5"),
        ("seven hundred and four", "704"),
        ("eight hundred five five five", "800 5 5 5"),
        ("eight hundred five people", "805 people"),
        ("twelve thousand three hundred", "12300"),
        ("plus four four", "+ 4 4"),
        ("two plus two", "2 plus 2"),
        ("five dash six slash seven", "5 - 6 / 7"),
        ("four, um, one", "4, , 1"),
        ("golf bravo two nine", "G B 2 9"),
        ("n as in november w like whiskey", "N W"),
        ("double l, double u", "LL, W"),
        ("N O nine", "N O 9"),
    ],
)
def test_what_is_said_is_read_as_it_would_be_written(said, form):
    assert written(said).text == form


@pytest.mark.parametrize(
    "text", ["oh no", "a golf club", "Mike is here", "plus, I like it", "um, well", "double the fun", "a dash of salt"]
)
def test_words_are_words_away_from_digits_and_letters(text):
    assert written(text).text == text


def test_no_form_reaches_across_a_placeholder():
    assert written("four [CARD_1] one").text == "4 \ufffc 1"


def test_a_form_knows_the_words_that_it_came_from():
    text = "call double four now"
    form = written(text)
    start, end = form.span(form.text.index("44"), form.text.index("44") + 2)
    assert text[start:end] == "double four"


@given(
    st.text()
    | st.lists(st.sampled_from("double four oh n as in november um plus , - [CARD_1] 4".split())).map(" ".join)
)
def test_nothing_is_lost_or_moved(text):
    form = written(text)
    assert len(form.text) == len(form.starts) == len(form.ends)
    assert list(form.starts) == sorted(form.starts)
    for at, letter in enumerate(form.text):
        assert 0 <= form.starts[at] < form.ends[at] <= len(text)
        if form.ends[at] - form.starts[at] == 1 and letter != "\ufffc" and not letter.isdecimal():
            assert letter.lower() == text[form.starts[at]].lower() or not text[form.starts[at]].isalpha()
