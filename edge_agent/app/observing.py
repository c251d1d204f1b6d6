"""What others may know of a running agent: its status, its metrics, and the journal of its last turns.

It watches the conversation like a screen does, on the loop, and changes nothing of it. Times and numbers are kept; what
was said is kept only where the owner set `log.transcripts`.
"""

import asyncio
import os
import shutil
import time
from collections import deque
from datetime import datetime
from pathlib import Path
from typing import Any

from edge_agent import __version__
from edge_agent.app.agent import Agent
from edge_agent.app.happenings import (
    AttentionChanged,
    DeviceChanged,
    Happening,
    Noted,
    NothingSaid,
    ToolCalled,
    TurnEnded,
    WordsLeft,
)
from edge_agent.app.timeline import Stage, Timeline
from edge_agent.app.tracing import spans
from edge_agent.base.events import DeviceLost, DeviceRestored, MicrophoneSilent, MicrophoneSounds
from edge_agent.base.paths import paths
from edge_agent.base.settings import Settings
from edge_agent.host.metrics import KINDS, OTHER, Metrics, Microphone, Seen
from edge_agent.host.traces import Traces
from edge_agent.supply.fleet.figures import Figures, figures
from edge_agent.supply.fleet.models import root

TURNS_KEPT = 100
"""Half an hour of busy talk."""

UPDATES_S = 15.0
"""Between two looks at what the updater wrote: as often as metrics are usually asked for."""

STAGES = {
    Stage.SOFT_END: "vad",
    Stage.TRANSCRIPT: "stt",
    Stage.ROUTE: "router",
    Stage.FIRST_TOKEN: "llm_first",
    Stage.FIRST_AUDIO: "tts_first",
    Stage.HARD_END: "end",
    Stage.FIRST_SAMPLE: "total",
}
"""The names under which the latencies are exported."""

LOOKS = ("a command", "small talk", "a question for a fact", "a question for a large model", "an everyday question")
"""How the router's reasons begin; the rest of them are numbers."""


class Observer:
    """One agent's. Its `watch` may be called before the agent is known; SettingsError if it can't trace as asked."""

    def __init__(self, settings: Settings) -> None:
        self.agent: Agent | None = None
        """The one that runs; None until it listens, and when it has ended."""
        self.metrics = Metrics(self.seen)
        self._settings = settings
        self._turns: deque[dict[str, Any]] = deque(maxlen=TURNS_KEPT)
        self._began = time.monotonic()
        self._lost = self._zeros = False
        self._restarts: dict[str, int] = {}
        self._count = 0
        self._updates = Figures()
        wanted = settings.trace.endpoint and not settings.privacy.local_only
        self._traces = Traces(settings.trace.endpoint) if wanted else None

    def close(self) -> None:
        """Send what waits to be sent."""
        if self._traces:
            self._traces.close()

    def watch(self, happening: Happening) -> None:
        """Take notice of one thing."""
        match happening:
            case TurnEnded(timeline):
                self._keep(timeline)
            case NothingSaid():
                self.metrics.nothing_said()
            case WordsLeft(held=held):
                self.metrics.redacted(held)
            case ToolCalled(risk, failure):
                self.metrics.tool_called(risk.value, failure.name.lower() if failure else "done")
            case AttentionChanged(awake=True, by=by) if by:
                self.metrics.woken(by)
            case Noted(engine=engine) if engine:
                self._restarts[engine] = self._restarts.get(engine, 0) + 1
                self.metrics.restarted(engine)
            case DeviceChanged(news=news):
                self._lost = isinstance(news, DeviceLost) or (self._lost and not isinstance(news, DeviceRestored))
                self._zeros = isinstance(news, MicrophoneSilent) or (
                    self._zeros and not isinstance(news, MicrophoneSounds | DeviceRestored)
                )
                if isinstance(news, DeviceLost | MicrophoneSilent):
                    self.metrics.device_failed("lost" if isinstance(news, DeviceLost) else "silent")

    async def look_at_updates(self) -> None:
        """Look at what the updater wrote, again and again; it is another process. The loop waits for no disk."""
        at = root(self._settings.models)
        while True:
            self._updates = await asyncio.to_thread(figures, at)
            await asyncio.sleep(UPDATES_S)

    def forget(self) -> None:
        """Forget the turns; what was counted stays."""
        self._turns.clear()

    def journal(self, last: int) -> list[dict[str, Any]]:
        """Return the records of the last turns, the latest at the end."""
        return list(self._turns)[-last:] if last > 0 else []

    def status(self) -> dict[str, Any]:
        """Return what an owner asks first."""
        known = self.seen()
        agent = self.agent
        return {
            "version": __version__,
            "pid": os.getpid(),
            "up_s": round(known.up_s, 1),
            "state": agent.conversation.state.value if agent else "starting",
            "muted": not known.microphone.software,
            "unlit": bool(agent and agent.muting.unlit),
            "microphone": "open" if agent and not agent.listener.closed and not self._lost else "closed",
            "awake": known.awake,
            "device": {"name": agent.device.name if agent else "", "present": not self._lost, "zeros": self._zeros},
            "engines": {
                name: {
                    "ready": ready,
                    "restarts": self._restarts.get(name, 0),
                    "memory_mb": round(known.memory.get(name, 0) / 1e6, 1),
                }
                for name, ready in known.ready.items()
            },
            "memory_mb": round(known.memory.get("agent", 0) / 1e6, 1),
            "dropped": dict(known.drops),
            "turns": self._count,
            "last_turn": self._turns[-1] if self._turns else None,
            "local_only": self._settings.privacy.local_only or not self._settings.cloud.providers,
        }

    def seen(self) -> Seen:
        """Look at what is the case."""
        agent = self.agent
        if agent is None:
            return Seen(memory={"agent": _resident()}, disk_free=_free(), updates=self._updates)
        return Seen(
            microphone=Microphone(hardware=not (self._zeros or self._lost), software=agent.muting.open),
            awake=agent.attending.awake,
            ready={worker.spec.name: worker.ready for worker in agent.workers},
            memory={"agent": _resident()} | {one.spec.name: int(one.memory_mb * 1e6) for one in agent.workers},
            xruns=agent.listener.xruns,
            gap_s=agent.conversation.absences.away_s,
            drops=agent.drops(),
            erle_db=agent.listener.erle_db,
            throttled=agent.conversation.saying.sparing,
            disk_free=_free(),
            up_s=time.monotonic() - self._began,
            updates=self._updates,
        )

    def _keep(self, timeline: Timeline) -> None:
        stages = {name: timeline.since_speech_end_ms(stage) for stage, name in STAGES.items()}
        seconds = {name: ms / 1000 for name, ms in stages.items() if ms is not None}
        kind = timeline.kind if timeline.kind in KINDS else OTHER
        self.metrics.turn_ended(kind, seconds, interrupted=timeline.interrupted)
        self.metrics.transcribed(timeline.stt_rtf)
        if timeline.provider:
            looks = timeline.reason.split(" (")[0]
            outcome = "broke_off" if timeline.broke_off else "answered"
            self.metrics.escalated(looks if looks in LOOKS else OTHER, outcome)
        self._count += 1
        if self._traces and self.agent and (told := spans(timeline, self.agent.listener.position, time.time_ns())):
            self._traces.tell(*told)
        record = timeline.as_json() if self._settings.log.transcripts else timeline.figures
        self._turns.append({"at": datetime.now().astimezone().isoformat(timespec="milliseconds"), **record})


def _resident() -> int:
    """Return this process's resident memory, bytes; 0 where it can't be known."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _free() -> int:
    """Return the free bytes of the disk that the state is on, or will be."""
    folder = paths().state
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free
