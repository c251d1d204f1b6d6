"""Whether the microphone is open: the owner's word, which is kept from one run to the next, and a lamp's.

1. Muted is closed, and so is a microphone whose lamp is not lit, where the owner wants a lamp (`privacy.lamp`).
2. Opening, the lamp comes first; closing, the microphone does.
3. A lamp that fails takes nothing of the owner's word back: when it is lit again, the microphone is as he left it.
4. Whatever shows whether the microphone is open is told by this, and by nothing else.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from edge_agent.app.happenings import MicrophoneChanged, Noted, Watch
from edge_agent.base.events import Event, Muted, Unmuted
from edge_agent.base.paths import paths
from edge_agent.base.settings import Settings
from edge_agent.host.lamp import Lamp, connectable
from edge_agent.host.muted import FILE, KeptMute
from edge_agent.talk.ear.device import Device
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.mic import Mic


class Muting:
    """Of one agent, on its loop."""

    def __init__(self, settings: Settings, device: Device, watch: Watch) -> None:
        self._kept = KeptMute(paths().state / FILE if isinstance(device, Mic) else None)
        self._lamp = Lamp(self._lamp_changed, may_open=settings.api.may_open) if settings.privacy.lamp else None
        self._watch = watch
        self._muted = False
        self._was_open = True
        self._listener: Listener | None = None
        self._post: Callable[[Event], None] = _nobody

    @asynccontextmanager
    async def reachable(self) -> AsyncIterator[None]:
        """Let a lamp connect, where one is wanted. BusyError or AccessError if its socket can't be had."""
        if self._lamp is None:
            yield
            return
        async with connectable(self._lamp, paths().runtime):
            yield

    def begin(self, listener: Listener, post: Callable[[Event], None]) -> None:
        """Close or open this ear from now on, as the last run ended; `post` tells the conversation."""
        self._listener, self._post = listener, post
        if self._kept.muted:
            self._post(Muted())
        self._settle()
        if self._lamp:
            self._lamp.show(open=not self._muted)

    @property
    def open(self) -> bool:
        """Whether the agent may hear; what is shown of the microphone is this."""
        return not self._muted and (self._lamp is None or self._lamp.lit)

    @property
    def unlit(self) -> bool:
        """Whether it is closed for want of a lamp alone."""
        return not self._muted and not self.open

    @property
    def kept(self) -> bool:
        """Whether the owner's word outlives this run; a disk that takes nothing may forbid it."""
        return self._kept.holds(self._muted)

    def __call__(self, muted: bool) -> None:
        """The owner closes it, or opens it."""
        self._muted = muted
        self._settle()
        if self._lamp:
            self._lamp.show(open=not muted)
        self._kept.keep(muted)

    def _settle(self) -> None:
        if self._listener:
            self._listener.deaf = not self.open
        if self.open is not self._was_open:
            self._was_open = self.open
            self._watch(MicrophoneChanged(self.open))

    def _lamp_changed(self) -> None:
        self._settle()
        if self.unlit:
            # Whoever was speaking is not heard out: the turn is over, as if he had muted it, but he has not.
            self._post(Muted())
            self._post(Unmuted())
            self._watch(Noted("no lamp shows that the microphone is open, so it is closed"))


def _nobody(event: Event) -> None:
    """Nobody's turn can be under way yet."""
