"""Heat, sleep and engines that have grown, with clocks that the tests turn."""

from dataclasses import dataclass, field
from types import SimpleNamespace

from edge_agent.app.care import QUIET_S, Care
from edge_agent.talk.floor.state import State


@dataclass
class Engine:
    """A worker as far as it is looked at."""

    name: str
    memory_mb: float
    fresh_mb: float = 200.0
    idle: bool = True
    renewed: int = 0

    @property
    def spec(self):
        return SimpleNamespace(name=self.name)

    def renew(self):
        self.renewed += 1


@dataclass
class Machine:
    """One that can be put to sleep, heated, and waited on."""

    now: float = 1000.0
    slept_s: float = 0.0
    hot: bool = False
    told: list = field(default_factory=list)

    def floor(self, state):
        """As whoever is idle is told; nothing is done there while these tests last."""

    def cared_for(self, *engines, grown_mb=256):
        return Care(
            self,
            lambda: engines,
            grown_mb,
            spare=lambda sparing: self.told.append(("spare", sparing)),
            woke=lambda slept_s: self.told.append(("woke", slept_s)),
            watch=lambda happening: self.told.append(happening.text),
            clock=lambda: self.now,
            asleep=lambda: self.slept_s,
            hot=lambda: self.hot,
        )


def test_a_machine_that_slept_is_told_so_once():
    machine = Machine(slept_s=77.0)
    care = machine.cared_for()
    care.look()
    machine.slept_s += 3600
    care.look()
    care.look()
    assert machine.told == [("woke", 3600)]


def test_clocks_that_run_apart_a_little_are_no_sleep():
    machine = Machine()
    care = machine.cared_for()
    for _ in range(100):
        machine.slept_s += 0.01
        care.look()
    assert machine.told == []


def test_a_hot_processor_is_spared_until_it_has_cooled_down():
    machine = Machine(hot=True)
    care = machine.cared_for()
    for _ in range(5):
        care.look()
    machine.hot = False
    for _ in range(20):
        care.look()
    sparing, note, over, _ = machine.told
    assert (sparing, over) == (("spare", True), ("spare", False))
    assert "too hot" in note


def test_an_engine_that_has_grown_is_replaced_in_a_quiet_moment_and_not_before():
    machine, engine = Machine(), Engine("llm", memory_mb=900)
    care = machine.cared_for(engine, Engine("stt", memory_mb=210))
    care.look()
    care.floor(State.SPEAKING)
    machine.now += 10 * QUIET_S
    care.look()
    care.floor(State.LISTENING)
    machine.now += QUIET_S / 2
    care.look()
    assert engine.renewed == 0
    machine.now += QUIET_S / 2
    care.look()
    care.look()
    assert engine.renewed == 1


def test_none_is_replaced_where_the_owner_does_not_want_it():
    machine, engine = Machine(), Engine("llm", memory_mb=9000)
    care = machine.cared_for(engine, grown_mb=0)
    care.floor(State.LISTENING)
    machine.now += 2 * QUIET_S
    care.look()
    assert engine.renewed == 0
