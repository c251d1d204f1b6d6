import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.voice.spoken import spoken, spoken_words


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("0, 7 and 21", "zero, seven and twenty one"),
        ("1,250 or 1250", "one thousand two hundred fifty or one thousand two hundred fifty"),
        ("3.14", "three point one four"),
        ("0.05", "zero point zero five"),
        ("-3", "minus three"),
        ("007", "oh oh seven"),
        ("version 3.11.2", "version three point eleven point two"),
        ("the 1st and the 22nd", "the first and the twenty second"),
        ("#5", "number five"),
        ("See No. 12", "See number twelve"),
        ("10" + 30 * "0", "one" + 31 * " oh"),
        ("-" + 20 * "3", "minus" + 20 * " three"),
        (20 * "7" + "th", " ".join(20 * ["seven"])),
    ],
)
def test_numbers(written, said):
    assert spoken(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("3:30 pm", "three thirty PM"),
        ("3:05 a.m. today", "three oh five AM today"),
        ("at 8 p.m.", "at eight PM."),
        ("15:05", "fifteen oh five"),
        ("12:00", "twelve o'clock"),
        ("15:00", "fifteen hundred"),
        ("7pm", "seven PM"),
        ("99:99", "ninety nine ninety nine"),
    ],
)
def test_times(written, said):
    assert spoken(written).replace(":", "") == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Monday, November 23.", "Monday, November twenty third."),
        ("July 4, 1776", "July fourth, seventeen seventy six"),
        ("23 November 2026", "November twenty third, twenty twenty six"),
        ("Nov. 3rd", "November third"),
        ("2026-11-23", "November twenty third, twenty twenty six"),
        ("11/23/2026", "November twenty third, twenty twenty six"),
        ("23/11/2026", "November twenty third, twenty twenty six"),
        ("in 1984", "in nineteen eighty four"),
        ("in 1500", "in fifteen hundred"),
        ("1500 people", "one thousand five hundred people"),
        ("the 1990s", "the nineteen nineties"),
        ("2020-2026", "twenty twenty to twenty twenty six"),
    ],
)
def test_dates_and_years(written, said):
    assert spoken(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("$2.50", "two dollars and fifty cents"),
        ("$1", "one dollar"),
        ("€1", "one euro"),
        ("£3.99.", "three pounds and ninety nine pence."),
        ("£0.01", "one penny"),
        ("$0", "zero dollars"),
        ("$3.5 million", "three point five million dollars"),
        ("100€", "one hundred euros"),
    ],
)
def test_money(written, said):
    assert spoken(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("5 km", "five kilometers"),
        ("1 km, 1 ft, 1 mph", "one kilometer, one foot, one mile per hour"),
        ("20°C", "twenty degrees Celsius"),
        ("-5 °F", "minus five degrees Fahrenheit"),
        ("1°", "one degree"),
        ("3kg", "three kilograms"),
        ("60 mph", "sixty miles per hour"),
        ("50%", "fifty percent"),
        ("10-15%", "ten to fifteen percent"),
        ("5–10 km", "five to ten kilometers"),
        ("on 5 a day", "on five a day"),
    ],
)
def test_units_percent_and_ranges(written, said):
    assert spoken(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1/2", "one half"),
        ("3/4", "three quarters"),
        ("1 1/2 cups", "one and a half cups"),
        ("2½ cups", "two and a half cups"),
        ("24/7", "twenty four seven"),
        ("5/99", "five over ninety nine"),
    ],
)
def test_fractions(written, said):
    assert spoken(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("555-1234", "five five five, one two three four"),
        ("(415) 555-0123", "four one five, five five five, oh one two three"),
        ("12345678", "one two three four five six seven eight"),
        ("1000000", "one million"),
    ],
)
def test_digit_strings_are_read_like_telephone_numbers(written, said):
    assert spoken(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("salt & pepper", "salt and pepper"),
        ("2+2=4", "two plus two equals four"),
        ("Dr. Smith, e.g. this, etc.", "Doctor Smith, for example this, et cetera"),
        ("**Bold**, _soft_ and `code`", "Bold, soft and code"),
        ("# Title\n- one\n- two", "Title one two"),
        ("[this](https://example.com/a)", "this"),
        ("https://www.example.com/a?b=1", "example dot com"),
        ("Hello 😀 there 👍🏽", "Hello there"),
        ("Well—no", "Well—no"),
        ("", ""),
        ("😀 ***", ""),
    ],
)
def test_symbols_markdown_and_emoji(written, said):
    assert spoken(written) == said


def test_plain_words_stay_as_they_are():
    plain = "It's late, isn't it? Let's go - rock 'n' roll!"
    assert spoken(plain) == "It's late, isn't it? Let's go rock 'n' roll!"


def test_a_number_and_what_belongs_to_it_are_one_piece():
    assert spoken_words("At 3:30 pm, 20 °C.") == [
        ("At ", "At"),
        ("3:30 pm, ", "three thirty PM,"),
        ("20 °C.", "twenty degrees Celsius."),
    ]


def test_what_is_not_said_goes_with_a_neighbour():
    assert spoken_words("😀 yes ** no") == [("😀 yes ** ", "yes"), ("no", "no")]


ALPHABET = "aZ 0123456789.,:;-–/°%$€£½&+=@#*_`[](){}'\"\n—éß中😀½pmkgst"


@given(st.text(ALPHABET, max_size=40) | st.text(max_size=40))
def test_the_pieces_are_a_division_of_the_text_and_each_has_something_to_say(text):
    pieces = spoken_words(text)
    assert "".join(written for written, _ in pieces) == text
    assert len(pieces) <= 1 or all(said for _, said in pieces)


@given(
    st.lists(st.integers(-(10**6), 10**7) | st.decimals(-999, 999, places=2), min_size=1),
    st.sampled_from([" ", ", ", " or "]),
)
def test_no_number_is_left_to_the_voice(numbers, between):
    assert not any(letter.isdigit() for letter in spoken(between.join(map(str, numbers))))
