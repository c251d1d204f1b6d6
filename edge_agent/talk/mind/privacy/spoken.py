"""Spoken forms as written ones, with a way back: "double four" is read as "44", and known to be those two words.

1. Nothing is lost or moved: what is not a spoken form stands as it is, and every letter of the written form knows
   which letters of the text it came from.
2. Number words become digits wherever they stand. "oh", letters' names, "alpha bravo", "plus", "dash" and "slash" are
   read as such only beside digits or other letters; elsewhere they are the words that they mostly are. "for" and "to"
   are digits between two single ones: "nine for zero".
3. Hesitations between digits ("four, um, one") are nothing.
4. A placeholder is sealed: no form reaches into it or across it.

The finders read this form. It is never shown to anybody, so a word too many in it costs nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from edge_agent.talk.mind.privacy.numerals import REPEATS, UNITS, number
from edge_agent.talk.mind.privacy.placeholders import PLACEHOLDER

SEAL = "\ufffc"
"""Stands for a placeholder; no finder's pattern knows it."""

_TOKEN = re.compile(rf"(?P<sealed>{PLACEHOLDER})|[^\W\d_]+(?:['’][^\W\d_]+)?|\d+|.", re.DOTALL)
_SOFT = re.compile(r"[\s,.…\-–()]*")
"""What may stand between two parts of a number that is being said."""
_CLOSE = re.compile(r"[ \t]?-?|\s*-\s*")
"""What may stand between "twenty" and "five"."""

_NATO = (
    "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar papa "
    "quebec romeo sierra tango uniform victor whiskey whisky xray yankee zulu"
).split()
_NAMES = {
    "bee": "b", "cee": "c", "dee": "d", "eff": "f", "gee": "g", "aitch": "h", "haitch": "h", "jay": "j", "kay": "k",
    "el": "l", "ell": "l", "em": "m", "en": "n", "pee": "p", "cue": "q", "ess": "s", "tee": "t", "vee": "v",
    "ex": "x", "wye": "y", "zee": "z", "zed": "z",
}  # fmt: skip
_LETTERS = {word: word[0] for word in _NATO} | _NAMES
_HEARD_AS = {"for": "4", "to": "2", "too": "2"}
"""Words that are written for digits that sound like them."""
_HESITATIONS = frozenset("um uh er erm uhm hmm".split())
_SIGNS = {"dash": "-", "hyphen": "-", "slash": "/", "minus": "-"}
_WORDS_OF_ONE_LETTER = frozenset("ai")
_SUCH_AS = (("as", "in"), ("for",), ("like",))


class _Kind(Enum):
    NUMBER = auto()
    LETTER = auto()
    MAYBE_NUMBER = auto()  # "oh"
    MAYBE_DIGIT = auto()  # "for"
    MAYBE_LETTER = auto()  # "golf"
    SIGN = auto()  # "dash"
    PLUS = auto()
    HESITATION = auto()
    WORD = auto()
    GAP = auto()
    SEALED = auto()


_READ_AS = (
    {word: (_Kind.MAYBE_LETTER, letter.upper()) for word, letter in _LETTERS.items()}
    | {word: (_Kind.MAYBE_DIGIT, digit) for word, digit in _HEARD_AS.items()}
    | {word: (_Kind.SIGN, sign) for word, sign in _SIGNS.items()}
    | dict.fromkeys(_HESITATIONS, (_Kind.HESITATION, ""))
    | {"oh": (_Kind.MAYBE_NUMBER, "0"), "o": (_Kind.MAYBE_NUMBER, "0"), "plus": (_Kind.PLUS, "+")}
)
"""What may be more than a word, and how it is written if it is."""
_PARTS = (_Kind.NUMBER, _Kind.LETTER)
_RESOLVED = {_Kind.MAYBE_NUMBER: _Kind.NUMBER, _Kind.MAYBE_LETTER: _Kind.LETTER}


@dataclass(frozen=True, slots=True)
class Written:
    """A text in written form."""

    text: str
    starts: tuple[int, ...]
    """For each letter of `text`, where in the original it begins."""
    ends: tuple[int, ...]
    """For each letter of `text`, where in the original it ends."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return which letters of the original [start, end) of `text` came from."""
        return self.starts[start], self.ends[end - 1]


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: _Kind
    start: int
    end: int
    plain: str
    """As it stands in the text."""
    form: str
    """As it is written, if it is taken for what `kind` says."""


def written(text: str) -> Written:
    """Return `text` with its spoken forms written out."""
    pieces = _resolved(list(_pieces(text)))
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for piece in pieces:
        kept = piece.form == piece.plain
        letters.append(piece.form)
        for at in range(len(piece.form)):
            starts.append(piece.start + at if kept else piece.start)
            ends.append(piece.start + at + 1 if kept else piece.end)
    return Written("".join(letters), tuple(starts), tuple(ends))


def _pieces(text: str) -> Iterator[_Piece]:
    tokens = list(_TOKEN.finditer(text))
    words = [token[0].lower() for token in tokens]
    at = 0
    while at < len(tokens):
        kind, form, used = _read(tokens, words, at)
        start, end = tokens[at].start(), tokens[at + used - 1].end()
        yield _Piece(kind, start, end, text[start:end], form)
        at += used


def _read(tokens: list[re.Match[str]], words: list[str], at: int) -> tuple[_Kind, str, int]:
    """Return what stands at a token: its kind, its written form, and how many tokens it takes."""
    word = words[at]
    if tokens[at]["sealed"]:
        return _Kind.SEALED, SEAL, 1
    if word in REPEATS and (again := _repeated(words, at)):
        return again
    if len(word) == 1 and word.isalpha() and (used := _such_as(words, at)):
        return _Kind.LETTER, word.upper(), used
    digits, used = _number(words, at)
    if used:
        return _Kind.NUMBER, digits, used
    if word.isdecimal():
        return _Kind.NUMBER, tokens[at][0], 1
    if word == "x" and (ray := _next(words, at, _CLOSE)) is not None and words[ray] == "ray":
        return _Kind.LETTER, "X", ray - at + 1
    if word in _READ_AS:
        return *_READ_AS[word], 1
    if len(word) == 1 and word.isalpha():
        return _Kind.LETTER, tokens[at][0], 1
    return (_Kind.WORD if word[0].isalnum() else _Kind.GAP), tokens[at][0], 1


def _number(words: list[str], at: int) -> tuple[str, int]:
    """Return the number in words that begins at a token, and how many tokens it takes."""
    places = [at]
    while (following := _next(words, places[-1], _CLOSE)) is not None and len(places) < 10:
        places.append(following)
    digits, used = number([words[place] for place in places])
    return (digits, places[used - 1] - at + 1) if used else ("", 0)


def _repeated(words: list[str], at: int) -> tuple[_Kind, str, int] | None:
    """Read "double four", "triple 9", "double l", "double u"."""
    following = _next(words, at, _CLOSE)
    if following is None:
        return None
    word, times, used = words[following], REPEATS[words[at]], following - at + 1
    if times == 2 and word in ("u", "you"):
        return (_Kind.LETTER if word == "u" else _Kind.MAYBE_LETTER), "W", used
    digit = "0" if word in ("oh", "o") else str(UNITS.get(word, word))
    if len(digit) == 1 and digit.isdecimal():
        return _Kind.NUMBER, digit * times, used
    return (_Kind.LETTER, word.upper() * times, used) if len(word) == 1 and word.isalpha() else None


def _such_as(words: list[str], at: int) -> int:
    """Return how many tokens "n as in november" takes; 0 if it is nothing of the kind."""
    for link in _SUCH_AS[:1] if words[at] in _WORDS_OF_ONE_LETTER else _SUCH_AS:
        place: int | None = at
        for expected in (*link, ""):
            place = None if place is None else _next(words, place, _CLOSE)
            if place is None or (expected and words[place] != expected):
                break
        else:
            if place is not None and len(words[place]) > 1 and words[place][0] == words[at]:
                return place - at + 1
    return 0


def _next(words: list[str], at: int, between: re.Pattern[str]) -> int | None:
    """Return the token of the next word or number, if nothing but `between` comes before it."""
    gap = ""
    for place in range(at + 1, min(at + 5, len(words))):
        if words[place][0].isalnum():
            return place if between.fullmatch(gap) else None
        gap += words[place]
    return None


def _resolved(pieces: list[_Piece]) -> list[_Piece]:
    """Decide what stands beside digits and letters, and what is an ordinary word."""
    order = [index for index, piece in enumerate(pieces) if piece.kind is not _Kind.GAP]

    def beside(place: int, step: int) -> _Piece | None:
        other = place + step
        if not 0 <= other < len(order):
            return None
        low, high = sorted((order[place], order[other]))
        gap = "".join(piece.plain for piece in pieces[low + 1 : high])
        return pieces[order[other]] if _SOFT.fullmatch(gap) else None

    changed = True
    while changed:
        changed = False
        for place, index in enumerate(order):
            piece = pieces[index]
            left, right = beside(place, -1), beside(place, 1)
            if piece.plain == "O" and piece.kind is _Kind.MAYBE_NUMBER and left and left.kind is _Kind.LETTER:
                pieces[index] = replace(piece, kind=_Kind.LETTER, form="O")
                changed = True
            elif piece.kind in _RESOLVED and (_takes(piece, left) or _takes(piece, right)):
                pieces[index] = replace(piece, kind=_RESOLVED[piece.kind])
                changed = True
            elif piece.kind is _Kind.MAYBE_DIGIT and _digit(left) and _digit(right):
                pieces[index] = replace(piece, kind=_Kind.NUMBER)
                changed = True
            elif piece.kind in (_Kind.HESITATION, _Kind.SIGN) and _part(left) and _part(right):
                pieces[index] = replace(piece, kind=_Kind.NUMBER if piece.kind is _Kind.HESITATION else _Kind.WORD)
                changed = True
            elif piece.kind is _Kind.PLUS and not _part(left) and right and right.kind is _Kind.NUMBER:
                pieces[index] = replace(piece, kind=_Kind.WORD)
                changed = True
    undecided = (*_RESOLVED, _Kind.MAYBE_DIGIT, _Kind.HESITATION, _Kind.SIGN, _Kind.PLUS)
    return [replace(piece, form=piece.plain) if piece.kind in undecided else piece for piece in pieces]


def _part(piece: _Piece | None) -> bool:
    return piece is not None and piece.kind in _PARTS


def _digit(piece: _Piece | None) -> bool:
    return piece is not None and piece.kind is _Kind.NUMBER and len(piece.form) == 1


def _takes(piece: _Piece, other: _Piece | None) -> bool:
    """Whether the neighbour makes `piece` a part of what is being spelled."""
    if piece.kind is _Kind.MAYBE_LETTER and other is not None:
        if other.kind is _Kind.MAYBE_LETTER:
            return True
        if other.plain in ("a", "I"):
            return False
    return _part(other)
