"""Words: what was heard, what is to be said, what may leave, and how each is read."""

import json
import logging
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
from fuzzing import Target, texts, trees
from hypothesis import strategies as st

from edge_agent.base.frames import Speech, Word
from edge_agent.base.settings import FloorSettings, PrivacySettings
from edge_agent.host.log import Lines
from edge_agent.talk.floor import overlap
from edge_agent.talk.floor.endpoint.evidence import Evidence
from edge_agent.talk.floor.endpoint.wait import wait_s
from edge_agent.talk.floor.endpoint.words import ending
from edge_agent.talk.mind.invented import why_invented
from edge_agent.talk.mind.learned import learned
from edge_agent.talk.mind.privacy import numerals as dictated
from edge_agent.talk.mind.privacy.placeholders import LOOKS_LIKE_ONE, Category, Placeholders, restore
from edge_agent.talk.mind.privacy.redact import redact, redact_all
from edge_agent.talk.mind.router import route
from edge_agent.talk.mind.router.situation import Cloud, Situation
from edge_agent.talk.mind.skills import Skills
from edge_agent.talk.mind.skills.answers import World, answer
from edge_agent.talk.mind.skills.normal import normalise
from edge_agent.talk.voice import ledger, numerals
from edge_agent.talk.voice.phrases import Phrases
from edge_agent.talk.voice.spoken import spoken_words
from edge_agent.workers.wordtimes import owners

NUMBERS = "one two twenty hundred thousand and a oh double triple zero ten point".split()
SAID = [
    "Set a timer for twenty-five minutes, please.",
    "My card is 4111 1111 1111 1111 and my mail is ada at example dot com.",
    "Call me at (212) 555-0123, or at four one one five five five, double two.",
    "On July 4, 1776 it cost $2.50 at 3:30 p.m., i.e. 20 °C or 1,000 km/h.",
    "[CARD_1] is what {EMAIL_2} said to CARD_1_2.",
    "Dr. Smith of the U.S. Army has ½ of 3.5 kg. **Really?** No. 5!",
    "yeah right okay stop no wait go on",
    "GB29 NWBK 6016 1331 9268 19 and 123-45-6789",
]
TEXTS = texts(
    SAID, ["$", "4111", "@", "[", "_1]", "%", "1/2", ":", "st", "hundred", " dot ", "oh", "\n", "\u0665", "²"]
)

_SKILLS = Skills()
_NOW = datetime(2026, 11, 27, tzinfo=UTC)


def _command(text, _):
    understood = _SKILLS.understand(text)
    _SKILLS.can_go_on(text)
    if understood:
        answer(understood, World(_NOW, 0.5))


def _normal(text, _):
    words = normalise(text)
    assert words == " ".join(words.split())


def _redacted(text, _):
    settings = PrivacySettings(names=("Ada Lovelace",), addresses=("12 Main Street, Springfield",))
    done = redact(text, settings)
    assert restore(done.text, done.placeholders) == text
    assert redact(done.text, settings, done.placeholders).text == done.text
    redact_all([text, "Yes.", text], settings)


def _restored(text, _):
    known, _ = Placeholders().adding(Category.CARD, "4111", "my card")
    told = restore(text, known)
    assert not LOOKS_LIKE_ONE.search(told)
    assert restore(told, known) == told


def _phrases(cut, _):
    text, places = cut
    whole, parts = Phrases(12), Phrases(12)
    at_once = [*whole.feed(text), *whole.finish()]
    edges = [0, *sorted(place for place in places if place < len(text)), len(text)]
    in_pieces = [phrase for a, b in pairwise(edges) for phrase in parts.feed(text[a:b])]
    assert "".join(at_once) == text
    assert [*in_pieces, *parts.finish()] == at_once


def _spoken(text, _):
    pieces = spoken_words(text)
    assert "".join(written for written, _ in pieces) == text


def _numerals(number, _):
    numerals.cardinal(str(number))
    numerals.ordinal(number)
    numerals.year(number)
    numerals.one_by_one(str(number))


def _dictated(words, _):
    digits, used = dictated.number(words)
    assert 0 <= used <= len(words)
    assert digits.isdigit() == (used > 0)


def _ending(text, _):
    ending(text)
    wait_s(Evidence(words=text), FloorSettings())


def _invented(case, _):
    text, looped, logprob, silence, seconds = case
    why_invented(text, looped=looped, avg_logprob=logprob, no_speech_prob=silence, seconds=seconds)


def _overlap(pair, _):
    text, heard = pair
    overlap.interrupts(text, heard, final=False)
    overlap.interrupts(text, heard, final=True)
    overlap.acknowledges(text, heard)
    overlap.added(text, heard)


def _routed(text, _):
    plan = route(Situation(text, cloud=Cloud()), learned())
    assert 0 <= plan.need <= 1


def _ledger(case, _):
    text, spans, length, played = case
    words = tuple(Word(word, start, stop) for word, (start, stop) in zip(text.split(), spans, strict=False))
    book = ledger.entries(Speech(text, np.zeros(1000, np.float32), 22_050, words), 0, length)
    ledger.heard(book, played)
    ledger.clause_start(book, played, 500)


def _owners(case, _):
    phrase, words = case
    assert len(owners(phrase, words)) == len(phrase)


def _logged(case, _):
    message, extra = case
    record = logging.makeLogRecord({"msg": message, "levelno": logging.INFO, "levelname": "INFO", "name": "a", **extra})
    line = Lines(as_json=True, priority=True).format(record)
    assert "\n" not in line
    assert json.loads(line.removeprefix("<6>"))["event"] == message


_SPANS = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), max_size=12)
_CUT = st.tuples(TEXTS, st.lists(st.integers(0, 200), max_size=5))
_FIGURES = st.floats(allow_nan=False)
_PHONEMES = st.lists(st.sampled_from("abəˈˌ ,.?ʃ"), max_size=60)

TARGETS = [
    Target("a command", TEXTS, _command),
    Target("words to a normal form", TEXTS, _normal),
    Target("redaction", TEXTS, _redacted),
    Target("placeholders", TEXTS, _restored),
    Target("phrases", _CUT, _phrases),
    Target("spoken forms", TEXTS, _spoken),
    Target("numerals", st.integers(-(10**12), 10**40), _numerals),
    Target("dictated numbers", st.lists(st.sampled_from(NUMBERS) | st.text(max_size=3), max_size=12), _dictated),
    Target("how a transcript ends", TEXTS, _ending),
    Target("what was invented", st.tuples(TEXTS, st.booleans(), _FIGURES, _FIGURES, _FIGURES), _invented),
    Target("words over words", st.tuples(TEXTS, TEXTS), _overlap),
    Target("route", TEXTS, _routed),
    Target("ledger", st.tuples(TEXTS, _SPANS, st.integers(0, 5000), st.integers(-10, 5000)), _ledger),
    Target("phonemes and words", st.tuples(_PHONEMES, st.lists(_PHONEMES, max_size=8)), _owners),
    Target("log line", st.tuples(TEXTS, st.dictionaries(st.sampled_from(("job", "ms")), trees())), _logged),
]
