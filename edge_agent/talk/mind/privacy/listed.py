"""Finds the names and addresses that the owner listed, however they are said.

A name is found whole, in its parts, and spelled. One that is also an ordinary word ("Will", "May") is found where it
is written as a name. An address is found with or without its town, "St" or "Street", "12" or "one two"; a town alone
is nobody's address.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from edge_agent.talk.mind.privacy.placeholders import Category
from edge_agent.talk.mind.privacy.places import GAP, Found

_ORDINARY = frozenset(
    "will mark may rose hope grace art bill bob jack june april august summer autumn faith joy frank grant chase "
    "rich pat sue drew dawn ray rob nick gene guy dean dale glen cliff sandy penny ruby ivy lily daisy olive "
    "violet robin jay pearl crystal amber ginger melody harmony charity christian earl duke king prince major "
    "miles victor van hunter carter cook baker smith young white brown green black gray grey stone wood woods "
    "field fields hill hills lane park parks banks brooks rivers snow frost winter day long short small little "
    "best good price cash love case page rice berry bell ball cross church bishop pope knight archer fisher mason "
    "potter turner walker ward wells marsh moon star sky del de von der la le el san bar do".split()
)
_AFTER_A_WORD = frozenset(
    "i you he she it we they there this that the a an my your his her our their these those anyone somebody "
    "someone everyone people not be any all as down up of power".split()
)
"""What follows "Will", "May" or "Mark" where it opens a sentence and is no name."""

_STREETS = {
    "st": "street", "str": "street", "ave": "avenue", "av": "avenue", "rd": "road", "ln": "lane", "dr": "drive",
    "blvd": "boulevard", "ct": "court", "pl": "place", "sq": "square", "hwy": "highway", "apt": "apartment",
    "n": "north", "s": "south", "e": "east", "w": "west", "ter": "terrace", "cres": "crescent", "pkwy": "parkway",
    "fl": "floor",
}  # fmt: skip


_MONTHS = frozenset("april may june july august".split())
_IN_A_MONTH = re.compile(
    r"\b(?:in|of|since|until|till|by|last|next|this|early|late|mid|from|through|before|after|\d+|st|nd|rd|th)\W+$"
)
_OF_A_DATE = re.compile(r"\W{1,2}\d+(?!\d)(?! [a-z]{3,}s\b)")
"""A day or a year; "May ten dollars" is what somebody of that name gets."""


_STREET_WORDS = frozenset(_STREETS) | frozenset(_STREETS.values()) | frozenset("way close row walk alley".split())


def listed(text: str, names: Sequence[str], addresses: Sequence[str]) -> Iterator[Found]:
    """Yield what of `names` and `addresses` is in the written form `text`."""
    for name in names:
        yield from _names(text, name)
    for address in addresses:
        for pattern in _address(address):
            yield from (Found(Category.ADDRESS, *found.span()) for found in pattern.finditer(text))


def _names(text: str, name: str) -> Iterator[Found]:
    whole, parts = _name(name)
    yield from (Found(Category.NAME, *found.span()) for found in whole.finditer(text))
    for part, pattern in parts:
        for found in pattern.finditer(text):
            if part.lower() not in _ORDINARY or _written_as_a_name(text, found):
                yield Found(Category.NAME, *found.span())


@lru_cache(maxsize=256)
def _name(name: str) -> tuple[re.Pattern[str], tuple[tuple[str, re.Pattern[str]], ...]]:
    """Return a pattern for the whole name, and one for each part that may stand alone."""
    parts = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", name)
    joined = r"[\s,.'’-]{1,3}".join(map(_form, parts))
    alone = tuple((part, _plural(part)) for part in parts if len(part) >= 2) if len(parts) > 1 else ()
    if len(parts) == 1 and parts[0].lower() in _ORDINARY:
        return _bounded("(?!)"), ((parts[0], _bounded(_form(parts[0]))),)
    return _bounded(joined or "(?!)"), alone


def _form(part: str) -> str:
    """Return a pattern for a name, said or spelled."""
    plain = re.escape(part).replace("'", "['’]")
    # A spelled O is heard as a zero.
    spelled = GAP.join("[o0]" if letter in "oO" else re.escape(letter) for letter in part if letter.isalpha())
    return rf"(?:{plain}|{spelled})" if len(part) > 2 else plain


def _bounded(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)


def _plural(part: str) -> re.Pattern[str]:
    """Return a pattern for a name, or for the family of that name ("the Kowalskis") without the plural's ending."""
    end = r"(?=(?:e?s)?(?!\w))" if len(part) > 4 else r"(?!\w)"
    return re.compile(rf"(?<!\w){_form(part)}{end}", re.IGNORECASE)


def _written_as_a_name(text: str, found: re.Match[str]) -> bool:
    if not found[0][0].isupper():
        return False
    opens = re.search(r"(?:^|[.!?…:]\s*|[\"“]\s*)$", text[: found.start()])
    following = re.match(r"\W*([\w']+)", text[found.end() :])
    if found[0].lower() in _MONTHS and (
        _IN_A_MONTH.search(text[: found.start()].lower()) or _OF_A_DATE.match(text[found.end() :])
    ):
        return False
    # Between words with small letters a capital is a name; where a sentence opens, what follows tells.
    return not opens or (
        following is not None and not following[1][0].isdecimal() and following[1].lower() not in _AFTER_A_WORD
    )


@lru_cache(maxsize=256)
def _address(address: str) -> tuple[re.Pattern[str], ...]:
    """Return patterns: the first line and whatever follows of the rest, each line with digits, each street."""
    lines = [words for line in address.split(",") if (words := re.findall(r"\w+", line))]
    if not lines:
        return ()
    first, *rest = map(_line, lines)
    patterns = [first + "".join(rf"(?:{GAP}{line})?" for line in rest)]
    for words in lines:
        if any(letter.isdecimal() for word in words for letter in word):
            patterns.append(_line(words))
        street = [word for word in words if not word[0].isdecimal()]
        if len(street) > 1 and street[-1].lower() in _STREET_WORDS:
            house = next((word for word in words if word[0].isdecimal()), "")
            patterns.append(
                GAP.join(map(_address_word, street)) + (rf"(?:{GAP}{_address_word(house)})?" if house else "")
            )
    return tuple(map(_bounded, patterns))


def _line(words: Sequence[str]) -> str:
    """Return a pattern for one line. After a house number "Street" is left out more often than not."""
    if len(words) > 2 and words[0][0].isdecimal() and words[-1].lower() in _STREET_WORDS:
        return f"{_line(words[:-1])}(?:{GAP}{_address_word(words[-1])})?"
    return GAP.join(map(_address_word, words))


def _address_word(word: str) -> str:
    low = word.lower()
    if re.search(r"\d", word):
        return f"{GAP}?".join(re.escape(letter) for letter in word)
    same = {short for short, long in _STREETS.items() if long == _STREETS.get(low, low)}
    forms = sorted({low, _STREETS.get(low, low), *same}, key=len, reverse=True)
    return rf"(?:{'|'.join(map(re.escape, forms))})\.?"
