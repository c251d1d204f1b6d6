"""The agent as a service: from its start to its end, for a manager that wants to know how it goes.

1. What is not there yet (a microphone that is found late, models that are being fetched) is waited for where a manager
   started us: giving up would look like a fault. A person at a terminal is told at once instead.
2. It is ready when every engine has passed its known-answer test and the stream has delivered its first block.
3. Every few seconds the parts are looked at (`host/vitals.py`); only then, and only if all live, is the watchdog fed.
4. SIGHUP reads the settings anew (`reload.py`). Settings that are wrong are told, and change nothing.
5. SIGTERM or Ctrl-C ends it within `farewell.EXIT_S`.
"""

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from edge_agent.app import farewell, safe_mode
from edge_agent.app.agent import Agent, running
from edge_agent.app.controls import observed
from edge_agent.app.engines import engines
from edge_agent.app.happenings import Happening, Watch
from edge_agent.app.observing import Observer
from edge_agent.app.reload import reloaded, told
from edge_agent.base.errors import DeviceError, EdgeAgentError, ModelError
from edge_agent.base.paths import paths
from edge_agent.base.settings import Settings
from edge_agent.host import vitals
from edge_agent.host.notify import Manager
from edge_agent.talk.ear.device import Device

log = logging.getLogger(__name__)

RETRY_S = 2.0
"""Between two looks for what is not there yet."""

LOOK_S = 5.0
"""Between two looks at the parts, at most; a third of what the watchdog allows, at least."""

FIRST_BLOCK_S = 10.0
"""A stream that has delivered nothing after so long is none."""

STOPS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the service is given by whoever starts it."""

    load: Callable[[], Settings]
    device: Callable[[Settings], Device]
    """Finds the device; DeviceError while there is none."""
    watch: Watch
    manager: Manager | None = None
    on_ready: Callable[[Agent, Device], Coroutine[Any, Any, None]] | None = None
    """Runs beside the agent as soon as it listens."""


class Service:
    """One run of the agent. To be made on the running loop."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._settings = around.load()
        self._observer = Observer(self._settings)
        self._stop = asyncio.Event()
        self._starting: asyncio.Task[None] | None = None
        self._agent: Agent | None = None
        self._away_since: dict[str, float] = {}

    async def run(self) -> None:
        """Run until a signal says otherwise. Raises what `running` raises, and what could not be waited for."""
        loop = asyncio.get_running_loop()
        for number in STOPS:
            loop.add_signal_handler(number, self._asked_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        self._starting = asyncio.current_task()
        try:
            await self._live()
        except asyncio.CancelledError:
            if not self._stop.is_set():
                raise

    async def _live(self) -> None:
        device = await self._present()
        self._wait(2 * self._settings.workers.start_timeout_s, "starting the engines")
        settings, observer = self._settings, self._observer
        async with running(settings, device, self._watch) as agent, observed(settings, agent, observer):
            await first_block(agent)
            self._agent, self._starting = agent, None
            beside = [asyncio.create_task(self._look_after(agent))]
            beside.append(asyncio.create_task(safe_mode.leave_words(agent.rooms.tts, paths().state / safe_mode.FILE)))
            if self._around.on_ready:
                beside.append(asyncio.create_task(self._around.on_ready(agent, device)))
            if self._around.manager:
                self._around.manager.ready(self._status(agent))
            await self._stop.wait()
            for task in beside:
                task.cancel()
            await farewell.farewell(agent)

    def _watch(self, happening: Happening) -> None:
        self._observer.watch(happening)
        self._around.watch(happening)

    async def _present(self) -> Device:
        """Return the device, once it and the models are there."""
        waited_for = ""
        while True:
            try:
                engines(self._settings)
                return self._around.device(self._settings)
            except (DeviceError, ModelError) as error:
                if not self._around.manager:
                    raise
                if str(error) != waited_for:
                    log.warning("waiting: %s", error)
                waited_for = str(error)
                self._wait(10 * RETRY_S, f"waiting: {error}; {error.hint}")
                await asyncio.sleep(RETRY_S)

    def _wait(self, seconds: float, why: str) -> None:
        if self._around.manager:
            self._around.manager.wait(seconds, why)

    def _asked_to_stop(self) -> None:
        if self._stop.is_set():
            return
        farewell.deadline()
        self._stop.set()
        if self._around.manager:
            self._around.manager.stopping("finishing its sentence")
        if self._starting:
            self._starting.cancel()

    def _reload(self) -> None:
        manager, agent = self._around.manager, self._agent
        if agent is None:
            return  # It reads them when it starts.
        if manager:
            manager.reloading()
        try:
            change = reloaded(self._settings, self._around.load())
        except EdgeAgentError as error:
            log.error("the settings stay as they are: %s %s", error, error.hint)
        else:
            self._settings = change.settings
            agent.reload(change.settings)
            if "voice.volume" in change.now:
                agent.rooms.chores.volume_set(change.settings.voice.volume)
            log.info("settings read anew; %s", told(change))
        if manager:
            manager.ready(self._status(agent))

    # How it goes.

    async def _look_after(self, agent: Agent) -> None:
        manager = self._around.manager
        every_s = min(LOOK_S, manager.watchdog_s / 3) if manager and manager.watchdog_s else LOOK_S
        looked_at = time.monotonic()
        while True:
            late_s, looked_at = time.monotonic() - looked_at - every_s, time.monotonic()
            seen = self._seen(agent)
            found = vitals.complaint(seen, self._settings.workers.start_timeout_s)
            if found or late_s > every_s:
                self._observer.metrics.watchdog_missed()
            if found:
                log.error("not alive: %s", found)
            elif manager and manager.watchdog_s:
                manager.alive()
            if manager:
                manager.status(self._status(agent))
            await asyncio.sleep(every_s)

    def _seen(self, agent: Agent) -> vitals.Vitals:
        now = time.monotonic()
        away = {worker.spec.name for worker in agent.workers if not worker.ready}
        self._away_since = {name: self._away_since.get(name, now) for name in away}
        return vitals.Vitals(now - agent.listener.passed_at, {name: now - at for name, at in self._away_since.items()})

    def _status(self, agent: Agent) -> str:
        conversation = agent.conversation
        return vitals.status(
            self._seen(agent),
            conversation.state.value,
            self._settings.workers.start_timeout_s,
            muted=conversation.muted,
            unlit=agent.muting.unlit,
            device_away=conversation.absences.lost > conversation.absences.restored,
        )


async def first_block(agent: Agent) -> None:
    """Return when the stream has delivered; DeviceError if it does not."""
    try:
        async with asyncio.timeout(FIRST_BLOCK_S):
            while agent.listener.position == 0:  # noqa: ASYNC110 (the ear's thread counts; it tells nobody)
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise DeviceError(
            "the audio device was opened, but no sound comes from it", hint="unplug it and plug it in again"
        ) from None
