"""The driver of attention: it carries over what `talk/floor/attention.py` decides, and arms one timer.

Without a wake word or a button (`ear.wake = "off"`) the agent is always awake, and only the talk key is of use.
"""

import asyncio
from collections.abc import Callable

from edge_agent.app.happenings import AttentionChanged, Watch
from edge_agent.base.events import Event, FloorTaken, Woken
from edge_agent.base.frames import Samples
from edge_agent.base.settings import EarSettings
from edge_agent.talk.ear.waking import Waking
from edge_agent.talk.floor.attention import (
    BUTTON,
    OF_THE_AGENT,
    OF_THE_USER,
    OFF,
    Attention,
    floor,
    pressed,
    released,
    tick,
    woken,
)
from edge_agent.talk.floor.state import State
from edge_agent.talk.voice import earcon


class Attending:
    """One conversation's. To be used on its loop."""

    def __init__(
        self,
        ear: EarSettings,
        waking: Waking,
        post: Callable[[Event], None],
        chime: Callable[[Callable[[int], Samples]], None],
        watch: Watch,
    ) -> None:
        """`post` is the conversation's; `chime` plays an earcon over whatever is said."""
        self._ear = ear
        self._waking = waking
        self._post = post
        self._chime = chime
        self._watch = watch
        self._attention = Attention(awake=ear.wake == OFF)
        self._state = State.LISTENING
        self._muted = False
        self._timer: asyncio.TimerHandle | None = None
        waking.wanted = not self.awake

    @property
    def awake(self) -> bool:
        """Whether what is said gets to the conversation."""
        return self._attention.awake

    def floor(self, state: State, *, muted: bool, asked: bool) -> None:
        """The floor changed hands. `asked` is whether the agent's last answer was a question."""
        self._state, self._muted = state, muted
        self._become(floor(self._attention, state, self._now(), self._ear, asked=asked), "")

    def post(self, event: Event | Woken) -> None:
        """Take what the ear tells: what is not for this is for the conversation."""
        if not isinstance(event, Woken):
            self._post(event)
            return
        self._become(woken(self._attention, self._now(), self._ear), "word")

    def press(self) -> None:
        """The talk key goes down: the agent falls silent and listens. A muted one stays deaf."""
        if self._muted:
            return
        if self._state in (State.THINKING, *OF_THE_AGENT):
            self._post(FloorTaken())
        self._become(pressed(self._attention), "key")

    def release(self) -> None:
        """The talk key goes up: what was said is over."""
        if not self._attention.held:
            return
        if self._state in OF_THE_USER:
            self._post(FloorTaken())
        self._become(released(self._attention, self._now(), self._ear), "")

    def toggle(self) -> None:
        """A talk key that can't tell when it goes up: a terminal's, a desktop's shortcut."""
        if not self.awake:
            self.press()
            if self._ear.wake != BUTTON:
                self.release()
        elif self._attention.held:
            self.release()
        else:
            self._post(FloorTaken())

    def close(self) -> None:
        """Do nothing any more."""
        if self._timer:
            self._timer.cancel()

    def _become(self, attention: Attention, by: str) -> None:
        if self._ear.wake == OFF:
            self._attention = Attention(awake=True, held=attention.held)
            return
        attention = tick(attention, self._now())
        changed = attention.awake is not self.awake
        self._attention = attention
        self._arm()
        if not changed:
            return
        self._waking.wanted = not self.awake
        if self._ear.wake != BUTTON and (by == "word" or not self.awake):
            self._chime(earcon.rising if self.awake else earcon.falling)
        self._watch(AttentionChanged(self.awake, by))

    def _arm(self) -> None:
        if self._timer:
            self._timer.cancel()
        at = self._attention.wake_at
        loop = asyncio.get_running_loop()
        self._timer = None if at is None else loop.call_at(at, lambda: self._become(self._attention, ""))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
