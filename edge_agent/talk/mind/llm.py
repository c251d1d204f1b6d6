"""The language model as the rest of the agent sees it: a conversation in, words out while they are made."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from typing import Literal, Protocol

from edge_agent.base.errors import EngineError
from edge_agent.base.settings import MindSettings
from edge_agent.workers.process import Worker
from edge_agent.workers.wire import JSON

STOPS = ("\nUser:", "\nuser:", "\nAssistant:")
"""Where a small model begins to play the other side of the conversation."""

PUNCTUATION = " .,;:!?…-–—"

_REPLY, _WARM = 1, 0
"""Priorities: a reply overtakes the warming of another one."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Llm(Protocol):
    """Whatever makes replies."""

    def reply(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """Yield the reply in pieces. Closing it (`contextlib.aclosing`) stops the work within a token."""

    async def warm(self, messages: Sequence[Message]) -> None:
        """Prepare for a reply to a conversation that begins like this. Cancelling it is harmless."""

    async def sentence_end(self, messages: Sequence[Message]) -> float | None:
        """How likely (0-1) a sentence ends with the last message's last word; None where it has none.

        It reads what a reply to the same messages would have to read anyway.
        """


class LlamaLlm:
    """The local model, in its worker."""

    def __init__(self, worker: Worker, settings: MindSettings) -> None:
        self._worker = worker
        self._settings = settings

    async def reply(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """Yield the reply in pieces; EngineError if the worker is lost on the way."""
        async with aclosing(self._worker.run(self._job("reply", messages), priority=_REPLY)) as items:
            async for item in items:
                if text := item.fields.get("text"):
                    yield text

    async def warm(self, messages: Sequence[Message]) -> None:
        """Evaluate what the next reply's prompt begins with, so that it need not be then."""
        async with aclosing(self._worker.run(self._job("warm", messages), priority=_WARM)) as items:
            async for _ in items:
                pass

    async def sentence_end(self, messages: Sequence[Message]) -> float | None:
        """As in `Llm`; EngineError if the worker is lost on the way."""
        *before, last = messages
        # Speech-to-text puts a full stop behind anything.
        words = last.content.rstrip(PUNCTUATION)
        if not words:
            return None
        asked = self._job("sentence_end", [*before, replace(last, content=words)])
        async with aclosing(self._worker.run(asked, priority=_REPLY)) as items:
            async for item in items:
                if (likelihood := item.fields.get("sentence_end")) is not None:
                    return float(likelihood)
        raise EngineError("the language model ended a job without a word about it", hint="Try again.")

    def _job(self, do: str, messages: Sequence[Message]) -> dict[str, JSON]:
        return {
            "do": do,
            "messages": [asdict(message) for message in messages],
            "reply_tokens": self._settings.reply_tokens,
            "temperature": self._settings.temperature,
            "stop": STOPS,
        }
