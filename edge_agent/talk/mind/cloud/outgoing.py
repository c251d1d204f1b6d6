"""The one place through which everything passes that leaves the device, and what comes back.

What may not leave is replaced on the way out, in all messages together, so that a placeholder means the same in each;
on the way back the placeholders are replaced again, phrase by phrase. What does the replacing is brought by the caller.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from edge_agent.talk.mind.llm import Message


@dataclass(frozen=True, slots=True)
class Cleared:
    """Texts that may leave."""

    texts: tuple[str, ...]
    """One for each that was given."""
    restore: Callable[[str], str] = str
    """Puts back, in a phrase of the reply, what was taken out."""
    held: Mapping[str, int] = field(default_factory=dict)
    """How many things of which category were."""


Redact = Callable[[Sequence[str]], Cleared]
"""Takes the texts of all messages, the persona and the past included."""


def nothing_hidden(texts: Sequence[str]) -> Cleared:
    """Redact nothing."""
    return Cleared(tuple(texts))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call that a cloud model wants made."""

    id: str
    name: str
    arguments: str
    """As it wrote them: JSON, if all is well."""


@dataclass(frozen=True, slots=True)
class Made:
    """What it wanted, and what came of it."""

    wanted: Wanted
    result: str
    """What may leave of it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool, as a cloud model is told of it."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is sent, word for word."""

    messages: tuple[Message, ...]
    restore: Callable[[str], str]
    held: Mapping[str, int]
    """How many things of which category stay here."""
    offers: tuple[Offer, ...] = ()
    """What it may want called."""
    made: tuple[tuple[Made, ...], ...] = ()
    """The calls that were made in this turn, round by round."""

    @property
    def texts(self) -> list[str]:
        """All of it, for whoever counts or shows it."""
        offers = [f"{offer.name}: {offer.description} {json.dumps(offer.schema)}" for offer in self.offers]
        made = [each for round_ in self.made for each in round_]
        results = [text for each in made for text in (each.wanted.arguments, each.result)]
        return [*(message.content for message in self.messages), *offers, *results]


def outgoing(messages: Sequence[Message], redact: Redact, offers: Sequence[Offer] = ()) -> Outgoing:
    """Return what may leave of these messages; the offers are the owner's own words."""
    cleared = redact([message.content for message in messages])
    sent = tuple(replace(message, content=text) for message, text in zip(messages, cleared.texts, strict=True))
    return Outgoing(sent, cleared.restore, cleared.held, tuple(offers))


def following(sent: Outgoing, wanted: Sequence[Wanted], results: Sequence[str], redact: Redact) -> Outgoing:
    """Return what may leave once these calls were made."""
    cleared = redact(results)
    made = tuple(Made(each, text) for each, text in zip(wanted, cleared.texts, strict=True))
    held = {name: sent.held.get(name, 0) + cleared.held.get(name, 0) for name in {*sent.held, *cleared.held}}
    return replace(sent, restore=cleared.restore, held=held, made=(*sent.made, made))


def restored(value: Any, restore: Callable[[str], str]) -> Any:
    """Return the arguments of a call with what was taken out put back, however deep."""
    match value:
        case str():
            return restore(value)
        case Mapping():
            return {name: restored(each, restore) for name, each in value.items()}
        case list():
            return [restored(each, restore) for each in value]
    return value
