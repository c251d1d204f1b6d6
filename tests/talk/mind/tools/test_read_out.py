"""Data that a tool found, read out: its own names and values, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.mind.tools.read_out import CHARS_MAX, EMPTY, read_out

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"id": "tea", "price": 2.5, "currency": "EUR"}, "Id tea, price 2.5, currency EUR."),
        ({"order_no": 1182, "isReady": False, "note": None, "at": ""}, "Order no 1182, is ready no."),
        ([{"line": 7, "departs": "14:35"}, {"line": 9}], "Line 7, departs 14:35, line 9."),
        ({"bus": {"departsAt": "14:35", "stops": ["A", "B"]}}, "Bus departs at 14:35, bus stops A, bus stops B."),
        (["Ann", "Bob"], "Ann, Bob."),
        ({}, EMPTY),
        ([], EMPTY),
    ],
)
def test_names_and_values_in_their_order(data, said):
    assert read_out(json.dumps(data)) == said


@pytest.mark.parametrize("text", ["It costs 2.5.", "3", '"tea"', "null", "{half", "", "[" * 100_000])
def test_what_is_no_data_is_left_to_others(text):
    assert read_out(text) == ""


def test_nobody_is_made_to_listen_to_all_of_it():
    told = read_out(json.dumps({f"part {number}": "some words of it" for number in range(50)}))
    assert len(told) <= CHARS_MAX + 10
    assert told.endswith("some words of it.")
    told = read_out(json.dumps({"text": "a word " * 100}))
    assert told.startswith("Text a word a word")
    assert len(told) <= CHARS_MAX + 1


@given(st.lists(VALUES, max_size=4) | st.dictionaries(st.text(max_size=8), VALUES, max_size=6))
def test_whatever_it_is_there_is_a_sentence(data):
    told = read_out(json.dumps(data))
    assert told.endswith(".")
    assert len(told) <= CHARS_MAX + 40


@given(st.text())
def test_no_text_is_a_mistake_of_ours(text):
    read_out(text)
