"""Words while they are being spoken: one partial transcript at a time, each over the whole turn so far.

A partial is a guess for the screen; nothing is answered or decided from it. When the turn it belongs to is
over its result is thrown away, and a final transcript overtakes it at the worker.
"""

import asyncio
from collections.abc import Callable

from edge_agent.base.errors import EngineError
from edge_agent.base.frames import Samples
from edge_agent.talk.mind.stt import Stt

SHARE = 0.25
"""Of the time that may go into partials. A final transcript waits for a partial that is under way: the slower the
machine, the fewer of them."""


class Partials:
    """Asks for a partial transcript whenever `every_s` of speech have come in since the last."""

    def __init__(self, stt: Stt, every_s: float, on_words: Callable[[str], None]) -> None:
        self.words = ""
        self._stt = stt
        self._every_s = every_s
        self._on_words = on_words
        self._asked_at_s = 0.0
        self._rest_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def grow(self, seconds: float, samples: Callable[[], Samples]) -> None:
        """The turn has grown to `seconds`; `samples` gives its sound if it is wanted."""
        if self._task is None and seconds - self._asked_at_s >= max(self._every_s, self._rest_s):
            self._asked_at_s = seconds
            self._task = asyncio.get_running_loop().create_task(self._ask(samples()))

    def reset(self) -> None:
        """The turn is over; what is still under way is of no interest."""
        if self._task is not None:
            self._task.cancel()
        self._task = None
        self._asked_at_s = 0.0
        self.words = ""

    async def _ask(self, samples: Samples) -> None:
        try:
            transcript = await self._stt.transcribe(samples, final=False)
        except EngineError:
            return  # The final transcript will meet the same failure, and is the one that must answer for it.
        finally:
            if self._task is asyncio.current_task():  # And not one of the next turn, begun while this was given up.
                self._task = None
        if not transcript.overtaken:
            self._rest_s = transcript.ms / 1000 / SHARE
        if transcript.text:
            self.words = transcript.text
            self._on_words(transcript.text)
