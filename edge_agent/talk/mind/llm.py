"""The language model as the rest of the agent sees it: a conversation in, words out while they are made."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from edge_agent.base.settings import MindSettings
from edge_agent.workers.process import Worker
from edge_agent.workers.wire import JSON

STOPS = ("\nUser:", "\nuser:", "\nAssistant:")
"""Where a small model begins to play the other side of the conversation."""

PUNCTUATION = " .,;:!?…-–—"

VALUE_TOKENS = 160
"""Of a JSON value at most."""

_REPLY, _WARM = 1, 0
"""Priorities: a reply overtakes the warming of another one."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


OnSentenceEnd = Callable[[float | None], None]


class Llm(Protocol):
    """Whatever makes replies."""

    def reply(self, messages: Sequence[Message], on_sentence_end: OnSentenceEnd = ...) -> AsyncGenerator[str, None]:
        """Yield the reply in pieces. Closing it (`contextlib.aclosing`) stops the work within a token.

        Before the first piece `on_sentence_end` is told how likely (0-1) a sentence ends with the last message's last
        word; None where it has none.
        """

    async def value(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Any:
        """Return a JSON value that is valid for `schema`; None if it came to no end. Cancelling stops the work.

        InputError for a schema that can't be kept to.
        """

    async def warm(self, messages: Sequence[Message]) -> None:
        """Prepare for a reply to a conversation that begins like this. Cancelling it is harmless."""


class LlamaLlm:
    """The local model, in its worker."""

    def __init__(self, worker: Worker, settings: MindSettings) -> None:
        self._worker = worker
        self._settings = settings

    async def reply(
        self, messages: Sequence[Message], on_sentence_end: OnSentenceEnd = lambda _: None
    ) -> AsyncGenerator[str, None]:
        """As in `Llm`; EngineError if the worker is lost on the way."""
        async with aclosing(self._worker.run(self._job("reply", messages), priority=_REPLY)) as items:
            async for item in items:
                if "sentence_end" in item.fields:
                    on_sentence_end(item.fields["sentence_end"])
                if text := item.fields.get("text"):
                    yield text

    async def value(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Any:
        """As in `Llm`; EngineError if the worker is lost on the way."""
        job = {
            "do": "value",
            "messages": [asdict(message) for message in messages],
            "schema": schema,
            "reply_tokens": VALUE_TOKENS,
        }
        said = ""
        async with aclosing(self._worker.run(job, priority=_REPLY)) as items:
            async for item in items:
                said = item.fields.get("text", said)
        try:
            return json.loads(said)
        except ValueError:
            return None

    async def warm(self, messages: Sequence[Message]) -> None:
        """Evaluate what the next reply's prompt begins with, so that it need not be then."""
        async with aclosing(self._worker.run(self._job("warm", messages), priority=_WARM)) as items:
            async for _ in items:
                pass

    def _job(self, do: str, messages: Sequence[Message]) -> dict[str, JSON]:
        return {
            "do": do,
            "messages": [asdict(message) for message in messages],
            # Speech-to-text puts a full stop behind anything.
            "words": messages[-1].content.rstrip(PUNCTUATION),
            "reply_tokens": self._settings.reply_tokens,
            "temperature": self._settings.temperature,
            "stop": STOPS,
        }
