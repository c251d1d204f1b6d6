"""The one place through which everything passes that leaves the device, and what comes back.

What may not leave is replaced on the way out, in all messages together, so that a placeholder means the same in each;
on the way back the placeholders are replaced again, phrase by phrase. What does the replacing is brought by the caller.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

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
class Outgoing:
    """What is sent, word for word."""

    messages: tuple[Message, ...]
    restore: Callable[[str], str]
    held: Mapping[str, int]
    """How many things of which category stay here."""


def outgoing(messages: Sequence[Message], redact: Redact) -> Outgoing:
    """Return what may leave of these messages."""
    cleared = redact([message.content for message in messages])
    sent = tuple(replace(message, content=text) for message, text in zip(messages, cleared.texts, strict=True))
    return Outgoing(sent, cleared.restore, cleared.held)
