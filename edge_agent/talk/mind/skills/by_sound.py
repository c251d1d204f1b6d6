"""Understands a command by its sound, where its words were misheard.

A recogniser of everything writes "a large lawn tea" where a kiosk would have heard "a large latte". The grammar knows
what can be said to it, so the sentence is looked for that sounds most like what was written (`sounds/`).

1. The nearest sentence was said if it has no rival. For each word that was heard badly there may be one: the nearest
   sentence without it. If each of them is far off, or asks for the same ("a large", "large"), none is a rival.
2. Otherwise speech-to-text listens once more with the words of the grammar (`BySound.words`). What it then hears is one
   sentence or near one; it was said if what was heard at first may sound like it.
3. Everything else is something else. A listener who expects orders hears orders in anything, so what was heard without
   expecting anything decides: rule 2's second hearing says which sentence, never that it was one.

Costs are counted per phone, so a long order may have more errors than a short one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge_agent.talk.mind.skills.grammar import Sentences, Understood, without
from edge_agent.talk.mind.skills.normal import normalise
from edge_agent.talk.mind.skills.rhino import Rhino
from edge_agent.talk.mind.skills.sounds.parse import Sounds, cost, difference
from edge_agent.talk.mind.skills.sounds.pronounce import pronunciations, written
from edge_agent.talk.mind.skills.sounds.words import words_of

CLEAR = 0.2
"""Cost of a phone, on average, up to which a sentence without a rival was said."""

NEAR = 0.3
"""And up to which it may have been. A sentence about something else costs 0.4 and more."""

RIVAL = 1.0
"""A sentence that costs so much more than the nearest is no rival of it: a whole consonant."""

LESS_LIKELY = 0.3
"""What each hypothesis of the second hearing costs more than the one before it."""

BADLY = 0.3
"""A word that costs more was heard badly, and may have been another."""


@dataclass(frozen=True, slots=True)
class Near:
    """The sentence of a grammar that sounds like what was heard."""

    sentence: str
    share: float
    """How far from it that is: cost of a phone, on average."""

    @property
    def possible(self) -> bool:
        """Whether it may be what was said."""
        return self.share <= NEAR


class BySound:
    """One grammar, by its sound."""

    def __init__(self, grammar: Sentences | Rhino) -> None:
        graph = words_of(grammar.intents)
        self.words = tuple(sorted({form for place in graph.places for word in place for form in written(word)}))
        """All of the grammar, as speech-to-text may write them."""
        self.examples = tuple(graph.examples())
        """Sentences that have every word of the grammar between them."""
        self._grammar = grammar
        self._sounds = Sounds(graph)

    def nearest(self, words: str) -> Near:
        """Return the sentence that normalised `words` sound most like, however unlike it is."""
        (parse,) = self._sounds.parse([self._sound_of(words)])
        return Near(parse.sentence, parse.share)

    def said(self, near: Near) -> Understood | None:
        """Return what a sentence asks for; None where the grammar takes none of two meanings."""
        understood = self._grammar.understand(normalise(near.sentence))
        return replace(understood, score=1 - near.share, words=near.sentence) if understood else None

    def is_sure(self, words: str, near: Near) -> bool:
        """Whether normalised `words`, to which `near` is the nearest, need not be heard again (rule 1)."""
        if near.share > CLEAR:
            return False
        sound = self._sound_of(words)
        (parse,) = self._sounds.parse([sound])
        if any(part.beside >= RIVAL for part in parse.parts):
            return False  # What was heard beside all words may be one that the nearest sentence lacks.
        badly = sorted({part.word for part in parse.parts if part.cost > BADLY})
        rivals = [rival for rival in self._sounds.rivals(sound, badly) if rival.cost < parse.cost + RIVAL]
        understood = self._grammar.understand(normalise(near.sentence))
        return understood is not None and all(
            understood.means(self._grammar.understand(normalise(rival.sentence))) for rival in rivals
        )

    def confirmed(self, words: str, again: Sequence[str]) -> Near | None:
        """Return the sentence that was said, if it was one, after a second hearing; None if that heard nothing.

        `again` are its texts, normalised, the likeliest first. Both hearings count alike: what the first wrote is near
        to the sound, what the second wrote is near to the grammar.
        """
        first = self._sound_of(words)
        others = list(dict.fromkeys(filter(None, map(self._sound_of, again))))
        if not others:
            return None
        costs: dict[str, float] = {}
        for sentence in dict.fromkeys(parse.sentence for parse in self._sounds.parse([first, *others])):
            sound = sound_of(normalise(sentence))
            second = min(cost(sound, other) + LESS_LIKELY * rank for rank, other in enumerate(others))
            costs[sentence] = cost(sound, first) + second
        best = min(costs, key=costs.__getitem__)
        return Near(best, difference(first, sound_of(normalise(best))))

    def _sound_of(self, words: str) -> bytes:
        return sound_of(" ".join(without(self._grammar.skipped, words)))


def sound_of(words: str) -> bytes:
    """Return the phones of normalised `words`, each said the usual way."""
    return b"".join(pronunciations(word)[0] for word in words.split())
