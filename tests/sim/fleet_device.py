"""A whole device for updates: real disk, real updater; its clock, its agent and its canary do what they are told to."""

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.base.errors import ModelError
from edge_agent.supply.fleet import health, pointers
from edge_agent.supply.fleet.doing import Ports, Terms
from edge_agent.supply.fleet.download import Mirrors
from edge_agent.supply.fleet.generations import Generations
from edge_agent.supply.fleet.health import Health
from edge_agent.supply.fleet.journal import Journal, Report
from edge_agent.supply.fleet.proving import Proof, Tried
from edge_agent.supply.fleet.transport import Transport
from edge_agent.supply.fleet.updater import Updater
from tests.sim.unsigned_fleet import UnsignedFleet

WELL = Health(turns=20, first_sound_p95_ms=400, transcript_p95_ms=100, memory_mb=500, memory_begun_mb=500)
BAD = Health(turns=20, crashes=1)
"""What the agent sees of a release that has to be taken back."""


@dataclass
class Device:
    """One device: its disk, its clock, and what its models would be like."""

    root: Path
    pulled: Path
    fleet: UnsignedFleet
    mirrors: list[str]
    terms: Terms = field(default_factory=lambda: Terms(keep_free=0))
    now: float = 1_800_000_000.0
    found_bad: str = ""
    """What the canary finds; empty for nothing."""
    canary: Proof | None = None
    """A real one, if there is to be one."""
    seen: Health = WELL
    """What the agent sees of whatever is on trial."""
    tried: list[Tried] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def prove(self, tried: Tried) -> None:
        self.tried.append(tried)
        if self.found_bad:
            raise ModelError(self.found_bad)
        if self.canary:
            self.canary(tried)

    def wait(self, seconds: float) -> bool:
        """Let time pass; meanwhile the agent works with what it is told to."""
        self.waited.append(seconds)
        self.now += seconds
        health.write(self.root, self.pointers.current, self.seen)
        return False

    def models(self, name: str) -> dict[str, Path]:
        """Return the folders of a generation's models, by kind."""
        if not name:
            return {}
        return {
            part.kind.value: self.generations.folder(name) / part.name
            for part in self.generations.release(name).components
        }

    def updater(self) -> Updater:
        ports = Ports(
            wanted=self.fleet,
            mirrors=Mirrors(self.mirrors, Transport()),
            proof=self.prove,
            models=self.models,
            fits=lambda _: "",
            wait=self.wait,
            now=lambda: self.now,
        )
        return Updater(self.root, self.pulled, self.terms, ports)

    def update(self, **how):
        return self.updater().run(asked=True, **how)

    @property
    def pointers(self):
        return pointers.read(self.root)

    @property
    def generations(self) -> Generations:
        return Generations(self.root)

    def history(self) -> list[str]:
        """Return the phases that it went through."""
        return [report.after for report in self.reports()]

    def reports(self) -> list[Report]:
        """Return what it reported, the oldest first."""
        with closing(Journal(self.root)) as journal:
            return journal.history(10_000)[::-1]
