"""The language model as the rest of the agent sees it: a conversation in, words out while they are made."""

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from edge_agent.base.errors import EngineError, EngineLostError
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


log = logging.getLogger(__name__)


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

    def adopt(self, other: "LlamaLlm") -> None:
        """Ask another's worker from now on, as that one would; what was asked already is answered by the old one."""
        self._worker, self._settings = other._worker, other._settings

    async def reply(
        self, messages: Sequence[Message], on_sentence_end: OnSentenceEnd = lambda _: None
    ) -> AsyncGenerator[str, None]:
        """As in `Llm`; EngineError if the worker is lost on the way, and its successor goes another."""
        said, told = "", False

        def tell_once(likely: float | None) -> None:
            nonlocal told
            if not told:
                on_sentence_end(likely)
            told = True

        try:
            async with aclosing(self._reply(messages, tell_once)) as pieces:
                async for piece in pieces:
                    said += piece
                    yield piece
            return
        except EngineLostError as lost:
            log.warning("a reply goes on with the next engine: %s", lost)
        async with aclosing(self._reply(messages, tell_once)) as pieces:
            async for piece in rest(said, pieces):
                yield piece

    async def _reply(self, messages: Sequence[Message], on_sentence_end: OnSentenceEnd) -> AsyncGenerator[str, None]:
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


async def rest(said: str, pieces: AsyncIterable[str]) -> AsyncGenerator[str, None]:
    """Yield what a reply has beyond what was `said` of it; EngineError if it is another reply.

    The likeliest words after the same words are the same words, unless the owner asked for chance (`temperature`).
    """
    again = ""
    async for piece in pieces:
        before, again = len(again), again + piece
        if not said.startswith(again) and not again.startswith(said):
            raise EngineError("the language model was lost, and its successor has another answer", hint="Ask again.")
        if new := again[max(before, len(said)) :]:
            yield new
    if len(again) < len(said):
        raise EngineError("the language model was lost, and its successor has a shorter answer", hint="Ask again.")
