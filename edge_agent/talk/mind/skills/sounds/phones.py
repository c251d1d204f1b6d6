"""The sounds of English as ARPAbet has them, and how alike two of them are.

The costs say how easily an ear takes one sound for another. They follow from how sounds are made, and from nothing that
was recorded:

1. Two vowels are as far apart as tongue and lips are, height counting most. Two consonants differ in voice (least: it
   is what noise hides first), in place and in manner.
2. A vowel and a consonant are two errors, but for the pairs that are made alike ("w" and "oo", "y" and "ee").
3. What is said weakly is missed, or heard where it was not said, most cheaply: the neutral vowel, "h", the glides, and
   the stops "t" and "d" before all others.

Costs are in units of one whole consonant that was lost. A phone is one byte, `A` and on; a word's are `bytes`.
"""

import numpy as np
import numpy.typing as npt

_VOWELS = {
    # height 0-3 (open to close), backness 0-2, rounded 0-1; of one that glides, the middle of its way
    "AA": (0.0, 1.7, 0),
    "AE": (0.4, 0.0, 0),
    "AH": (1.4, 1.0, 0),
    "AO": (0.7, 2.0, 1),
    "AW": (0.9, 1.3, 0.6),
    "AY": (0.9, 0.8, 0),
    "EH": (1.1, 0.2, 0),
    "ER": (1.6, 1.0, 0.4),
    "EY": (2.0, 0.2, 0),
    "IH": (2.4, 0.4, 0),
    "IY": (3.0, 0.0, 0),
    "OW": (1.8, 1.9, 1),
    "OY": (1.4, 1.2, 0.8),
    "UH": (2.3, 1.6, 0.7),
    "UW": (3.0, 1.7, 1),
}

_CONSONANTS = {
    # place 0-6 (lips to throat), manner, voiced
    "B": (0, "stop", 1),
    "P": (0, "stop", 0),
    "M": (0, "nasal", 1),
    "W": (0.5, "glide", 1),
    "F": (1, "fricative", 0),
    "V": (1, "fricative", 1),
    "TH": (2, "fricative", 0),
    "DH": (2, "fricative", 1),
    "T": (3, "stop", 0),
    "D": (3, "stop", 1),
    "S": (3, "sibilant", 0),
    "Z": (3, "sibilant", 1),
    "N": (3, "nasal", 1),
    "L": (3, "liquid", 1),
    "R": (3.5, "liquid", 1),
    "CH": (4, "affricate", 0),
    "JH": (4, "affricate", 1),
    "SH": (4, "sibilant", 0),
    "ZH": (4, "sibilant", 1),
    "Y": (4.5, "glide", 1),
    "K": (5, "stop", 0),
    "G": (5, "stop", 1),
    "NG": (5, "nasal", 1),
    "HH": (6, "fricative", 0),
}

_MANNERS = {
    frozenset(("stop", "affricate")): 0.3,
    frozenset(("stop", "fricative")): 0.45,
    frozenset(("fricative", "sibilant")): 0.3,
    frozenset(("affricate", "sibilant")): 0.25,
    frozenset(("affricate", "fricative")): 0.45,
    frozenset(("glide", "liquid")): 0.3,
    frozenset(("nasal", "liquid")): 0.45,
    frozenset(("nasal", "stop")): 0.5,
    frozenset(("nasal", "glide")): 0.55,
    frozenset(("liquid", "stop")): 0.6,
    frozenset(("glide", "fricative")): 0.6,
    frozenset(("liquid", "fricative")): 0.6,
}
_OTHER_MANNER = 0.8

_ALIKE = {
    frozenset(("W", "UW")): 0.4,
    frozenset(("W", "OW")): 0.6,
    frozenset(("W", "UH")): 0.5,
    frozenset(("Y", "IY")): 0.4,
    frozenset(("Y", "IH")): 0.5,
    frozenset(("R", "ER")): 0.3,
    frozenset(("L", "OW")): 0.7,
    frozenset(("L", "AO")): 0.8,
    frozenset(("L", "UH")): 0.7,
    frozenset(("L", "AH")): 0.8,
}

_WEAK = {"AH": 0.5, "IH": 0.6, "HH": 0.5, "T": 0.7, "D": 0.7, "Y": 0.6, "W": 0.8, "R": 0.8, "L": 0.8, "ER": 0.8}

PHONES = tuple(sorted((*_VOWELS, *_CONSONANTS)))
CODES = {phone: ord("A") + number for number, phone in enumerate(PHONES)}
"""The byte of each."""

MISSED: npt.NDArray[np.float32] = np.array([_WEAK.get(phone, 1.0) for phone in PHONES], np.float32)
"""What a phone costs that was said and not heard, or heard and not said; (phones,), by number (byte less `A`)."""


def encoded(phones: list[str]) -> bytes:
    """Return ARPAbet, with or without marks of stress, as bytes."""
    return bytes(CODES[phone.rstrip("012")] for phone in phones)


def numbers(phones: bytes) -> npt.NDArray[np.intp]:
    """Return the numbers of phones, as `MISSED` and `TAKEN` are indexed."""
    return np.frombuffer(phones, np.uint8).astype(np.intp) - ord("A")


def _taken(one: str, other: str) -> float:
    if one == other:
        return 0.0
    pair = frozenset((one, other))
    if one in _VOWELS and other in _VOWELS:
        (h1, b1, r1), (h2, b2, r2) = _VOWELS[one], _VOWELS[other]
        return min(1.0, 0.1 + 0.28 * abs(h1 - h2) + 0.2 * abs(b1 - b2) + 0.15 * abs(r1 - r2))
    if one in _CONSONANTS and other in _CONSONANTS:
        (p1, m1, v1), (p2, m2, v2) = _CONSONANTS[one], _CONSONANTS[other]
        manner = 0.0 if m1 == m2 else _MANNERS.get(frozenset((m1, m2)), _OTHER_MANNER)
        place = 0.0 if p1 == p2 else 0.15 + 0.1 * abs(p1 - p2)
        return min(1.2, manner + min(place, 0.55) + 0.25 * abs(v1 - v2))
    return _ALIKE.get(pair, 1.6)


TAKEN: npt.NDArray[np.float32] = np.array([[_taken(one, other) for other in PHONES] for one in PHONES], np.float32)
"""What it costs to take one phone for another; (phones, phones), symmetric, 0 on the diagonal."""
