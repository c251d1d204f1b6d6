"""Number words as digits, the way people dictate: "four one", "forty-one", "seven hundred and four", "double four".

A number that is one number ("twenty five") becomes one group of digits; two in a row ("twenty, five") stay two.
"""

from collections.abc import Sequence

_ONES = "zero one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()

UNITS = {word: value for value, word in enumerate(_ONES)} | {"nought": 0, "naught": 0, "niner": 9, "fower": 4}
"""Words that are one digit."""

_BELOW_HUNDRED = UNITS | {word: value for value, word in enumerate(_TEENS, 10)}
_TENFOLD = {word: 10 * value for value, word in enumerate(_TENS, 2)} | {"fourty": 40}

REPEATS = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
"""Words that say the next digit or letter more than once."""


def number(words: Sequence[str]) -> tuple[str, int]:
    """Return the digits of the number that `words` (small letters) begin with, and how many words it takes; ("", 0)."""
    value, used = _below_thousand(words)
    if used and value and words[used : used + 1] == ["thousand"]:
        used += 1
        value *= 1000
        joined = used + (words[used : used + 1] == ["and"])
        rest, more = _below_thousand(words[joined:])
        if more and not _digits_go_on(words, joined + more):
            return str(value + rest), joined + more
    return (str(value), used) if used else ("", 0)


def _below_thousand(words: Sequence[str]) -> tuple[int, int]:
    value, used = _below_hundred(words)
    if used and 1 <= value <= 99 and words[used : used + 1] == ["hundred"]:
        value, used = 100 * value, used + 1
        said_and = words[used : used + 1] == ["and"]
        rest, more = _below_hundred(words[used + said_and :])
        # "eight hundred five five five" is a dialling code and what follows it; "eight hundred five" is one number.
        if more and rest and (said_and or not _digits_go_on(words, used + more)):
            return value + rest, used + said_and + more
    return value, used


def _below_hundred(words: Sequence[str]) -> tuple[int, int]:
    first = words[0] if words else ""
    if first in _TENFOLD:
        unit = UNITS.get(words[1], 0) if len(words) > 1 else 0
        return _TENFOLD[first] + unit, 1 + bool(unit)
    return (_BELOW_HUNDRED[first], 1) if first in _BELOW_HUNDRED else (0, 0)


def _digits_go_on(words: Sequence[str], at: int) -> bool:
    return at < len(words) and (words[at] in _BELOW_HUNDRED or words[at] in _TENFOLD or words[at] in ("oh", "o"))
