"""Numbers as words, in English."""

from functools import cache
from typing import Any

LONGEST = 15
"""Digits of the longest number that has words. Nobody follows a quadrillion anyway."""

DIGITS = ("oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def cardinal(number: str) -> str:
    """Return "1,250.5" as "one thousand two hundred fifty point five"; leading zeros are read digit by digit."""
    number = number.replace(",", "")
    whole, _, decimals = number.partition(".")
    if len(whole.lstrip("-−")) > 1 and whole.lstrip("-−").startswith("0"):
        return one_by_one(number)
    words = _words(whole.replace("−", "-"), "spellout-cardinal")
    return f"{words} point {' '.join('zero' if d == '0' else DIGITS[int(d)] for d in decimals)}" if decimals else words


def ordinal(number: int) -> str:
    """Return 21 as "twenty first"."""
    return _words(str(number), "spellout-ordinal")


def year(number: int) -> str:
    """Return 1984 as "nineteen eighty four"."""
    return _words(str(number), "spellout-numbering-year")


def one_by_one(number: str) -> str:
    """Return the digits of `number`, as a telephone number is read."""
    return " ".join(DIGITS[int(digit)] for digit in number if digit.isdigit())


def plural(word: str) -> str:
    """Return "sixty" as "sixties", "third" as "thirds"."""
    return word[:-1] + "ies" if word.endswith("y") else word + "s"


def _words(number: str, rules: str) -> str:
    if len(number.lstrip("-")) > LONGEST:
        return ("minus " if number.startswith("-") else "") + one_by_one(number)
    text: str = _engine().format_number(number, ruleset_names=[rules]).text
    return text.replace("-", " ")


@cache
def _engine() -> Any:
    from unicode_rbnf import RbnfEngine

    return RbnfEngine.for_language("en")
