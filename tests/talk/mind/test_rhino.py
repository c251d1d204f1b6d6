import csv
import json
import os
from pathlib import Path

import pytest
from hassil.recognize import recognize_all
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import InputError
from edge_agent.talk.mind.skills import Skills
from edge_agent.talk.mind.skills.grammar import best
from edge_agent.talk.mind.skills.normal import normalise
from edge_agent.talk.mind.skills.rhino import Rhino

KIOSK = """
context:
  expressions:
    order:
      - "[can I get, I'd like] [a, an] $size:size (hot) $drink:drink (with $milk:milk)"
    lights:
      - "[turn, switch] $state:state the lights"
    hello:
      - "good morning"
  slots:
    size: [small, large, eight ounce]
    drink: [latte, americano, iced mocha]
    milk: [milk, soy milk]
    state: ["on", "off"]
"""


@pytest.fixture
def kiosk(tmp_path):
    path = tmp_path / "kiosk.yaml"
    path.write_text(KIOSK)
    return Skills([path])


def test_an_order_is_understood_and_confirmed(kiosk):
    understood = kiosk.understand("Can I get a large latte with soy milk, please?")
    assert understood.name == "order"
    assert understood.slots == {"size": "large", "drink": "latte", "milk": "soy milk"}
    assert understood.say == "One large latte with soy milk, coming up."
    assert understood.score == 1


def test_digits_and_hyphens_do_not_matter(kiosk):
    assert kiosk.understand("I'd like an 8-ounce hot iced mocha.").slots == {
        "size": "eight ounce",
        "drink": "iced mocha",
    }


def test_a_command_that_is_no_order_is_confirmed_plainly(kiosk):
    assert kiosk.understand("Switch on the lights").say == "Okay, on the lights."
    assert kiosk.understand("Good morning!").say == "Okay."


def test_a_word_that_is_nearly_right_is_repaired_and_costs_certainty(kiosk):
    understood = kiosk.understand("Can I get a small Americana")
    assert understood.slots["drink"] == "americano"
    assert understood.score < 1


def test_a_swallowed_article_does_not_matter(kiosk):
    understood = kiosk.understand("I'd like large latte.")
    assert understood.slots == {"size": "large", "drink": "latte"}
    assert understood.say == "Okay, large latte."


@pytest.mark.parametrize(
    "text",
    [
        "can I get a",
        "can I get a large",
        "can I get a large pizza",
        "can I gett a lerge lattee with mylk",
        "large latte",
    ],
)
def test_what_is_no_whole_expression_is_not_understood(kiosk, text):
    assert kiosk.understand(text) is None


def test_the_skills_that_ship_stay(kiosk):
    assert kiosk.understand("What time is it?").name == "Time"


def test_the_owner_s_grammar_is_asked_first(tmp_path):
    path = tmp_path / "kiosk.yaml"
    path.write_text("context: {expressions: {clock: ['what time is it']}}")
    assert Skills([path]).understand("What time is it?").name == "clock"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("context: {expressions: {a: ['$x:x']}, slots: {}}", r"\$x has no values"),
        ("context: {expressions: {a: ['$x']}, slots: {x: [y]}}", "without"),
        ("context: 3", "not a grammar"),
        ("context: {expressions: {a: ['[b, c']}, slots: {}}", "can't be read"),
        ("{", "not a grammar"),
    ],
)
def test_a_bad_file_is_named(tmp_path, content, what):
    path = tmp_path / "bad.yaml"
    path.write_text(content)
    with pytest.raises(InputError, match=what):
        Skills([path])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.yaml"):
        Skills([tmp_path / "gone.yaml"])


@pytest.mark.recordings
def test_every_order_of_the_recordings_is_understood_as_it_is_labelled():
    folder = Path(os.environ.get("EDGE_AGENT_EVAL", Path(__file__).parents[3].parent / "shared" / "eval")) / "intents"
    if not (folder / "grammar.yaml").exists():
        pytest.skip(f"no recordings in {folder}: set EDGE_AGENT_EVAL")
    skills = Skills([folder / "grammar.yaml"])
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as manifest:
        rows = list(csv.DictReader(manifest, delimiter="\t"))
    for row in rows[::10]:
        slots = json.loads(row["slots"])
        adjectives = " ".join(slots[slot] for slot in ("size", "roast", "numberOfShots") if slot in slots)
        extras = " and ".join(slots[slot] for slot in ("milkAmount", "sugarAmount") if slot in slots)
        text = f"Can I get a {adjectives} {slots['coffeeDrink']}{' with ' + extras if extras else ''}, please?"
        understood = skills.understand(text)
        assert understood is not None, text
        assert understood.slots == slots, text


@pytest.mark.parametrize("texts", ["turn the lights on", "['']", "['[]']", "{a: b}", "5"])
def test_expressions_that_are_no_list_of_sentences_are_refused_when_they_are_loaded(tmp_path, texts):
    path = tmp_path / "kiosk.yaml"
    path.write_text(f"context: {{expressions: {{lights: {texts}}}, slots: {{}}}}")
    with pytest.raises(InputError, match=r"kiosk\.yaml"):
        Skills([path])


AWKWARD = """
context:
  expressions:
    thank:
      - "[okay, well done] (you) $who:who (and $who:other)"
      - "say thank you to $who:who"
    book:
      - "[a, an] $who:who (for [$who:other, nobody])"
  slots:
    who: [ann, so and so, thanks a lot, 7-up, eight]
"""


@given(
    st.lists(st.sampled_from("okay well done you say thank to a an for nobody and ann so thanks lot 7-up 8".split()))
)
def test_to_compare_with_what_is_worth_it_changes_nothing(tmp_path_factory, words):
    path = tmp_path_factory.getbasetemp() / "awkward.yaml"
    path.write_text(AWKWARD)
    grammar, text = Rhino(path), normalise(" ".join(words))
    everything = best(recognize_all(text, grammar.intents))
    found = grammar.understand(text)
    assert (found is None) == (everything is None)
    assert found is None or (found.name, dict(found.slots)) == (everything.name, everything.slots)


def test_of_many_expressions_few_are_compared(tmp_path):
    path = tmp_path / "kiosk.yaml"
    path.write_text(KIOSK)
    grammar = Rhino(path)
    compared = grammar.worth_comparing("can i get a large latte please").intents
    assert {name: len(intent.data) for name, intent in compared.items()} == {"order": 1, "lights": 0, "hello": 0}
