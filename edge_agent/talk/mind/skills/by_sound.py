"""Understands a command by its sound, where its words were misheard.

A recogniser of everything writes "a large lawn tea" where a kiosk would have heard "a large latte". The grammar knows
what can be said to it, so the sentence is looked for that sounds most like what was written (`sounds/`).

1. If it sounds all but the same, it was said: nobody needs to listen again.
2. If it sounds alike, speech-to-text listens once more with the words of the grammar (`BySound.words`). What it then
   hears is one sentence or near one; it was said if what was heard at first may sound like it.
3. Everything else is something else. A listener who expects orders hears orders in anything, so what was heard without
   expecting anything decides: rule 2's second hearing says which sentence, never that it was one.

Costs are counted per phone, so a long order may have more errors than a short one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hassil import Intents

from edge_agent.talk.mind.skills.grammar import without
from edge_agent.talk.mind.skills.normal import normalise
from edge_agent.talk.mind.skills.sounds.parse import Sounds, difference
from edge_agent.talk.mind.skills.sounds.pronounce import pronunciations, written
from edge_agent.talk.mind.skills.sounds.words import words_of

SURE = 0.06
"""Cost of a phone, on average, up to which nobody listens again."""

NEAR = 0.3
"""And up to which it may be a command at all. A sentence about something else costs 0.4 and more."""


@dataclass(frozen=True, slots=True)
class Near:
    """The sentence of a grammar that sounds like what was heard."""

    sentence: str
    share: float
    """How far from it that is: cost of a phone, on average."""

    @property
    def sure(self) -> bool:
        """Whether nobody needs to listen again."""
        return self.share <= SURE

    @property
    def possible(self) -> bool:
        """Whether it may be what was said."""
        return self.share <= NEAR


class BySound:
    """One grammar, by its sound."""

    def __init__(self, intents: Intents, skipped: Sequence[str] = ()) -> None:
        """`skipped` are words that do not count, as the grammar has it."""
        graph = words_of(intents)
        self.words = tuple(sorted({form for place in graph.places for word in place for form in written(word)}))
        """All of the grammar, as speech-to-text may write them."""
        self._sounds = Sounds(graph)
        self._skipped = skipped

    def nearest(self, words: str) -> Near:
        """Return the sentence that normalised `words` sound most like, however unlike it is."""
        (parse,) = self._sounds.parse([self._sound_of(words)])
        return Near(parse.sentence, parse.share)

    def confirmed(self, words: str, again: Sequence[str]) -> Near | None:
        """Return the sentence that was said, if it was one, after a second hearing; None if that heard nothing.

        `again` are its texts, normalised, the likeliest first.
        """
        heard = [sound for sound in map(self._sound_of, again) if sound]
        if not heard:
            return None
        best = min(self._sounds.parse(heard), key=lambda parse: parse.cost)
        return Near(best.sentence, difference(self._sound_of(words), sound_of(normalise(best.sentence))))

    def _sound_of(self, words: str) -> bytes:
        return sound_of(" ".join(without(self._skipped, words)))


def sound_of(words: str) -> bytes:
    """Return the phones of normalised `words`, each said the usual way."""
    return b"".join(pronunciations(word)[0] for word in words.split())
