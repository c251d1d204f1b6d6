"""What leaves, and what stays: placeholders for whatever is private, by the owner's consent.

1. `restore(redact(x))` is x, to the letter.
2. Redacting what is redacted changes nothing: what was found is looked through again until nothing more is found.
3. A thing keeps its placeholder through the conversation, as long as the placeholders are handed on.
4. What may not leave at all is replaced as well, so that a turn of the past can't take it along.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from edge_agent.base.settings import Consent, PrivacySettings
from edge_agent.talk.mind.privacy.emails import emails
from edge_agent.talk.mind.privacy.ids import ids
from edge_agent.talk.mind.privacy.listed import listed
from edge_agent.talk.mind.privacy.numbers import accounts, cards, phones
from edge_agent.talk.mind.privacy.placeholders import LOOKS_LIKE_ONE, Category, Placeholders
from edge_agent.talk.mind.privacy.places import Found
from edge_agent.talk.mind.privacy.spoken import SEAL, Written, written

_WEIGHT = {category: at for at, category in enumerate(Category)}


class PrivacyClass(Enum):
    """Where a text may go."""

    LOCAL_ONLY = "local_only"  # nowhere
    REDACT = "redact"  # out, without what is private in it
    FREE = "free"  # out, as it is


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text that may leave."""

    text: str
    placeholders: Placeholders
    """Those of the conversation so far, and this text's."""
    held: Mapping[Category, int] = field(default_factory=dict)
    """How many things of which category stay here."""


@dataclass(frozen=True, slots=True)
class RedactedAll:
    """A conversation that may leave, message by message."""

    texts: tuple[str, ...]
    placeholders: Placeholders
    held: Mapping[Category, int]


def redact_all(texts: Sequence[str], settings: PrivacySettings, known: Placeholders | None = None) -> RedactedAll:
    """Return the messages of a conversation with placeholders: whatever goes to a model, persona and past included."""
    placeholders, asked, done = known or Placeholders(), "", []
    held: Counter[Category] = Counter()
    for text in texts:
        redacted = redact(text, settings, placeholders, asked)
        placeholders, asked = redacted.placeholders, redacted.text
        held.update(redacted.held)
        done.append(redacted.text)
    return RedactedAll(tuple(done), placeholders, dict(held))


def redact(text: str, settings: PrivacySettings, known: Placeholders | None = None, asked: str = "") -> Redacted:
    """Return `text` with placeholders.

    `known` are the conversation's placeholders so far; `asked` is what was said to the user just before, as it was
    sent: after "What is your phone number?" seven digits are one.
    """
    placeholders = known or Placeholders()
    held: Counter[Category] = Counter()
    text, placeholders = _without_lookalikes(text, placeholders)
    while spans := _private(text, settings, asked):
        out, at = [], 0
        for start, end, category, value in spans:
            placeholders, name = placeholders.adding(category, value, text[start:end])
            held[category] += 1
            out += [text[at:start], name]
            at = end
        text = "".join([*out, text[at:]])
    return Redacted(text, placeholders, dict(held))


def class_of(text: str, settings: PrivacySettings, asked: str = "") -> PrivacyClass:
    """Return where `text` may go."""
    if settings.local_only:
        return PrivacyClass.LOCAL_ONLY
    held = redact(text, settings, asked=asked).held
    if any(_consent(settings, category) is Consent.BLOCK for category in held):
        return PrivacyClass.LOCAL_ONLY
    return PrivacyClass.REDACT if held else PrivacyClass.FREE


def _consent(settings: PrivacySettings, category: Category) -> Consent:
    return {
        Category.CARD: settings.when_card,
        Category.ACCOUNT: settings.when_account,
        Category.ID: settings.when_id,
        Category.EMAIL: settings.when_email,
        Category.PHONE: settings.when_phone,
        Category.ADDRESS: settings.when_address,
        Category.NAME: settings.when_name,
        Category.TEXT: Consent.REDACT,
    }[category]


def _without_lookalikes(text: str, known: Placeholders) -> tuple[str, Placeholders]:
    """Put placeholders for what the user said that could be taken for one, but isn't."""
    out, at, placeholders = [], 0, known
    for found in LOOKS_LIKE_ONE.finditer(text):
        name = found[0]
        if name not in known.originals:
            placeholders, name = placeholders.adding(Category.TEXT, found[0], found[0])
        out += [text[at : found.start()], name]
        at = found.end()
    return "".join([*out, text[at:]]), placeholders


def _private(text: str, settings: PrivacySettings, asked: str) -> list[tuple[int, int, Category, str]]:
    """Return what is to be replaced: letters [start, end) of `text`, its category and its value, left to right."""
    # The question stands before the answer as its context, sealed off: no number begins in one and ends in the other.
    lead = f"{asked} {SEAL} " if asked else ""
    form = written(lead + text)
    found = [place for place in _everything(form, settings) if _consent(settings, place.category) is not Consent.ALLOW]
    spans = []
    for place in _joined(found):
        start, end = form.span(place.start, place.end)
        if start >= len(lead):
            value = "".join(letter for letter in form.text[place.start : place.end].lower() if letter.isalnum())
            spans.append((start - len(lead), end - len(lead), place.category, value))
    return spans


def _everything(form: Written, settings: PrivacySettings) -> list[Found]:
    finders = (cards, accounts, ids, emails, phones)
    found = [place for finder in finders for place in finder(form.text)]
    return found + list(listed(form.text, settings.names, settings.addresses))


def _joined(found: Sequence[Found]) -> list[Found]:
    """Make one of those that overlap, so that no end of one is left; the weightiest category names it."""
    joined: list[Found] = []
    for place in sorted(found, key=lambda place: (place.start, -place.end)):
        if joined and place.start < joined[-1].end:
            last = joined[-1]
            category = min(last.category, place.category, key=_WEIGHT.__getitem__)
            joined[-1] = Found(category, last.start, max(last.end, place.end))
        else:
            joined.append(place)
    return joined
