"""A command that was misheard is understood by its sound; what is no command is not."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.talk.mind.leanings import Leanings
from edge_agent.talk.mind.skills.by_sound import DOUBT_MAX, PERHAPS, BySound
from edge_agent.talk.mind.skills.grammar import Sentences, parse
from edge_agent.talk.mind.skills.normal import normalise
from edge_agent.talk.mind.skills.rhino import Rhino
from edge_agent.talk.mind.skills.sounds.heard import sound_of
from edge_agent.talk.mind.skills.sounds.parse import Sounds, difference
from edge_agent.talk.mind.skills.sounds.phones import MISSED, PHONES, TAKEN
from edge_agent.talk.mind.skills.sounds.pronounce import pronunciations, spelled, written
from edge_agent.talk.mind.skills.sounds.words import words_of
from edge_agent.talk.mind.stt import Guess

KIOSK = """
context:
  expressions:
    order:
      - "[can I get, make me, I'd like] [a, an] $size:size $drink:drink"
      - "[can I get, make me, I'd like] [a, an] $drink:drink with $extra:extra (please)"
    light:
      - "turn the $where:where light [on, off]"
  slots:
    size: [small, medium, large, sixteen ounce]
    drink: [latte, mocha, americano, iced tea]
    extra: [milk, a little bit of sugar, lots of cream]
    where: [kitchen, hallway]
"""


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory):
    path = tmp_path_factory.mktemp("grammar") / "kiosk.yaml"
    path.write_text(KIOSK)
    return Rhino(path)


@pytest.fixture(scope="module")
def by_sound(kiosk):
    return BySound(kiosk)


def templates(*sentences, lists=None):
    data = {"intents": {"Thing": {"data": [{"sentences": list(sentences)}]}}, "lists": lists or {}}
    return words_of(parse(data, "a test"))


def sentences(words, place=None):
    """All of them; for small graphs."""
    place = words.start if place is None else place
    if place in words.ends:
        yield ""
    for word, after in words.places[place].items():
        yield from (f"{word} {rest}".strip() for rest in sentences(words, after))


def random_sentence(words, rng):
    place, said = words.start, []
    while not (place in words.ends and (not words.places[place] or rng.random() < 0.3)):
        word = rng.choice(sorted(words.places[place]))
        said.append(word)
        place = words.places[place][word]
    return " ".join(said)


# The graph of words.


def test_the_graph_has_the_sentences_of_the_templates_and_no_others():
    words = templates("[please] (open|close) the door[s]", "stop")
    assert set(sentences(words)) == {
        f"{start}{verb} the {what}"
        for start in ("", "please ")
        for verb in ("open", "close")
        for what in ("door", "doors")
    } | {"stop"}


def test_things_in_any_order_and_lists():
    words = templates("(red;{n};big) ball", lists={"n": {"values": ["one hand", "two"]}})
    expected = {"red two big ball", "two red big ball", "big one hand red ball"}
    assert expected <= set(sentences(words))
    assert len(set(sentences(words))) == 12


def test_numbers_are_spelled_as_they_are_spoken():
    said = set(sentences(templates("{n} percent", lists={"n": {"range": {"from": 0, "to": 100}}})))
    assert {"zero percent", "seven percent", "seventeen percent", "seventy percent", "seventy seven percent"} <= said


def test_a_wildcard_sounds_like_anything_and_is_left_out():
    assert set(sentences(templates("call {name}", "stop", lists={"name": {"wildcard": True}}))) == {"stop"}


def test_a_few_examples_have_every_word():
    words = words_of(Sentences().intents)
    examples = words.examples()
    assert {word for said in examples for word in said.split()} == {word for place in words.places for word in place}
    assert len(examples) < 200
    small = templates("[a|the] (red|green) ball", "stop")
    assert small.examples() == ["the red ball", "a green ball", "stop"]


def test_a_grammar_of_astronomically_many_sentences_stays_small():
    words = words_of(Sentences().intents)
    assert len(words.places) < 1000
    assert Sounds(words).parse([sound_of("set a timer for 12 minutes")])[0].cost == 0


# Pronunciation.


def test_words_numbers_and_made_up_words_have_a_sound():
    assert pronunciations("mocha") == pronunciations("mocha") != (b"",)
    assert pronunciations("12") == (pronunciations("twelve")[0],)
    assert len(pronunciations("either")) > 1
    assert pronunciations("moka's")[0] == pronunciations("moka")[0] + pronunciations("zs")[0][:1]
    assert difference(spelled("cappuchino"), pronunciations("cappuccino")[0]) < 0.2


def test_numbers_are_written_either_way():
    assert written("16") == ("16", "sixteen")
    assert written("sixteen") == ("sixteen", "16")
    assert written("tea") == ("tea",)


@given(st.text("abcdefghijklmnopqrstuvwxyz'", min_size=1, max_size=12))
def test_any_word_can_be_said(word):
    assert all(set(sound) <= set(range(65, 65 + len(PHONES))) for sound in pronunciations(word))


def test_the_costs_are_a_likeness():
    assert (TAKEN == TAKEN.T).all()
    assert (TAKEN.diagonal() == 0).all()
    assert ((TAKEN > 0).sum(axis=1) == len(PHONES) - 1).all()
    # Nothing is taken for something else if it is cheaper to be missed and the other heard beside.
    assert (MISSED[:, None] + MISSED[None] + 0.7 >= TAKEN).all()


# The nearest sentence.


@given(st.integers(0, 10**6))
@settings(max_examples=200, deadline=None)
def test_each_sentence_sounds_most_like_itself(kiosk, by_sound, seed):
    said = random_sentence(words_of(kiosk.intents), random.Random(seed))
    near = by_sound.nearest(normalise(said))
    assert by_sound.is_sure(near)
    assert kiosk.understand(normalise(near.sentence)) == kiosk.understand(normalise(said))


@given(st.integers(0, 10**6), st.data())
@settings(max_examples=200, deadline=None)
def test_the_parse_is_the_cheapest_of_all_sentences(seed, data):
    words = templates("[a] (large|latte|lemon tea) [with milk]", "(wait|later)")
    rng = random.Random(seed)
    heard = bytes(rng.choice(range(65, 65 + len(PHONES))) for _ in range(data.draw(st.integers(1, 15))))
    (found,) = Sounds(words).parse([heard])
    ways = {
        said: min(difference(sound, heard) * max(len(sound), len(heard)) for sound in every_sound(said))
        for said in sentences(words)
        if said
    }
    assert found.cost == pytest.approx(min(ways.values()), abs=1e-3)
    assert ways[found.sentence] == pytest.approx(found.cost, abs=1e-3)
    assert sum(part.cost for part in found.parts) == pytest.approx(found.cost, abs=1e-3)


def every_sound(said):
    sounds = [b""]
    for word in said.split():
        sounds = [before + sound for before in sounds for sound in pronunciations(word)]
    return sounds


@given(st.integers(0, 10**6))
@settings(max_examples=200, deadline=None)
def test_one_wrong_phone_changes_nothing_where_no_other_sentence_has_it(kiosk, seed):
    rng = random.Random(seed)
    words = words_of(kiosk.intents)
    said = random_sentence(words, rng)
    sound = sound_of(normalise(said))
    at = rng.randrange(len(sound))
    # A phone becomes the one that is most like it.
    number = sound[at] - 65
    closest = min((phone for phone in range(len(PHONES)) if phone != number), key=lambda phone: TAKEN[number, phone])
    (found,) = Sounds(words).parse([sound[:at] + bytes([closest + 65]) + sound[at + 1 :]])
    assert found.cost <= TAKEN[number, closest] + 1e-3
    assert kiosk.understand(normalise(found.sentence)).slots == kiosk.understand(normalise(said)).slots


@given(st.integers(0, 10**6), st.data())
@settings(max_examples=100, deadline=None)
def test_a_rival_is_the_cheapest_sentence_without_a_word(seed, data):
    words = templates("[a] (large|latte|lemon tea) [with milk]", "(wait|later)")
    rng = random.Random(seed)
    heard = bytes(rng.choice(range(65, 65 + len(PHONES))) for _ in range(data.draw(st.integers(1, 12))))
    forbidden = data.draw(st.sampled_from(["a", "latte", "milk", "tea", "wait"]))
    (rival,) = Sounds(words).rivals(heard, [forbidden])
    allowed = [said for said in sentences(words) if said and forbidden not in said.split()]
    costs = {
        said: min(difference(sound, heard) * max(len(sound), len(heard)) for sound in every_sound(said))
        for said in allowed
    }
    assert rival.cost == pytest.approx(min(costs.values()), abs=1e-2)
    assert costs[rival.sentence] == pytest.approx(rival.cost, abs=1e-2)


def test_where_every_sentence_has_a_word_there_is_no_rival_without_it():
    sounds = Sounds(templates("stop [it]"))
    assert sounds.rivals(sound_of("stop"), ["stop"]) == []
    assert [rival.sentence for rival in sounds.rivals(sound_of("stop it"), ["stop", "it"])] == ["stop"]


@given(st.text(max_size=40) | st.text("abc é²½٣1-'%", max_size=40))
@settings(deadline=None)
def test_whatever_is_written_sounds_like_something_or_like_nothing(by_sound, text):
    near = by_sound.nearest(normalise(text))
    assert near.doubt >= 0
    assert near.sentence


def test_a_grammar_of_wildcards_sounds_like_nothing(tmp_path):
    (tmp_path / "own.yaml").write_text(
        "language: en\nintents: {Call: {data: [{sentences: ['call {name}']}]}}\nlists: {name: {wildcard: true}}\n"
    )
    near = BySound(Sentences(tmp_path)).nearest("call mum")
    assert near.doubt > PERHAPS


@pytest.fixture
def contacts(tmp_path):
    (tmp_path / "own.yaml").write_text(
        "language: en\nskip_words: [so, um, please]\n"
        "intents: {Call: {data: [{sentences: ['call {name}']}]}}\n"
        "lists: {name: {values: [zoe quist, bob ng, ann kowalski]}}\n"
    )
    return BySound(Sentences(tmp_path))


@pytest.mark.parametrize(
    ("heard", "name", "sure"),
    [
        ("call so quiz", "zoe quist", False),
        ("call so he quist", "zoe quist", True),
        ("so um call zoe quiz please", "zoe quist", True),
        ("um call an kovalsky", "ann kowalski", True),
    ],
)
def test_what_is_skipped_may_be_a_part_of_an_order(contacts, heard, name, sure):
    near = contacts.nearest(normalise(heard))
    assert near.sentence == f"call {name}"
    assert contacts.is_sure(near) == sure
    if not sure:
        assert near.doubt <= PERHAPS
        assert contacts.confirmed(heard, near, [Guess("Call Zoe Quist.", -0.1)]).doubt <= DOUBT_MAX


def test_leanings_are_read_with_what_is_skipped_and_without(contacts):
    heard = [" call", " so", " quiz"]
    unknown = Leanings(tuple(heard), np.zeros((len(heard) + 1, len(contacts.words)), np.float32))
    assert contacts.leaning(unknown).parse == contacts.nearest("call so quiz").parse


def test_a_word_without_a_sound_leads_nowhere():
    (found,) = Sounds(templates("(½|red) ball", "blue door")).parse([sound_of("red ball")])
    assert (found.sentence, found.cost) == ("red ball", 0)


def test_several_hypotheses_are_parsed_as_each_alone(kiosk):
    sounds = Sounds(words_of(kiosk.intents))
    heard = [sound_of(text) for text in ("make me a latte", "i like an ice tea with cream", "turn kitchen light off")]
    together = sounds.parse(heard)
    assert [found.sentence for found in together] == [sounds.parse([each])[0].sentence for each in heard]
    assert [found.cost for found in together] == pytest.approx([sounds.parse([each])[0].cost for each in heard])


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("can I get a large lawn tea", "can i get a large latte"),
        ("make me an Americana with lots of green", "make me an americano with lots of cream"),
        ("turn the kitchen lied on", "turn the kitchen light on"),
        ("I'd like a 16 ounce moka", "i'd like a 16 ounce mocha"),
    ],
)
def test_what_was_misheard_sounds_like_what_was_said(by_sound, heard, meant):
    assert by_sound.nearest(normalise(heard)).sentence == meant


@pytest.mark.parametrize(
    "heard",
    [
        "what is the weather like tomorrow",
        "tell me a story about a dragon",
        "turn it down",
        "you",
        "thank you very much for watching",
    ],
)
def test_what_is_no_command_sounds_like_none(by_sound, heard):
    assert by_sound.nearest(normalise(heard)).doubt > PERHAPS


def test_what_begins_like_a_command_is_not_surely_one(by_sound):
    words = normalise("can I get a table for two tonight")
    assert not by_sound.is_sure(by_sound.nearest(words))


def test_a_word_that_may_have_been_another_is_heard_again(by_sound):
    for text, sure in (("make me a large lotte", True), ("make me a large mokka", False)):
        words = normalise(text)
        assert by_sound.is_sure(by_sound.nearest(words)) == sure, text


def test_a_second_hearing_says_which_sentence_but_not_that_it_was_one(by_sound):
    again = [Guess("Can I get a large latte?", -0.1), Guess("Can I get a large mocha?", -0.4)]

    def confirmed(words, again):
        return by_sound.confirmed(words, by_sound.nearest(words), again)

    found = confirmed("can i get a lodge lawn tea", again)
    assert (found.sentence, found.doubt <= DOUBT_MAX) == ("can i get a large latte", True)
    assert confirmed("what is the weather like tomorrow", again).doubt > DOUBT_MAX
    unsure = [Guess(guess.text, guess.avg_logprob - 1) for guess in again]
    assert confirmed("can i get a lodge lawn tea", unsure).doubt > DOUBT_MAX
    assert confirmed("can i get a lodge lawn tea", []) is None
