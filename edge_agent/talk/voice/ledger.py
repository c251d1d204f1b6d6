"""Which words were heard, told from how many samples were played.

1. A word was heard when half of it was played. A listener knows a word before its end; and it is the only boundary that
   is never wrong by more than half a word in either direction.
2. What was heard is the beginning of what was written, letter for letter except that every gap becomes one space.
   Whatever stands after the last word of a phrase was heard with it.
3. A word that is said again was heard once: the caller counts how far the answer was ever played.
4. A voice that does not say where its words lie is taken to speak its letters at an even pace.

Silence between phrases is not counted: the caller counts samples of speech only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from math import ceil

from edge_agent.base.frames import Speech, Word


@dataclass(frozen=True, slots=True)
class Entry:
    """Up to where the text was heard, once this many samples of the draft's speech have been played."""

    played: int
    text: str
    """What the word adds to what was heard: itself, and what stands between it and the word before."""
    start: int
    """Sample of the draft's speech from which the word is played."""
    opens: bool
    """Whether a clause begins with it."""


_CLOSERS = "\"'”’)]*_`"
_CLAUSE_ENDS = (".", "!", "?", "…", ",", ";", ":", "—", "–")


def entries(speech: Speech, start: int, length: int, before: str = "") -> list[Entry]:
    """Enter a phrase that is played from sample `start` on, and that is `length` samples long at the device's rate.

    Of a piece of a phrase, `before` is what the phrase said before it.
    """
    scale = length / max(1, speech.samples.size)
    words = speech.words or _evenly(speech)
    book: list[Entry] = []
    cursor = 0
    for word in words:
        spelled = word.text.strip()
        found = speech.text.find(spelled, cursor)
        if not spelled or found < 0:
            continue
        end = found + len(spelled)
        said = (before + speech.text[:found]).rstrip()
        opens = not said or said.rstrip(_CLOSERS).endswith(_CLAUSE_ENDS)
        middle = ceil((word.start + word.end) / 2 * scale)
        book.append(Entry(start + middle, speech.text[cursor:end], start + int(word.start * scale), opens))
        cursor = end
    if book:
        book[-1] = replace(book[-1], text=book[-1].text + speech.text[cursor:] + " ")
    return book


def heard(book: Iterable[Entry], played: int) -> str:
    """Return the words that were heard when `played` samples of the draft's speech had been played."""
    return " ".join("".join(entry.text for entry in takewhile(lambda entry: entry.played <= played, book)).split())


def clause_start(book: Sequence[Entry], played: int, reach: int) -> int:
    """Return where the clause begins that was cut at sample `played`.

    Where that is more than `reach` samples before, it is the first word within them, or `played` itself.
    """
    begun = [entry for entry in book if played - reach <= entry.start <= played]
    opening = [entry.start for entry in begun if entry.opens]
    return opening[-1] if opening else begun[0].start if begun else played


def _evenly(speech: Speech) -> list[Word]:
    letters = max(1, len("".join(speech.text.split())))
    words, said = [], 0
    for text in speech.text.split():
        start, said = said, said + len(text)
        words.append(Word(text, start * speech.samples.size // letters, said * speech.samples.size // letters))
    return words
