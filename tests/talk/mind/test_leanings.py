"""What speech-to-text nearly wrote tells commands apart that sound alike."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.talk.mind.leanings import Leanings
from edge_agent.talk.mind.skills import Doubt, Skills
from edge_agent.talk.mind.skills.by_sound import LEANING, LEANING_MAX, NEAR, PERHAPS, BySound
from edge_agent.talk.mind.skills.grammar import parse
from edge_agent.talk.mind.skills.normal import normalise
from edge_agent.talk.mind.skills.rhino import FILLERS, Rhino
from edge_agent.talk.mind.skills.sounds.heard import placed, sound_of
from edge_agent.talk.mind.skills.sounds.parse import Sounds
from edge_agent.talk.mind.skills.sounds.phones import PHONES
from edge_agent.talk.mind.skills.sounds.words import words_of
from edge_agent.talk.mind.stt import Guess

KIOSK = """
context:
  expressions:
    order:
      - "[can I get, make me] a $size:size $drink:drink"
      - "[can I get, make me] a $size:size $drink:drink with $extra:extra"
  slots:
    size: [small, large, sixteen ounce]
    drink: [latte, mocha, iced tea]
    extra: [soy milk, some milk, skim milk]
"""


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory):
    path = tmp_path_factory.mktemp("grammar") / "kiosk.yaml"
    path.write_text(KIOSK)
    return path


@pytest.fixture(scope="module")
def by_sound(kiosk):
    return BySound(Rhino(kiosk))


def leaning(pieces, words, nearly=None, far=LEANING_MAX):
    """Leanings of somebody who is sure of all he wrote but for `nearly`: pieces and the words that they nearly were.

    Where neither is known to the grammar, no word is likelier than another.
    """
    nearly = nearly or {}
    nats = np.zeros((len(pieces) + 1, len(words)), np.float32)
    for row, piece in zip(nats, pieces, strict=False):
        likely = nearly.get(piece, normalise(piece))
        if likely in words:
            row[:] = far
            row[words.index(likely)] = 0
    return Leanings(tuple(pieces), nats)


def test_each_phone_stands_in_the_piece_that_it_was_read_from():
    phones, places = placed([" Ice", " mo", "cha", ",", " please", "."], FILLERS)
    assert phones == sound_of("ice mocha")
    assert places == [0, 0, 1, 1, 2, 2, 5]
    assert placed([" Um", ",", " twelve", "-", "ounce"], FILLERS) == (sound_of("12 ounce"), [*[2] * 5, *[4] * 3, 5])
    assert placed([], FILLERS) == (b"", [0])
    assert placed([" —", "."], ())[0] == b""


@given(st.lists(st.text(" aemtz'-12½", max_size=4), max_size=8))
def test_there_is_a_piece_for_every_phone(pieces):
    phones, places = placed(pieces, FILLERS)
    assert len(places) == len(phones) + 1
    assert places == sorted(places)
    assert all(0 <= place < len(pieces) for place in places[:-1])
    assert places[-1] <= len(pieces)


@given(st.integers(0, 10**6), st.floats(0, 3))
@settings(max_examples=100, deadline=None)
def test_a_toll_is_paid_for_each_word_that_is_begun(seed, toll):
    grammar = {
        "language": "en",
        "intents": {"Thing": {"data": [{"sentences": ["[a] (large|latte|lemon tea) [with milk]"]}]}},
    }
    sounds = Sounds(words_of(parse(grammar, "a test")))
    rng = random.Random(seed)
    heard = bytes(rng.choice(range(65, 65 + len(PHONES))) for _ in range(rng.randrange(1, 12)))
    (found,) = sounds.parse([heard], np.full((len(sounds.words), len(heard) + 1), toll, np.float32))
    (free,) = sounds.parse([heard])
    assert free.cost + toll * len(found.parts) <= found.cost + 1e-3
    assert found.cost <= free.cost + toll * len(free.parts) + 1e-3
    assert sum(part.cost for part in found.parts) == pytest.approx(found.cost, abs=1e-3)


def test_a_toll_counts_where_the_word_begins_and_nowhere_else():
    grammar = {"language": "en", "intents": {"Thing": {"data": [{"sentences": ["red red ball"]}]}}}
    sounds = Sounds(words_of(parse(grammar, "a test")))
    tolls = np.zeros((len(sounds.words), 10), np.float32)
    tolls[sounds.words.index("red"), 3] = 0.7
    assert sounds.parse([sound_of("red red ball")], tolls)[0].cost == pytest.approx(0.7)
    tolls[sounds.words.index("ball"), :6] = 5
    assert sounds.parse([sound_of("red red ball")], tolls)[0].cost == pytest.approx(0.7)


@pytest.mark.parametrize("meant", ["soy", "skim", "some"])
def test_a_word_that_was_nearly_written_is_the_one_that_was_said(by_sound, meant):
    pieces = [" Make", " me", " a", " large", " latte", " with", " sum", " milk", "."]
    near = by_sound.leaning(leaning(pieces, by_sound.words, {" sum": meant}))
    assert near.sentence == f"make me a large latte with {meant} milk"
    assert by_sound.is_sure(near)


def test_whoever_leans_to_nothing_is_as_unsure_as_by_the_sound_alone(by_sound):
    pieces = [" Can", " I", " get", " a", " large", " mokka", "."]
    words = normalise("".join(pieces))
    assert not by_sound.is_sure(by_sound.nearest(words))
    nothing = Leanings(tuple(pieces), np.zeros((8, len(by_sound.words)), np.float32))
    assert by_sound.leaning(nothing).parse == by_sound.nearest(words).parse


def test_numbers_lean_however_they_are_written(by_sound):
    pieces = [" Make", " me", " a", " six", "teen", " ounce", " latte"]
    for written in ("16", "sixteen"):
        near = by_sound.leaning(leaning(pieces, by_sound.words, {" six": written}))
        assert (near.sentence, near.doubt) == ("make me a 16 ounce latte", 0)


def test_what_was_heard_beside_the_order_may_be_a_part_of_it(by_sound):
    pieces = [" Make", " me", " a", " large", " latte", " with", " dodge", "."]
    near = by_sound.leaning(leaning(pieces, by_sound.words))
    assert near.sentence.startswith("make me a large latte")
    assert not by_sound.is_sure(near)


def test_a_leaning_is_worth_what_it_says(by_sound):
    pieces = [" Make", " me", " a", " large", " latte"]
    assert by_sound.leaning(leaning(pieces, by_sound.words)).doubt == 0
    shifted = leaning(pieces, by_sound.words, {" latte": "mocha"}, far=1.0)
    assert by_sound.leaning(shifted).parse.cost == pytest.approx(LEANING)
    assert by_sound.leaning(shifted).sentence == "make me a large latte"


def test_what_perhaps_was_a_command_is_asked_about_and_what_hardly_was_is_not(kiosk):
    skills = Skills([kiosk])
    perhaps = skills.sounds_like("making large march of tea")
    assert isinstance(perhaps, Doubt)
    assert NEAR < perhaps.near.doubt <= PERHAPS
    assert skills.sounds_like("here we go with a large latch") is None


def test_the_skills_take_what_was_leaned_to_or_leave_it_in_doubt(kiosk):
    skills = Skills([kiosk])
    pieces = [" Can", " I", " get", " a", " large", " mokka", "?"]
    doubt = skills.sounds_like("".join(pieces))
    assert isinstance(doubt, Doubt)
    nothing = Leanings((), np.zeros((1, len(doubt.words)), np.float32))
    assert skills.leaned_to(doubt, nothing) is doubt
    torn = [leaning(pieces, doubt.words, {" mokka": "latte"}, far=nats / 2) for nats in range(12)]
    left = [each for each in (skills.leaned_to(doubt, leanings) for leanings in torn) if isinstance(each, Doubt)]
    assert left
    assert {each.near.sentence for each in left} <= {"can i get a large mocha", "can i get a large latte"}
    found = skills.leaned_to(doubt, leaning(pieces, doubt.words, {" mokka": "mocha"}))
    assert dict(found.slots) == {"size": "large", "drink": "mocha"}
    assert found.score < 1


def test_a_second_hearing_is_weighed_with_what_the_first_leaned_to(by_sound):
    pieces = [" Make", " me", " a", " large", " latte", " with", " sum", " milk", "."]
    words = normalise("".join(pieces))
    again = [Guess("Make me a large latte with some milk", -0.1), Guess("Make me a large latte with soy milk", -0.2)]
    nearest = by_sound.nearest(words)
    assert by_sound.confirmed(words, nearest, again).sentence == "make me a large latte with some milk"
    leaned = by_sound.leaning(leaning(pieces, by_sound.words, {" sum": "soy"}))
    assert by_sound.confirmed(words, leaned, again).sentence == "make me a large latte with soy milk"


@given(st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_what_the_nearest_sentence_costs_is_what_it_was_found_for(seed):
    grammar = {
        "language": "en",
        "intents": {"Thing": {"data": [{"sentences": ["[a] (large|latte|lemon tea) [with milk]"]}]}},
    }
    sounds = Sounds(words_of(parse(grammar, "a test")))
    rng = np.random.default_rng(seed)
    heard = bytes(rng.integers(65, 65 + len(PHONES), rng.integers(1, 12)).tolist())
    tolls = rng.uniform(0, 2, (len(sounds.words), len(heard) + 1)).astype(np.float32)
    (found,) = sounds.parse([heard], tolls)
    assert sounds.cost(found.sentence, heard, tolls) == pytest.approx(found.cost, abs=1e-2)
    assert sounds.cost("a lemon tea", heard, tolls) >= found.cost - 1e-2
