"""The owner's notes: cut into passages, found by the words of a question, said in their own words."""

import asyncio
import csv
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import InputError
from edge_agent.talk.mind.notes import Notes
from edge_agent.talk.mind.notes.grounding import MAYBE, ground
from edge_agent.talk.mind.notes.index import Index
from edge_agent.talk.mind.notes.passages import from_data, from_text
from edge_agent.talk.mind.notes.terms import TERMS_MAX, terms, unsaid
from edge_agent.talk.mind.notes.wanted import fits

HOUSES = Path(__file__).parents[2] / "notes"

SHOP = """# The shop

**Opening times.** We open at nine. On Sundays we are closed.

## Returns
Bring it back within [two weeks](https://shop.example). It must be unused.

- Lost receipts are *no* problem
- Sale items stay sold

Q: Do you wrap gifts?
A: Yes, for one euro.
It takes five minutes.
"""


def passages(text):
    return [(each.title, *each.sentences) for each in from_text("shop.md", text)]


def says(text, question):
    return ground(Index(list(from_text("shop.md", text))).find(question))


def test_a_heading_holds_for_what_stands_below_it():
    assert passages(SHOP) == [
        ("Opening times", "We open at nine.", "On Sundays we are closed."),
        ("Returns", "Bring it back within two weeks.", "It must be unused."),
        ("Returns", "Lost receipts are no problem.", "Sale items stay sold."),
        ("Do you wrap gifts?", "Yes, for one euro.", "It takes five minutes."),
    ]


def test_the_one_heading_over_all_of_a_file_names_the_house_and_says_nothing_of_a_passage():
    assert passages("# The shop\n\n## Opening\nAt nine.\n\n### Summer\nAt ten.") == [
        ("Opening", "At nine."),
        ("Opening Summer", "At ten."),
    ]
    assert passages("# Opening\nAt nine.\n\n# Closing\nAt six.") == [("Opening", "At nine."), ("Closing", "At six.")]


def test_yaml_is_read_as_pairs_or_as_deep_as_it_is_nested():
    data = {"Prices": {"Tea": "Two euros.", "Cake": 3}, "faq": [{"q": ["Wifi?", "Internet?"], "a": "Yes."}]}
    assert [(each.title, each.text, each.asked) for each in from_data("a.yaml", data)] == [
        ("Prices Tea", "Two euros.", False),
        ("Prices Cake", "3", False),
        ("Wifi? Internet?", "Yes.", True),
    ]


@given(st.text(max_size=400))
def test_any_text_is_notes_and_any_text_a_question(text):
    cut = list(from_text("a.md", text))
    assert all(each.sentences and all(each.sentences) for each in cut)
    index = Index(cut)
    for question in (text, "When do you open?"):
        assert len(terms(question)) <= TERMS_MAX
        assert all(0 < found.coverage <= 1.0001 for found in index.find(question))


@given(st.recursive(st.none() | st.integers() | st.text(), lambda of: st.lists(of) | st.dictionaries(st.text(), of)))
def test_any_yaml_is_notes(data):
    Index(list(from_data("a.yaml", data)))


def test_it_is_found_in_other_words_and_said_in_its_own():
    assert says(SHOP, "what time do you open").answer == "We open at nine."
    assert says(SHOP, "Are you shut on Sunday?").answer == "On Sundays we are closed."
    assert says(SHOP, "How much is gift wrapping?").answer == "Yes, for one euro. It takes five minutes."


def test_what_only_concerns_the_question_is_said_as_a_guess():
    assert says(SHOP, "Can I return a wedding dress?") is None
    grounding = says(SHOP, "Do you wrap cellos?")
    assert not grounding.sure
    assert grounding.answer == f"{MAYBE} Yes, for one euro. It takes five minutes."


def test_a_word_that_stands_in_most_passages_finds_nothing_by_itself():
    text = "# Hotel\n\nThe hotel has a pool.\n\nThe hotel has a bar.\n\nThe hotel has a sauna."
    assert says(text, "Tell me about the hotel.") is None
    assert says(text, "Does the hotel have a sauna?").answer == "The hotel has a sauna."


def test_what_a_heading_asks_for_is_said_whole_and_also_where_it_stands_in_no_sentence():
    others = "## Bar\nIt opens in an hour.\n\n## Way\nTurn left.\n\n## Dogs\nNo."
    text = f"## Hours\nFrom nine to six. On Sundays from ten.\n\n{others}"
    assert says(text, "When are you open?").answer == "From nine to six. On Sundays from ten."


def test_a_number_a_time_or_a_price_is_no_answer_where_there_is_none():
    assert not fits("How many sharks are there?", "There are sharks.")
    assert fits("How many sharks are there?", "There are two sharks.")
    assert not fits("When is the bar open?", "The bar is beside the pool.")
    assert fits("When is the bar open?", "The bar opens at noon.")
    assert fits("Where is the bar?", "Beside the pool.")
    assert not fits("When was it founded?", "It is on the second floor, with a lift.")
    assert fits("When is the party?", "On the second.")


def test_days_between_two_days_are_meant_as_well():
    assert unsaid("Open from Friday to Monday.") == "saturday sunday"
    assert says("Lunch is from Tuesday to Friday.", "Is there lunch on Wednesdays?").sure


def test_a_folder_is_read_again_when_a_file_has_changed(tmp_path):
    (tmp_path / "a.txt").write_text("The bar opens at noon.")
    (tmp_path / ".hidden.txt").write_text("The vault opens at one.")
    notes = Notes(tmp_path)
    assert len(notes) == 1
    assert notes.find("When does the bar open?").source == "a.txt"

    async def again():
        notes.look()
        async with asyncio.timeout(30):
            while notes.find("When does the bar open?").says != "The bar opens at two.":  # noqa: ASYNC110 (a thread)
                await asyncio.sleep(0.01)

    (tmp_path / "a.txt").write_text("The bar opens at two.")
    os.utime(tmp_path / "a.txt", (1, 1))
    asyncio.run(again())


def test_what_can_not_be_read_is_left_out_and_said(tmp_path):
    told = []
    (tmp_path / "bad.yaml").write_text("[")
    (tmp_path / "latin.txt").write_bytes("Café".encode("latin-1"))
    (tmp_path / "good.txt").write_text("The bar opens at noon.")
    assert len(Notes(tmp_path, told.append)) == 1
    assert ["bad.yaml" in told[0], "latin.txt" in told[1]] == [True, True]
    with pytest.raises(InputError) as failure:
        Notes(tmp_path / "nowhere")
    assert "mind.notes" in failure.value.hint


@pytest.mark.parametrize("house", ["museum", "pool", "library", "hotel", "clinic"])
def test_real_notes_answer_most_of_what_they_hold_and_seldom_what_they_do_not(house):
    with (HOUSES / house / "questions.tsv").open(encoding="utf-8") as file:
        rows = [(row["question"], row["expected"]) for row in csv.DictReader(file, delimiter="\t")]
    notes = Notes(HOUSES / house)
    found = [(expected, notes.find(question)) for question, expected in rows]
    right = [bool(note and re.search(expected, note.answer, re.IGNORECASE)) for expected, note in found if expected]
    surely_wrong = [
        note
        for expected, note in found
        if note and note.sure and not (expected and re.search(expected, note.says, re.I))
    ]
    assert sum(right) / len(right) >= 0.75
    assert len(surely_wrong) <= 3
