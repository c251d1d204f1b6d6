"""The one place through which everything passes that leaves the device, and what comes back.

What may not leave is replaced on the way out, all messages in one go, so that a placeholder means the same in each; on
the way back the placeholders are replaced again, phrase by phrase. What does the replacing is brought by the caller.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from edge_agent.talk.mind.llm import Message

BETWEEN = "\n\x1e\n"
"""Between two messages: ASCII's own record separator, which nobody says."""

Placeholders = Mapping[str, str]
Redact = Callable[[str], tuple[str, Placeholders]]
"""Returns the text without what may not leave, and what stands for what."""


def nothing_hidden(text: str) -> tuple[str, Placeholders]:
    """Redact nothing."""
    return text, {}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is sent, word for word."""

    messages: tuple[Message, ...]
    placeholders: Placeholders

    def restore(self, text: str) -> str:
        """Put back what was taken out."""
        for placeholder, original in self.placeholders.items():
            text = text.replace(placeholder, original)
        return text


def outgoing(messages: Sequence[Message], redact: Redact) -> Outgoing:
    """Return what may leave of these messages."""
    text, placeholders = redact(BETWEEN.join(message.content.replace("\x1e", " ") for message in messages))
    contents = text.split(BETWEEN)
    assert len(contents) == len(messages), "the redactor leaves the separators alone"
    sent = tuple(replace(message, content=content) for message, content in zip(messages, contents, strict=True))
    return Outgoing(sent, placeholders)
