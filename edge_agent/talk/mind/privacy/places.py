"""Where in a text a finder found something, and the digits of a text with their surroundings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from edge_agent.talk.mind.privacy.placeholders import Category

GAP = r"(?:(?:\s?[-–‐/.]\s?|\)\s?-?\s?|\s\(|,\s?|\.\s|\.\.\.\s?|…\s?|\s{1,3}){1,2})"
"""What may stand between two digits of one number, said or written."""

_RUN = re.compile(rf"(?<![\w:$€£¥])(?<!\d[.,])\(?\d+(?:{GAP}\d+)*(?![\w%°])")

_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")


@dataclass(frozen=True, slots=True)
class Found:
    """Something private: letters [start, end) of the written form."""

    category: Category
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Run:
    """Digits that stand together, as one number or several."""

    digits: str
    places: tuple[int, ...]
    """Where in the written form each digit stands."""
    groups: tuple[str, ...]
    """The digits as they were grouped."""
    before: str
    """What was said just before, small letters."""
    after: str
    """What was said just after, small letters."""

    thousands: bool = False
    """Whether they are written as one large number is: "4,111,111". Speech to text writes what was dictated so, too."""

    @property
    def start(self) -> int:
        return self.places[0]

    @property
    def end(self) -> int:
        return self.places[-1] + 1

    def from_group(self, first: int) -> "Run":
        """Return the run without what stands before its group number `first`."""
        skipped = sum(map(len, self.groups[:first]))
        return Run(
            self.digits[skipped:], self.places[skipped:], self.groups[first:], self.before, self.after, self.thousands
        )

    def ends_group(self, length: int) -> bool:
        """Whether a group ends with digit number `length`."""
        total = 0
        for group in self.groups:
            total += len(group)
            if total >= length:
                return total == length
        return False


AROUND = 48
"""Letters before and after a number in which the words stand that say what it is: about eight words."""


def runs(text: str) -> Iterator[Run]:
    """Yield what digits a written form has, from left to right."""
    for found in _RUN.finditer(text):
        places = tuple(at for at in range(found.start(), found.end()) if text[at].isdecimal() and text[at].isascii())
        if places:
            before = text[max(0, found.start() - AROUND) : found.start()].lower()
            after = text[found.end() : found.end() + AROUND].lower()
            groups = tuple(re.findall("[0-9]+", found[0]))
            yield Run("".join(groups), places, groups, before, after, bool(_THOUSANDS.fullmatch(found[0])))


def compact(text: str, start: int) -> Iterator[tuple[str, int]]:
    """Yield letters and digits from `start` on, capital, with their places, as long as only gaps stand between."""
    at = start
    while at < len(text):
        if text[at].isascii() and text[at].isalnum():
            yield text[at].upper(), at
            at += 1
        elif gap := re.match(GAP, text[at:]):
            at += gap.end()
        else:
            return
