"""The drafts that are alive, each with the work that goes on for it.

A draft's work ends in one of three ways: it is done, it is stopped, or it fails; a failure is told to the turn machine
as `ReplyFailed`, whether an engine was lost or the mistake is our own. Nothing else ends a conversation.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from edge_agent.app.draft import Draft
from edge_agent.app.happenings import Noted, NothingSaid, Watch
from edge_agent.app.questions import Question
from edge_agent.base.errors import EngineError
from edge_agent.base.events import DraftEmpty, Event, ReplyFailed

log = logging.getLogger(__name__)

UNDO_S = 5.0
"""The longest that a tool may take to take something back."""


class Drafts:
    """Lives on the running loop."""

    def __init__(self, post: Callable[[Event], None], watch: Watch) -> None:
        self._post = post
        self._watch = watch
        self._alive: dict[int, Draft] = {}
        self._work: dict[int, set[asyncio.Task[None]]] = {}
        self._taking_back: set[asyncio.Task[None]] = set()

    def __getitem__(self, number: int) -> Draft:
        return self._alive[number]

    def get(self, number: int) -> Draft | None:
        """Return the draft if it is still alive."""
        return self._alive.get(number)

    def begin(self, draft: Draft, question: Question) -> Draft:
        """Give life to a draft, and return it."""
        self._alive[draft.number] = draft
        self.beside(draft, self._attempt(draft, question))
        return draft

    def beside(self, draft: Draft, work: Coroutine[Any, Any, None]) -> None:
        """Do some work for a draft, as long as the draft lives."""
        task = asyncio.get_running_loop().create_task(work)
        self._work.setdefault(draft.number, set()).add(task)
        task.add_done_callback(lambda done: self._done(draft.number, done))

    def stop(self, number: int) -> None:
        """Stop its work; what is known of it stays."""
        if draft := self.get(number):
            draft.silence()
        for task in self._work.pop(number, set()):
            task.cancel()

    def end(self, number: int) -> None:
        """Stop its work and forget it."""
        self.stop(number)
        self._alive.pop(number, None)

    def revoke(self, number: int) -> None:
        """End it as if it had never been: what its tools did is taken back, as far as they know how."""
        draft = self.get(number)
        self.end(number)
        if draft and draft.calls.undos:
            task = asyncio.get_running_loop().create_task(_taken_back(draft.calls.undos[::-1]))
            self._taking_back.add(task)
            task.add_done_callback(self._taking_back.discard)

    async def close(self) -> None:
        """End all of them."""
        tasks = [task for number in list(self._work) for task in self._work[number]]
        for number in list(self._alive):
            self.end(number)
        await asyncio.gather(*tasks, *self._taking_back, return_exceptions=True)

    async def _attempt(self, draft: Draft, question: Question) -> None:
        if not await draft.run(question):
            self._watch(NothingSaid())
            self._post(DraftEmpty(draft.number))

    def _done(self, number: int, task: asyncio.Task[None]) -> None:
        self._work.get(number, set()).discard(task)
        if task.cancelled() or not (error := task.exception()):
            return
        if isinstance(error, EngineError):
            log.warning("reply failed: %s", error)
        else:
            log.error("reply failed by a mistake of ours", exc_info=error)
        self._watch(Noted(str(error) or type(error).__name__))
        self._post(ReplyFailed(number))


async def _taken_back(undos: Sequence[Callable[[], Awaitable[None]]]) -> None:
    for undo in undos:
        try:
            async with asyncio.timeout(UNDO_S):
                await undo()
        except Exception as error:
            log.warning("what a tool did can't be taken back: %s", type(error).__name__)
