"""What the skills changed, and are changing: timers that run, the volume. Effects happen here, and are undone here.

An effect belongs to the draft that brought it. Until the exchange is settled it can be undone; afterwards it stays.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from edge_agent.talk.mind.context import Memory
from edge_agent.talk.mind.skills import Effect, State, World, apply
from edge_agent.talk.voice.speaker import Speaker


class Chores:
    """Lives on the running loop. The loop's clock, which is monotonic, is the timers'."""

    def __init__(self, speaker: Speaker, announce: Callable[[str], None]) -> None:
        self._speaker = speaker
        self._announce = announce
        self._state = State(volume=speaker.volume)
        self._undo: dict[int, Effect] = {}
        self._alarm: asyncio.TimerHandle | None = None

    def world(self, memory: Memory) -> World:
        """Return what a skill may want to know."""
        running = self._state.timers.running(_now())
        now = datetime.now().astimezone()
        return World(now, self._state.volume, running, memory.last_reply, memory.unheard)

    def act(self, draft: int, effect: Effect) -> None:
        """Let an effect happen."""
        self._undo[draft] = self._apply(effect)

    def undo(self, draft: int) -> None:
        """Take back what `draft` did, if it did anything."""
        if draft in self._undo:
            self._apply(self._undo.pop(draft))

    def settle(self, draft: int) -> None:
        """What `draft` did stays."""
        self._undo.pop(draft, None)

    def volume_set(self, volume: float) -> None:
        """The owner's settings have another volume now; "louder" and "quieter" go on from it."""
        self._state = State(volume, self._state.timers)
        self._speaker.volume = volume

    def woke(self, slept_s: float) -> None:
        """The machine slept so long, and the loop's clock with it. What was due meanwhile rings now."""
        self._state = State(self._state.volume, self._state.timers.sooner(slept_s))
        self._set_alarm()

    def close(self) -> None:
        """Ring no more."""
        if self._alarm:
            self._alarm.cancel()

    def _apply(self, effect: Effect) -> Effect:
        self._state, undo = apply(self._state, effect, _now())
        self._speaker.volume = self._state.volume
        self._set_alarm()
        return undo

    def _set_alarm(self) -> None:
        self.close()
        due = self._state.timers.next_due
        self._alarm = asyncio.get_running_loop().call_at(due, self._ring) if due is not None else None

    def _ring(self) -> None:
        timers, due = self._state.timers.due(_now())
        self._state = State(self._state.volume, timers)
        for timer in due:
            self._announce(timer.ring_text)
        self._set_alarm()


def _now() -> float:
    return asyncio.get_running_loop().time()
