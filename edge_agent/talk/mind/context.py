"""What the conversation remembers, and how the model is told.

1. Of the agent's words only those that were heard are kept. An answer that was interrupted ends in a dash, which a
   model reads as just that: cut off here.
2. An exchange in which nothing was said and nothing was cut off ("stop!") leaves no trace.
3. The memory is bounded: the oldest exchange goes first. The model's own context, in tokens, is trimmed where the
   tokens are counted.
"""

from dataclasses import dataclass, replace

from edge_agent.talk.mind.llm import Message

EXCHANGES_MAX = 16
"""About what fits a small model's context; a conversation seldom refers further back."""

CUT_OFF = "—"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn of the user and what he heard of the answer."""

    user: str
    agent: str
    interrupted: bool = False

    @property
    def reply(self) -> str:
        """The answer as the model is told."""
        return self.agent + CUT_OFF if self.interrupted else self.agent


@dataclass(frozen=True, slots=True)
class Memory:
    """The conversation so far."""

    exchanges: tuple[Exchange, ...] = ()
    exchanges_max: int = EXCHANGES_MAX

    def remember(self, user: str, heard: str, *, interrupted: bool = False) -> "Memory":
        """Add an exchange that is over."""
        exchange = Exchange(user.strip(), heard.strip(), interrupted)
        if not exchange.reply:
            return self
        return replace(self, exchanges=(*self.exchanges, exchange)[-self.exchanges_max :])

    def messages(self, system: str, user_text: str) -> list[Message]:
        """Return what the model is asked: the persona, the conversation so far, the new turn."""
        past = [
            message
            for exchange in self.exchanges
            for message in (Message("user", exchange.user), Message("assistant", exchange.reply))
        ]
        return [Message("system", system), *past, Message("user", user_text)]

    @property
    def last_reply(self) -> str:
        """What the user last heard."""
        return next((exchange.agent for exchange in reversed(self.exchanges) if exchange.agent), "")
