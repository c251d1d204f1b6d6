"""Stand-ins for what stays here, and how they become the real words again in the reply.

1. `[CARD_1]` is one thing throughout a conversation, however often it is said. Said in another form ("four one one
   one" after "4111"), it is `[CARD_1_2]`: whoever reads it sees that it is the same, and what is put back is
   what was said.
2. What looks like a placeholder and is none is not left to be taken for one: neither in the user's words (it becomes
   a `[TEXT_1]` itself) nor in a reply (a model that makes up `[CARD_9]` has said "your card").
3. Models change a placeholder's brackets and case now and then; what can only be a placeholder is understood anyway.
4. A reply comes in pieces, and a placeholder may come in two. Nothing is held back longer than it takes to know.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Category(StrEnum):
    """What kind of thing a private word is. Earlier ones weigh more where two overlap."""

    CARD = "card"
    ACCOUNT = "account"
    ID = "id"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    NAME = "name"
    TEXT = "text"  # what looks like a placeholder and is none


_SAID = {
    Category.CARD: "your card",
    Category.ACCOUNT: "your account",
    Category.ID: "your number",
    Category.EMAIL: "your email address",
    Category.PHONE: "your phone number",
    Category.ADDRESS: "your address",
    Category.NAME: "that person",
    Category.TEXT: "that",
}
"""What a placeholder says that stands for nothing."""

_KINDS = "|".join(category.name for category in Category)
_CORE = rf"(?:{_KINDS})_[0-9]{{1,4}}(?:_[0-9]{{1,4}})?"
PLACEHOLDER = rf"\[{_CORE}\]"
"""A pattern of what `redact` writes. Small models repeat square brackets far more often than angle ones."""

LOOKS_LIKE_ONE = re.compile(
    rf"[<\[{{]{_CORE}[>\]}}]|(?<![A-Za-z0-9_])\[?{_CORE}(?![A-Za-z0-9_])\]?", re.IGNORECASE | re.ASCII
)
"""What a model may make of it, and what would be taken for it in anybody's words."""

_LONGEST = 24
"""Letters of the longest form of a placeholder."""


@dataclass(frozen=True, slots=True)
class Placeholders:
    """What stands for what, in one conversation. Immutable: adding returns a new one."""

    originals: Mapping[str, str] = field(default_factory=dict)
    """Placeholder -> the words that it stands for."""
    values: Mapping[str, int] = field(default_factory=dict)
    """Category and value, without regard to form -> the number of its placeholders."""

    def adding(self, category: Category, value: str, original: str) -> tuple["Placeholders", str]:
        """Return the placeholder for `original`, whose meaning is `value`, and the placeholders with it."""
        key = f"{category.value} {value}"
        numbers = [number for known, number in self.values.items() if known.startswith(f"{category.value} ")]
        at = self.values.get(key, max(numbers, default=0) + 1)
        form = 1
        while True:
            name = f"[{category.name}_{at}]" if form == 1 else f"[{category.name}_{at}_{form}]"
            if self.originals.get(name, original) == original:
                break
            form += 1
        return Placeholders({**self.originals, name: original}, {**self.values, key: at}), name

    def used_in(self, texts: Sequence[str]) -> "Placeholders":
        """Return those that stand in one of these texts: what nobody speaks of any more is forgotten."""
        originals = {name: words for name, words in self.originals.items() if any(name in text for text in texts)}
        begun = {"_".join(name.strip("[]").split("_")[:2]) for name in originals}
        values = {key: at for key, at in self.values.items() if f"{key.split()[0].upper()}_{at}" in begun}
        return Placeholders(originals, values)


def restore(text: str, placeholders: Placeholders) -> str:
    """Return `text` with the real words in place of the placeholders."""
    return _restored(text, 0, placeholders)


class Restorer:
    """Restores a reply that comes in pieces. The pieces' boundaries change nothing: it is `restore` of the whole."""

    def __init__(self, placeholders: Placeholders) -> None:
        self._placeholders = placeholders
        self._held = ""
        self._before = ""
        """The last letter that was let go: "_" in front of "CARD_1" makes it a part of something else."""

    def feed(self, piece: str) -> str:
        """Return what can be said of the reply up to and with this piece."""
        self._held += piece
        text = self._before + self._held
        return self._let_go(_surely_whole(text, len(self._before)) - len(self._before))

    def finish(self) -> str:
        """Return what is still held back, when the reply is over."""
        return self._let_go(len(self._held))

    def _let_go(self, length: int) -> str:
        ready, self._held = self._held[:length], self._held[length:]
        told = _restored(self._before + ready, len(self._before), self._placeholders)
        self._before = ready[-1:] or self._before
        return told


def _restored(text: str, start: int, placeholders: Placeholders) -> str:
    """Return what `text` says from `start` on; what stands before that is only looked back at."""
    out, at = [], start
    for found in LOOKS_LIKE_ONE.finditer(text, start):
        out += [text[at : found.start()], _meant(found[0], placeholders)]
        at = found.end()
    return "".join([*out, text[at:]])


def _meant(found: str, placeholders: Placeholders) -> str:
    name = f"[{found.strip('<>[]{}').upper()}]"
    return placeholders.originals.get(name, _SAID[Category[name[1:].partition("_")[0]]])


_BEGUN = re.compile(r"[<\[{]?[A-Za-z]*(?:_[0-9]*){0,2}")


def _surely_whole(text: str, first: int) -> int:
    """Return up to where, from `first` on, no placeholder can change any more, whatever follows."""
    for start in range(max(first, len(text) - _LONGEST), len(text)):
        if (start == 0 or not _inside(text, start)) and _may_begin(text[start:]):
            return start
    return len(text)


def _inside(text: str, start: int) -> bool:
    """Whether a word goes through `start`: then no bare placeholder begins there."""
    return text[start] not in "<[{" and re.match("[A-Za-z0-9_]", text[start - 1]) is not None


def _may_begin(tail: str) -> bool:
    """Whether `tail` is a placeholder that is not over, or the beginning of one."""
    if not _BEGUN.fullmatch(tail):
        return False
    kind = tail.lstrip("<[{").upper()
    return any(kind.startswith(f"{category.name}_") or category.name.startswith(kind) for category in Category)
