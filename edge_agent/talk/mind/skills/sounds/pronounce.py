"""How English words sound.

The words of the CMU Pronouncing Dictionary sound as it says; of all others, their letters are read by rule, which is
right often enough for a name that Whisper made up. Numbers are read as numbers.

The dictionary is one text of lines in order, searched in halves where it lies: 2 MB instead of the 30 of a `dict`.
"""

import lzma
import re
from bisect import bisect_left
from functools import cache, lru_cache
from pathlib import Path

from edge_agent.talk.mind.skills.normal import digits
from edge_agent.talk.mind.skills.sounds.phones import encoded

DICTIONARY = Path(__file__).parent / "cmudict.xz"

_LETTERS = {
    "augh": "AO", "eigh": "EY", "ough": "AO", "tion": "SH AH N", "sion": "ZH AH N", "tch": "CH", "igh": "AY",
    "dge": "JH", "sch": "S K", "ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "wh": "W", "ck": "K", "qu": "K W",
    "ng": "NG", "kn": "N", "wr": "R", "gh": "G", "ee": "IY", "ea": "IY", "oo": "UW", "ou": "AW", "ow": "OW",
    "oi": "OY", "oy": "OY", "ai": "EY", "ay": "EY", "au": "AO", "aw": "AO", "ie": "IY", "ei": "EY", "ey": "IY",
    "oa": "OW", "ue": "UW", "ew": "UW", "eu": "Y UW", "ar": "AA R", "er": "ER", "ir": "ER", "or": "AO R", "ur": "ER",
    "bb": "B", "cc": "K", "dd": "D", "ff": "F", "gg": "G", "ll": "L", "mm": "M", "nn": "N", "pp": "P", "rr": "R",
    "ss": "S", "tt": "T", "zz": "Z", "ce": "S EH", "ci": "S IH", "cy": "S IY", "a": "AE", "b": "B", "c": "K",
    "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH", "k": "K", "l": "L", "m": "M",
    "n": "N", "o": "OW", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH", "v": "V", "w": "W",
    "x": "K S", "y": "IY", "z": "Z",
}  # fmt: skip
_SPELLING = re.compile("|".join(sorted(_LETTERS, key=len, reverse=True)))


@lru_cache(4096)
def pronunciations(word: str) -> tuple[bytes, ...]:
    """Return how `word` (small letters, or digits) may sound, the usual way first; at least one, maybe empty."""
    if word.isdecimal():
        return (b"".join(pronunciations(part)[0] for part in _read(word)),)
    listed = _listed(word)
    if listed:
        return listed
    for ending, sound in (("'s", ["Z"]), ("s", ["Z"]), ("'", [])):
        stem = _listed(word.removesuffix(ending)) if word.endswith(ending) else ()
        if stem:
            return (stem[0] + encoded(sound),)
    return (spelled(word),)


def written(word: str) -> tuple[str, ...]:
    """Return how speech-to-text may write `word`: a number in digits or in words."""
    if word.isdecimal():
        return (word, *_read(word))
    (number,) = digits([word])
    return (word,) if number == word else (word, number)


def spelled(word: str) -> bytes:
    """Return how the letters of `word` are read; a silent "e" at its end is."""
    letters = re.sub(r"(?<=[aeiouy][b-df-hj-np-tv-z])e$", "", word)
    phones = " ".join(_LETTERS[found] for found in _SPELLING.findall(letters))
    return encoded(phones.split())


def _listed(word: str) -> tuple[bytes, ...]:
    lines = _dictionary()
    key = word.encode() + b" "
    at = bisect_left(lines, key)
    if at < len(lines) and lines[at].startswith(key):
        return tuple(lines[at][len(key) :].split(b" "))
    return ()


@cache
def _dictionary() -> "_Lines":
    return _Lines(lzma.decompress(DICTIONARY.read_bytes()))


class _Lines:
    """The lines of a text, counted in the places of its bytes: line `i` is the one that byte `i` is in."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    def __len__(self) -> int:
        return len(self._text)

    def __getitem__(self, place: int) -> bytes:
        start = self._text.rfind(b"\n", 0, place) + 1
        return self._text[start : self._text.find(b"\n", place)]


def _read(digits: str) -> list[str]:
    from unicode_rbnf import FormatPurpose, RbnfEngine

    number = RbnfEngine.for_language("en").format_number(int(digits[:9]), FormatPurpose.CARDINAL)
    return str(number.text).replace("-", " ").replace("minus", "").split()
