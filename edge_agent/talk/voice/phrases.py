"""Cuts a reply into phrases while it is still being written, so that its first words can be spoken early.

The policy:

1. A phrase ends where somebody reading aloud would breathe: after a sentence, at a clause, before a conjunction, and
   in the worst case between any two words. The weaker the place, the longer the phrase must already be.
2. The first phrase is cut sooner than the others, because somebody is waiting for it.
3. Phrases are cut only where the text has a space, so that "3.5", "1,000", "3:30" and addresses stay whole; and not at
   every space: "Dr. Smith", "U.S. dollar", "July 4, 1776" and "20 km" stay together.
4. A place is judged when the whole next word is known, never before: "3." may yet become "3.5", and how the text
   happened to be split on its way here must not change how it is spoken.
5. Nothing is lost: the phrases joined are the text. None of them is blank, unless the whole text is.
"""

import re
from dataclasses import dataclass

_GAP = re.compile(r"\s+")
_CLOSERS = "\"'”’)]}*_`»"
_OPENERS = "\"'“‘([{*_`«"
_SENTENCE_ENDS = (".", "!", "?", "…")
_CLAUSE_ENDS = (",", ";", ":", "—", "–", ".", "…")

_TITLES = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "prof",
        "st",
        "gen",
        "col",
        "sgt",
        "capt",
        "lt",
        "rev",
        "hon",
        "mt",
        "ft",
        "vs",
        "approx",
        "e.g",
        "i.e",
        "cf",
    ]
)
"""After these a name, a number or an example follows: a phrase never ends there."""

_ENDINGS = frozenset(
    [
        "a.m",
        "p.m",
        "etc",
        "sr",
        "jr",
        "inc",
        "ltd",
        "co",
        "corp",
        "dept",
        "est",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
    ]
)
"""These may end a sentence, which a capital after them tells; a number after them belongs to them."""

_COUNTED = frozenset(["no", "fig", "vol", "pp", "p", "ch"])
"""These belong to a number; without one, "No." is a whole sentence."""

_COUNTRIES = frozenset(("u.s", "u.k", "u.n", "e.u"))
"""Capitals follow these in the middle of a sentence ("U.S. Army"), so they tell nothing."""

_CONJUNCTIONS = frozenset(
    [
        "and",
        "but",
        "or",
        "so",
        "because",
        "which",
        "while",
        "when",
        "if",
        "that",
        "then",
        "though",
        "although",
        "unless",
        "until",
        "where",
        "who",
    ]
)


@dataclass(frozen=True, slots=True)
class Lengths:
    """How many characters a phrase must have before it may end at a clause, at a conjunction, at any space."""

    clause: int
    conjunction: int
    space: int


LATER = Lengths(clause=100, conjunction=140, space=220)
"""About eight seconds of speech: longer phrases would make the voice wait for the model without sounding better."""


class Phrases:
    """One reply on its way to the voice."""

    def __init__(self, first_phrase_chars: int) -> None:
        self._lengths = Lengths(
            clause=first_phrase_chars, conjunction=first_phrase_chars + 30, space=first_phrase_chars + 80
        )
        self._text = ""
        self._judged = 0
        """Spaces before this place in the text have been looked at and were no place to cut."""

    def feed(self, delta: str) -> list[str]:
        """Take the next piece of the reply; return the phrases that it completed."""
        self._text += delta
        return self._cut(at_end=False)

    def finish(self) -> list[str]:
        """Return what is left when the reply is over."""
        phrases = self._cut(at_end=True)
        if self._text:
            phrases.append(self._text)
        self._text, self._judged = "", 0
        return phrases

    def _cut(self, *, at_end: bool) -> list[str]:
        phrases = []
        while gap := _GAP.search(self._text, self._judged):
            next_gap = _GAP.search(self._text, gap.end())
            before = self._text[: gap.start()]
            following = self._text[gap.end() : next_gap.start() if next_gap else None]
            known = next_gap is not None or at_end
            if _breathes(before, gap.group(), following, self._lengths):
                ends = True
            elif known:
                ends = _runs_on(before, following, self._lengths)
            else:
                break
            if ends:
                phrases.append(self._text[: gap.end()])
                self._text, self._judged = self._text[gap.end() :], 0
                self._lengths = LATER
            else:
                self._judged = gap.end()
        return phrases


def _breathes(before: str, gap: str, following: str, lengths: Lengths) -> bool:
    """Whether a sentence, a line or a clause ends here. The first letter of the next word is enough to say yes."""
    opening = following.lstrip(_OPENERS)[:1]
    if not opening or not any(map(str.isalnum, before)) or _binds(before, following):
        return False
    if "\n" in gap:
        return True
    last = before.rsplit(maxsplit=1)[-1].rstrip(_CLOSERS)
    if last.endswith(_SENTENCE_ENDS) and not opening.islower():
        stem = _stem(last)
        return not (last.endswith(".") and (stem in _COUNTRIES or (_dotted(stem) and opening.isdigit())))
    in_a_number = last.rstrip(",")[-1:].isdigit() and opening.isdigit()
    if last.endswith(".") and _dotted(_stem(last)):
        return False
    return last.endswith(_CLAUSE_ENDS) and len(before.strip()) >= lengths.clause and not in_a_number


def _runs_on(before: str, following: str, lengths: Lengths) -> bool:
    """Whether the phrase has become so long that it must end here, although nobody would breathe yet."""
    last = before.split()[-1:]
    if not last or not following or _binds(before, following) or _dotted(_stem(last[0])):
        return False
    if last[0].rstrip(_CLOSERS + ",")[-1:].isdigit() or following[:1].isdigit():
        return False
    length = len(before.strip())
    return length >= lengths.space or (length >= lengths.conjunction and following.lower() in _CONJUNCTIONS)


def _binds(before: str, following: str) -> bool:
    """Whether the last word belongs to the next one: a title, an initial, the number of a line in a list."""
    lines = before.rsplit("\n", 1)[-1].split()
    last = lines[-1].rstrip(_CLOSERS) if lines else ""
    stem = _stem(last)
    title = stem in _TITLES or (len(stem) == 1 and stem.isalpha() and stem != "i")
    counted = stem in _COUNTED and following[:1].isdigit()
    return last.endswith(".") and (title or counted or (stem.isdigit() and len(lines) == 1))


def _stem(word: str) -> str:
    return word.lstrip(_OPENERS).rstrip(_CLOSERS).rstrip(",;:!?.…").lower()


def _dotted(stem: str) -> bool:
    return stem in _ENDINGS or re.fullmatch(r"(?:\w\.)+\w", stem) is not None
