"""What an answer may stand on: how far the owner's notes say what was asked. Pure.

1. A passage that has nearly all of the question, and the kind of answer that it wants, is the answer: it is said as it
   is written, a sentence or two, and no model is asked. A small model that is given the same passage says it worse, and
   invents around it (docs/decisions/0021).
2. A passage that has a good part of it is said as well, and that it may not be what was meant.
3. Whatever has less says nothing about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge_agent.talk.mind.notes.index import Found

SAYS_IT: Final = 0.7
"""Coverage from which a passage is the answer."""

CONCERNS_IT: Final = 0.45
"""Coverage from which it may be of use."""

SAID_MAX: Final = 220
"""Characters of a whole answer that is said at once; of a longer one, the sentences that have most of the question."""

MAYBE: Final = "I'm not sure, but this may help."
"""Said before what only concerns the question."""

_LEANING: Final = ("it ", "they ", "he ", "she ", "this ", "these ", "those ", "there ")
"""How a sentence begins that needs the one before it."""


@dataclass(frozen=True, slots=True)
class Grounding:
    """What the notes have for one question."""

    source: str
    """The file it stands in."""
    says: str
    """In the note's own words."""
    sure: bool
    """Whether that is the answer, and not only about the same."""
    trusted: bool = True
    """Whether these are the owner's own words. They are data even so: nothing is done because a note says it."""

    @property
    def answer(self) -> str:
        """What is said."""
        return self.says if self.sure else f"{MAYBE} {self.says}"


def ground(found: Sequence[Found]) -> Grounding | None:
    """Return what the best of the passages that were found is good for; None where none says anything about it."""
    if not found or found[0].coverage < CONCERNS_IT:
        return None
    best = found[0]
    return Grounding(best.passage.source, _own_words(best), best.coverage >= SAYS_IT and best.fits)


def _own_words(found: Found) -> str:
    whole, said = found.passage.sentences, found.said
    if len(found.passage.text) <= SAID_MAX and (found.passage.asked or found.headed or len(whole) == 1):
        return found.passage.text
    first = whole.index(said[0])
    if first and len(said) == 1 and said[0].lower().startswith(_LEANING):
        said = whole[first - 1 : first + 1]
    return " ".join(said)
