"""Understands a command by its sound, where its words were misheard.

A recogniser of everything writes "a large lawn tea" where a kiosk would have heard "a large latte". The grammar knows
what can be said to it, so the sentence is looked for that sounds most like what was written (`sounds/`).

1. The nearest sentence was said if it has no rival. For each word that was heard badly there may be one: the nearest
   sentence without it. If each of them is far off, or asks for the same ("a large", "large"), none is a rival.
2. Otherwise speech-to-text is asked which of the grammar's words it nearly wrote (`leaning`). One that it leaned to is
   cheap to begin there, any other is dear. Again the nearest sentence was said if it has no rival.
3. Otherwise speech-to-text listens once more with the words of the grammar (`BySound.words`, `examples`). The sentence
   that is nearest to both hearings was said, unless it is doubted.
4. What a grammar skips ("so", "um") may be a part of an order that was misheard: "call so quiz" is Zoe Quist. So it is
   left out, but where there is a sentence that is nearer to all that was heard.
5. A listener who expects orders hears orders in anything. So there is doubt where the first hearing, which expected
   nothing, was of something else, and where the second was unsure of its own words.

Costs are counted per phone, so a long order may have more errors than a short one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import numpy as np

from edge_agent.talk.mind.leanings import Leanings
from edge_agent.talk.mind.skills.grammar import Sentences, Understood, without
from edge_agent.talk.mind.skills.normal import normalise
from edge_agent.talk.mind.skills.rhino import Rhino
from edge_agent.talk.mind.skills.sounds.heard import placed, sound_of
from edge_agent.talk.mind.skills.sounds.parse import Floats, Parse, Sounds, cost, difference
from edge_agent.talk.mind.skills.sounds.pronounce import written
from edge_agent.talk.mind.skills.sounds.words import words_of

CLEAR = 0.2
"""Cost of a phone, on average, up to which a sentence without a rival was said."""

NEAR = 0.4
"""And up to which it was, in the light of the leanings."""

PERHAPS = 0.45
"""And up to which it may have been: it is worth asking further. Most sentences about something else cost more, and what
is asked about them is for nothing."""

DOUBT_MAX = 0.55
"""After the second hearing: the cost of a phone of the first, on average, and `UNSURE`."""

UNSURE = 0.5
"""The doubt for each unit of log-probability, per token, that the second hearing was short of certain."""

RIVAL = 1.0
"""A sentence that costs so much more than the nearest is no rival of it: a whole consonant."""

LESS_LIKELY = 0.3
"""What each hypothesis of the second hearing costs more than the one before it."""

MEANINGS = 64
"""Sentences whose meaning is kept in mind: a rival may come for several words, the nearest is asked for twice."""

BADLY = 0.3
"""A word that costs more was heard badly, and may have been another."""

BADLY_MAX = 4
"""Words that may have been others, the worst ones. Each costs a search; a sentence with more has been garbled."""

LEANING = 0.4
"""What it costs to begin a word, for each nat by which another one of the grammar was likelier there: a word that was
three times less likely costs as much as half a consonant."""

LEANING_MAX = 6.0
"""Nats; what was less likely was not heard at all."""

RIVAL_LEANING = 0.7
"""As `RIVAL`, of costs that have leanings in them: these tell words apart that sound alike."""

A_WORD = 2.5
"""What a short word costs, at least, that was heard beside all others."""


class Hypothesis(Protocol):
    """One text of a second hearing."""

    @property
    def text(self) -> str:
        """As it was written."""

    @property
    def avg_logprob(self) -> float:
        """How sure the engine was: mean log-probability of the tokens, at most 0."""


@dataclass(frozen=True, slots=True)
class Near:
    """The sentence of a grammar that sounds like what was heard."""

    sentence: str
    doubt: float
    """How far from what was heard first it is, the cost of a phone on average."""
    parse: Parse | None = None
    """None after a second hearing."""
    heard: bytes = b""
    """The phones that were parsed."""
    tolls: Floats | None = None
    """What the words cost to begin, where leanings are known."""


class BySound:
    """One grammar, by its sound."""

    def __init__(self, grammar: Sentences | Rhino) -> None:
        self.graph = words_of(grammar.intents)
        self.words = tuple(sorted({form for place in self.graph.places for word in place for form in written(word)}))
        """All of the grammar, as speech-to-text may write them."""
        self.examples = tuple(self.graph.examples())
        """Sentences that have every word of the grammar between them."""
        self._grammar = grammar
        self._meaning = lru_cache(MEANINGS)(lambda sentence: grammar.understand(normalise(sentence)))
        self._sounds = Sounds(self.graph)
        number = {form: place for place, form in enumerate(self.words)}
        self._forms = [[number[form] for form in written(word)] for word in self._sounds.words]

    def nearest(self, words: str) -> Near:
        """Return the sentence that normalised `words` sound most like, however unlike it is."""
        sounds = self._sounds_of(words)
        found = zip(self._sounds.parse(sounds), sounds, strict=True)
        return _nearest([Near(parse.sentence, parse.share, parse, heard) for parse, heard in found])

    def leaning(self, leanings: Leanings) -> Near:
        """Return the nearest sentence in the light of what was nearly written; `leanings` are to `words`."""
        tolls = LEANING * np.minimum(leanings.nats, LEANING_MAX)
        of_words = np.stack([tolls[:, forms].min(axis=1) for forms in self._forms])
        kept, all_of_it = placed(leanings.pieces, self._grammar.skipped), placed(leanings.pieces, ())
        found = []
        for heard, places in [kept] if kept == all_of_it else [kept, all_of_it]:
            there = of_words[:, places]
            (parse,) = self._sounds.parse([heard], there)
            found.append(Near(parse.sentence, parse.share, parse, heard, there))
        return _nearest(found)

    def said(self, near: Near) -> Understood | None:
        """Return what a sentence asks for; None where the grammar takes none of two meanings."""
        understood = self._meaning(near.sentence)
        return replace(understood, score=max(0.0, 1 - near.doubt), words=near.sentence) if understood else None

    def is_sure(self, near: Near) -> bool:
        """Whether nobody need be asked whether it was said (rules 1 and 2)."""
        parse = near.parse
        clear, rival, beside = (CLEAR, RIVAL, RIVAL) if near.tolls is None else (NEAR, RIVAL_LEANING, A_WORD)
        if parse is None or near.doubt > clear:
            return False
        if any(part.beside >= beside for part in parse.parts):
            return False  # What was heard beside all words may be one that the nearest sentence lacks.
        badly = sorted((part for part in parse.parts if part.cost > BADLY), key=lambda part: -part.cost)
        words = list(dict.fromkeys(part.word for part in badly))[:BADLY_MAX]
        rivals = self._sounds.rivals(near.heard, words, near.tolls)
        nearby = sorted((other.cost, other.sentence) for other in rivals if other.cost < parse.cost + rival)
        understood = self._meaning(near.sentence)
        return understood is not None and all(understood.means(self._meaning(sentence)) for _, sentence in nearby)

    def confirmed(self, words: str, near: Near, again: Sequence[Hypothesis]) -> Near | None:
        """Return the sentence that was said after a second hearing, the likeliest first; None if it heard nothing.

        `near` is what is known of the first hearing. Both count alike: what the first wrote is near to the sound, what
        the second wrote is near to the grammar.
        """
        firsts = self._sounds_of(words)
        sounds = list(dict.fromkeys(filter(None, (self._sounds_of(normalise(other.text))[0] for other in again))))
        if not sounds:
            return None
        costs: dict[str, float] = {}
        found = [parse.sentence for parse in self._sounds.parse([*firsts, *sounds])]
        for sentence in dict.fromkeys([near.sentence, *found]):
            sound = sound_of(normalise(sentence))
            second = min(cost(sound, other) + LESS_LIKELY * rank for rank, other in enumerate(sounds))
            costs[sentence] = self._sounds.cost(sentence, near.heard, near.tolls) + second
        best = min(costs, key=costs.__getitem__)
        unsure = -UNSURE * max(other.avg_logprob for other in again)
        sound = sound_of(normalise(best))
        return Near(best, min(difference(first, sound) for first in firsts) + unsure)

    def _sounds_of(self, words: str) -> list[bytes]:
        """The phones without what the grammar skips, and those of all the words where that is something else."""
        return list(dict.fromkeys(map(sound_of, (" ".join(without(self._grammar.skipped, words)), words))))


def _nearest(found: Sequence[Near]) -> Near:
    """The first of the cheapest: the more was heard, the more there is to be wrong."""
    return min(found, key=lambda near: near.parse.cost if near.parse else 0.0)
