"""What the conversation remembers, and how the model is told.

1. Of the agent's words only those that were heard are kept. An answer that was interrupted ends in a dash, which a
   model reads as just that: cut off here.
2. What was left unsaid of the answer that was cut off last is kept for "go on": until it has been said, or until so
   much was said since that nobody can mean it any more.
3. An exchange in which nothing was said and nothing was cut off ("stop!") leaves no trace.
4. What the agent said of its own accord (an alarm) answers nobody, so the model is not told; but it may be asked to
   repeat it or to go on.
5. The memory is bounded: the oldest exchange goes first. The model's own context, in tokens, is trimmed where the
   tokens are counted.
"""

from dataclasses import dataclass, replace

from edge_agent.talk.mind.llm import Message

EXCHANGES_MAX = 16
"""About what fits a small model's context; a conversation seldom refers further back."""

UNSAID_MAX = 3
"""Exchanges for which what was left unsaid is kept."""

CUT_OFF = "—"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn of the user and what he heard of the answer."""

    user: str
    """Empty where the agent spoke of its own accord."""
    agent: str
    unheard: str = ""
    """The rest of it, as far as that was known; empty when all of it was heard."""
    by: str = ""
    """Who answered, as the turn's record calls it."""
    cut_off: bool = False
    """Whether there was more to come, known or not."""

    @property
    def reply(self) -> str:
        """The answer as the model is told."""
        return self.agent + CUT_OFF if self.cut_off else self.agent


@dataclass(frozen=True, slots=True)
class Memory:
    """The conversation so far."""

    exchanges: tuple[Exchange, ...] = ()
    exchanges_max: int = EXCHANGES_MAX

    def remember(self, user: str, heard: str, unheard: str = "", *, cut_off: bool = False, by: str = "") -> "Memory":
        """Add an exchange that is over; `unheard` is what is known of what was cut off."""
        exchange = Exchange(user.strip(), heard.strip(), unheard.strip(), by, cut_off or unheard.strip() != "")
        if not exchange.reply:
            return self
        return replace(self, exchanges=(*self.exchanges, exchange)[-self.exchanges_max :])

    def messages(self, system: str, user_text: str) -> list[Message]:
        """Return what the model is asked: the persona, the conversation so far, the new turn."""
        return [*self.beginning(system), Message("user", user_text)]

    def beginning(self, system: str) -> list[Message]:
        """Return what the next prompt begins with, whatever will be said: it can be read ahead."""
        past = [
            message
            for exchange in self.exchanges
            if exchange.user
            for message in (Message("user", exchange.user), Message("assistant", exchange.reply))
        ]
        return [Message("system", system), *past]

    @property
    def last_reply(self) -> str:
        """What the user last heard."""
        return next((exchange.agent for exchange in reversed(self.exchanges) if exchange.agent), "")

    @property
    def asks(self) -> bool:
        """Whether that was a question, and an answer is to be expected."""
        return self.last_reply.endswith("?")

    @property
    def answered_by(self) -> str:
        """Who gave the last answer to the user; empty at the beginning."""
        return next((exchange.by for exchange in reversed(self.exchanges) if exchange.user), "")

    @property
    def unheard(self) -> str:
        """What was left unsaid of the answer that was cut off last; empty when it has been said since."""
        said_since: set[str] = set()
        for exchange in reversed(self.exchanges[-UNSAID_MAX:]):
            if exchange.unheard:
                return "" if exchange.unheard in said_since else exchange.unheard
            said_since.add(exchange.agent)
        return ""
