"""What kind of turn a text is: the features, the weights that ship, and what they are made of."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.mind.learned import digest, learned, source
from edge_agent.talk.mind.router.classifier import BUCKETS, KINDS, Kind, Weights, bucket, classify, reasons
from edge_agent.talk.mind.router.features import features

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def trainer():
    """The script that trains them."""
    spec = importlib.util.spec_from_file_location("train_router", ROOT / "tools" / "train_router.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Features


@given(st.text())
def test_neither_case_nor_punctuation_tells_anything(text):
    plain = text.encode("ascii", "ignore").decode().replace("'", "")
    assert features(plain) == features(plain.upper()) == features(f"{plain} ...!?")


def test_numbers_are_alike_however_they_are_written():
    assert features("add twenty five and seven") == features("Add 25 and 8.")


@given(st.text(alphabet="abcdefgh ", min_size=1).filter(str.strip))
def test_the_words_of_a_text_weigh_as_much_as_those_of_any_other(text):
    lexical = [value for name, value in features(text).items() if name.startswith(("word:", "stem:", "pair:"))]
    assert np.linalg.norm(lexical) == pytest.approx(1)


def test_no_words_show_nothing():
    assert features(" ... ") == {}


# Odds


@given(st.text(max_size=200))
def test_odds_sum_to_one(text):
    odds = classify(text, learned())
    assert sum(odds.values()) == pytest.approx(1, abs=1e-5)
    assert all(0 <= share <= 1 for share in odds.values())


def test_where_nothing_is_known_all_kinds_are_alike():
    assert list(classify("", learned()).values()) == pytest.approx([1 / len(KINDS)] * len(KINDS))


def test_a_reason_is_what_moves_the_odds():
    table = np.zeros((BUCKETS, len(KINDS)), np.int8)
    table[bucket("word:umbrella"), KINDS.index(Kind.TOOL)] = 100
    table[bucket("pair:my_umbrella"), KINDS.index(Kind.TOOL)] = -50
    weights = Weights(table, np.ones(len(KINDS), np.float32), 1.0)
    first, second = reasons("where is my umbrella", Kind.TOOL, weights, most=2)
    assert (first.feature, second.feature) == ("word:umbrella", "pair:my_umbrella")
    assert first.towards == pytest.approx(-2 * second.towards)
    assert first.towards > 0


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("switch the heater off in twenty minutes", Kind.TOOL),
        ("good evening how are you", Kind.CHITCHAT),
        ("what is the population of norway", Kind.KNOWLEDGE),
        ("write a funny poem about a cat who wants to be president", Kind.CLOUD),
        ("how do i get a coffee stain out of a white shirt", Kind.OOS),
    ],
)
def test_plain_cases_are_taken_for_what_they_are(text, kind):
    odds = classify(text, learned())
    assert max(odds, key=odds.get) is kind


# The weights that ship


def test_the_weights_that_ship_were_trained_on_what_is_here(trainer):
    assert source() == digest(trainer.sources()), "run tools/train_router.py"


def test_training_again_gives_the_weights_that_ship(trainer):
    again = trainer.trained(trainer.spelled_out(), learned().temperature)
    # Another processor may round a sum differently, which is worth a step at most.
    assert np.abs(again.table.astype(int) - learned().table).max() <= 1
    assert again.scale == pytest.approx(learned().scale, rel=1e-3)


def test_the_weights_are_small():
    assert (ROOT / "edge_agent/talk/mind/router/weights.npz").stat().st_size < 200_000


def test_they_are_sure_as_often_as_they_are_right(trainer):
    trainer.FOLDS = 2
    texts = trainer.spelled_out()
    logits, truth = trainer.cross_validated(texts)
    shares = trainer._shares(logits / learned().temperature)
    assert trainer.calibration_error(shares, truth) < 0.06
    assert (shares.argmax(axis=1) == truth).mean() > 0.6


def test_a_sentence_is_spelled_out_with_its_alternatives(trainer):
    texts = trainer._spell("(dim|kill) the {room} light [now]", {"room": ["hall", "den"]}, 200)
    assert {text.split()[0] for text in texts} >= {"dim", "kill"}
    assert not any(mark in text for text in texts for mark in "()[]{}|")
