"""Finds the numbers by which a state knows somebody: by shape and check digit, or by what they are called."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edge_agent.talk.mind.privacy import checks
from edge_agent.talk.mind.privacy.placeholders import Category
from edge_agent.talk.mind.privacy.places import AROUND, GAP, Found

_G = f"{GAP}?"


def _spaced(shape: str) -> str:
    """Return a pattern for a shape of A (letter), 9 (digit) and X (either), with gaps where they may be."""
    classes = {"A": "[A-Za-z]", "9": "[0-9]", "X": "[A-Za-z0-9]"}
    return _G.join(classes[letter] for letter in shape)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A number that is known by itself."""

    pattern: re.Pattern[str]
    check: Callable[[str], bool]


def _shape(pattern: str, check: Callable[[str], bool] = lambda _: True) -> _Shape:
    return _Shape(re.compile(rf"(?<![\w-]){pattern}(?![\w-])"), check)


_DASH = r"\s?[-–]\s?"
_SHAPES = (
    _shape(rf"\d ?\d ?\d{_DASH}\d ?\d{_DASH}\d ?\d ?\d ?\d", lambda digits: digits[3:5] != "00"),  # United States
    _shape(_spaced("AA999999") + _G + "[A-Da-d]", checks.nino),  # United Kingdom
    _shape(r"\d{3}\.\d{3}\.\d{3}-\d\d", checks.cpf),  # Brazil
    _shape(_spaced("99999999A"), checks.dni),  # Spain
    _shape("[XYZxyz]" + _G + _spaced("9999999A"), checks.dni),
    _shape(rf"[12]{_G}" + _spaced("99999999999999"), checks.nir),  # France
    _shape(r"[2-9]\d{3}[ -]\d{4}[ -]\d{4}", checks.verhoeff),  # India
    _shape(r"[A-Z]{5}\d{4}[A-Z]"),
    _shape(_spaced("AAAAAA99") + "[A-EHLMPR-Tabcdehlmprst]" + _spaced("99A999A")),  # Italy
    _shape(r"\d{6}[-+]\d{4}", checks.luhn),  # Sweden
)

_NAMES = re.compile(
    r"\b(?:social(?: security)?(?: insurance)?|s\.? ?s\.? ?n|national insurance|n\.?i\.?(?: number)|nino|passports?|"
    r"(?:driver'?s?|driving) licen[cs]e|licen[cs]e number|(?:id|identity|identification)(?: card)?(?: number)|"
    r"id card|identity card|national id(?:entity)?|medicare|medicaid|nhs|sin|tax(?:payer)?(?: file)?"
    r"(?: id\w*| number| identification)(?: number)?|itin|ein|tfn|aadh?aar|pan card|pesel|dni|nie|bsn|cpf|"
    r"personnummer|steuer ?(?:id\w*|nummer)|tax i ?d|codice fiscale|green card|visa number|alien number|"
    r"residence permit)\b"
)
_CODE = re.compile(
    rf"(?<![\w])(?:[A-HJ-Z](?:{GAP}[A-Z]){{0,2}}(?:{GAP}))?[A-Za-z]{{0,6}}\d[A-Za-z0-9]*"
    rf"(?:{GAP}(?:[A-Za-z]?\d+[A-Za-z]?|[B-HJ-Z](?![a-z'])))*(?!\w)"
)
_LAST_FOUR = re.compile(r"\b(?:last (?:four|4)|end(?:s|ing) (?:in|with))\b")
_CALLED_SO = re.compile(r"^\W{0,3}(?:[a-z']+\W{1,2}){0,5}$")
"""Between a number and what it is said to be: "is my", "look right for a"."""
_LATE = re.compile(r"\b(?:expir\w+|renew\w*|issued|valid|until|cost\w*|fee)\b")


def ids(text: str) -> Iterator[Found]:
    """Yield what a state issues."""
    for shape in _SHAPES:
        for found in shape.pattern.finditer(text):
            if shape.check(re.sub(r"[^A-Z0-9]", "", found[0].upper())):
                yield Found(Category.ID, *found.span())
    low = text.lower()
    for name in _NAMES.finditer(low):
        for code in _CODE.finditer(text, name.end(), min(len(text), name.end() + 2 * AROUND)):
            between = low[name.end() : code.start()]
            last_four = _LAST_FOUR.search(low[max(0, name.start() - AROUND) : code.start()]) is not None
            digits = sum(letter.isdecimal() for letter in code[0])
            if (
                len(between) <= AROUND
                and not _LATE.search(between)
                and (5 <= digits <= 16 or (last_four and digits == 4))
            ):
                yield Found(Category.ID, *code.span())
                break
        yield from _before(text, low, name.start())


def _before(text: str, low: str, named: int) -> Iterator[Found]:
    """Yield the number that is said to be what is named at `named`."""
    for code in _CODE.finditer(text, max(0, named - 2 * AROUND), named):
        digits = sum(letter.isdecimal() for letter in code[0])
        if 7 <= digits <= 16 and _CALLED_SO.match(low[code.end() : named]):
            yield Found(Category.ID, *code.span())
