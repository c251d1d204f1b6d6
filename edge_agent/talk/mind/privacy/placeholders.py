"""Stand-ins for what stays here, and how they become the real words again in the reply.

1. `[CARD_1]` is one thing throughout a conversation, however often it is said. Said in another form ("four one one
   one" after "4111"), it is `[CARD_1_2]`: whoever reads it sees that it is the same, and what is put back is
   what was said.
2. What looks like a placeholder and is none is not left to be taken for one: neither in the user's words (it becomes
   a `[TEXT_1]` itself) nor in a reply (a model that makes up `[CARD_9]` has said "your card").
3. Models change a placeholder's brackets and case now and then; what can only be a placeholder is understood anyway.
4. A reply is restored line by line, as it is to be said. No line ends within a placeholder: that has no space.
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
    return LOOKS_LIKE_ONE.sub(lambda found: _meant(found[0], placeholders), text)


def _meant(found: str, placeholders: Placeholders) -> str:
    name = f"[{found.strip('<>[]{}').upper()}]"
    return placeholders.originals.get(name, _SAID[Category[name[1:].partition("_")[0]]])
