"""What was written, as sounds: which phones, and where in the text each of them stands."""

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate

from edge_agent.talk.mind.skills.normal import normalise
from edge_agent.talk.mind.skills.sounds.pronounce import pronunciations


def sound_of(words: str) -> bytes:
    """Return the phones of normalised `words`, each said the usual way."""
    return b"".join(pronunciations(word)[0] for word in words.split())


def placed(pieces: Sequence[str], skipped: Iterable[str]) -> tuple[bytes, list[int]]:
    """Return the phones of a text, and the number of the piece in which each begins; of what follows the last one, too.

    The phones of a word are spread evenly over its letters. What a grammar skips is left out.
    """
    text = "".join(pieces)
    piece_of = [number for number, piece in enumerate(pieces) for _ in piece]
    phones, places = b"", []
    for start, end in _words(text, skipped):
        sound = sound_of(normalise(text[start:end]))
        phones += sound
        places += [piece_of[start + number * (end - start) // len(sound)] for number in range(len(sound))]
    ends = accumulate(map(len, pieces))
    written = len(text.rstrip(" .,?!"))
    return phones, [*places, sum(end <= written for end in ends)]


def _words(text: str, skipped: Iterable[str]) -> list[tuple[int, int]]:
    """Where words begin and end."""
    longest_first = "|".join(re.escape(phrase) for phrase in sorted(skipped, key=len, reverse=True))
    kept = re.sub(rf"\b(?:{longest_first})\b", lambda found: " " * len(found.group()), text, flags=re.IGNORECASE)
    return [found.span() for found in re.finditer(r"[^\s-]+", kept)]
