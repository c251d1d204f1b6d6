"""What has happened in a scene, and the wait for what is to happen."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from edge_agent.app.happenings import Happening, StateChanged, TurnEnded, WordsHeard
from edge_agent.app.timeline import Timeline
from edge_agent.talk.floor.state import State

PATIENCE_S = 20.0
"""Longest wait for anything to which a step gives no time of its own."""


class Broken(Exception):
    """Something did not hold."""


@dataclass(slots=True)
class Watched:
    """What has happened since a scene began. One for all scenes of an agent."""

    words: list[str] = field(default_factory=list)
    """What it made out, guesses included."""
    states: list[State] = field(default_factory=list)
    ended: list[Timeline] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def watch(self, happening: Happening) -> None:
        """For the agent."""
        match happening:
            case TurnEnded(timeline):
                self.ended.append(timeline)
            case WordsHeard(text):
                self.words.append(text)
            case StateChanged(state):
                self.states.append(state)
        self._news.set()

    def forget(self) -> None:
        """A scene begins."""
        for kept in (self.words, self.states, self.ended):
            kept.clear()

    def __str__(self) -> str:
        states = " ".join(state.value for state in self.states)
        turns = "; ".join(
            f"{turn.kind} to {turn.user!r}: {turn.heard!r}{' (cut)' if turn.interrupted else ''}" for turn in self.ended
        )
        return f"states: {states or 'none'}; turns: {turns or 'none'}; words: {self.words}"

    async def until(self, so: Callable[[], object], otherwise: str, timeout_s: float = PATIENCE_S) -> None:
        """Wait for it; it is looked at whenever something happens."""
        try:
            async with asyncio.timeout(timeout_s):
                while not so():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise Broken(otherwise) from None
