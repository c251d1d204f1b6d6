"""What clients of the local socket may ask, and who may: one line per command.

Everybody who reaches the socket may look, may mute, and may have it forget. What opens the microphone (unmute, the talk
key) is for the agent's own user and root, and for others where the owner set `api.may_open`: nobody shall make a device
listen from afar. Commands change nothing that the keys of `edge-agent talk` could not, but for the forgetting.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from edge_agent.app.agent import Agent
from edge_agent.app.observing import Observer
from edge_agent.base.events import Muted, Unmuted
from edge_agent.base.paths import paths
from edge_agent.base.settings import Settings
from edge_agent.host import metrics
from edge_agent.host.request import Answer, Refused, Request, told
from edge_agent.host.server import Peer, served

LAST = 20
"""Turns that the journal shows unless it is told how many."""


@asynccontextmanager
async def observed(settings: Settings, agent: Agent, observer: Observer) -> AsyncIterator[None]:
    """Let others ask, until the end of the block. BusyError or AccessError if the socket can't be had."""
    observer.agent = agent
    controls = Controls(agent, observer, may_open=settings.api.may_open)
    looking = asyncio.create_task(observer.look_at_updates())
    try:
        async with served(controls.answer, paths().runtime, settings.api.listen, paths().state):
            yield
    finally:
        looking.cancel()
        observer.agent = None
        await asyncio.to_thread(observer.close)


class Controls:
    """Of one agent, on its loop."""

    def __init__(self, agent: Agent, observer: Observer, *, may_open: bool) -> None:
        self._agent = agent
        self._observer = observer
        self._may_open = may_open
        self._looks: dict[str, Callable[[Request], Answer]] = {
            "/metrics": lambda _: Answer(observer.metrics.page(), kind=metrics.KIND),
            "/v1/status": lambda _: told(observer.status()),
            "/v1/journal": self._journal,
        }
        self._closes = {"/v1/mute": lambda: agent.conversation.post(Muted()), "/v1/forget": self._forget}
        self._opens = {
            "/v1/unmute": lambda: agent.conversation.post(Unmuted()),
            "/v1/press": agent.attending.press,
            "/v1/release": agent.attending.release,
            "/v1/tap": agent.attending.toggle,
        }

    def answer(self, request: Request, peer: Peer) -> Answer:
        """Do what is asked; Refused where the answer is no."""
        acts = self._closes | self._opens
        if request.path not in acts | self._looks:
            raise Refused(404, f"there is no {request.path}")
        if request.method != ("POST" if request.path in acts else "GET"):
            raise Refused(405, "commands are posted, the rest is got")
        if look := self._looks.get(request.path):
            return look(request)
        if request.path in self._opens and not (peer.owner or self._may_open):
            raise Refused(403, "who is not the owner may close the microphone, not open it")
        acts[request.path]()
        muting = self._agent.muting
        state = self._agent.conversation.state.value
        return told({"muted": not muting.open, "unlit": muting.unlit, "kept": muting.kept, "state": state})

    def _forget(self) -> None:
        """Whoever stands there may leave nothing behind, and so may who stood there before."""
        self._agent.conversation.forget()
        self._agent.record.forget()
        if link := self._agent.rooms.uplink:
            link.forget()
        self._observer.forget()

    def _journal(self, request: Request) -> Answer:
        last = request.query.get("last", str(LAST))
        if not last.isdecimal():
            raise Refused(400, "`last` is a number of turns")
        return told({"turns": self._observer.journal(int(last))})
