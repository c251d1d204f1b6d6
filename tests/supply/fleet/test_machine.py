"""Whatever happens to an update, and in whatever order, the device keeps models that are known to be good."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge_agent.host.update_metrics import BACK
from edge_agent.supply.fleet.machine import LONGEST_S, is_due, step
from edge_agent.supply.fleet.words import (
    Chose,
    Discard,
    Do,
    Due,
    Failed,
    Fault,
    Finished,
    Forgive,
    GoBack,
    Nothing,
    Phase,
    Policy,
    Record,
    Restarted,
    Tell,
)

POLICY = Policy()
NEW = Chose("2-new", "2" * 64, 2)
WAY = [
    *(Phase.CHECK, Phase.RESERVE, Phase.DOWNLOAD, Phase.VERIFY, Phase.SEAL, Phase.CANARY, Phase.READY, Phase.TRIAL),
    *(Phase.PROBATION, Phase.COMMIT, Phase.IDLE),
]


def at(phase: Phase, **changed) -> Record:
    return Record(**{"phase": phase, "target": NEW.target, "sha256": NEW.sha256, "counter": NEW.counter, **changed})


def after(record, *events, now=1000.0, chance=0.5):
    told = []
    for event in events:
        record, commands = step(record, event, now, POLICY, chance)
        told += commands
    return record, told


def test_the_way_of_a_good_release():
    record, told = after(Record(), Due(), NEW, *[Finished()] * 9)
    assert [tell.after for tell in told if isinstance(tell, Tell)] == WAY
    assert [tell.serial for tell in told if isinstance(tell, Tell)] == list(range(1, 12))
    assert (record.floor, record.target, record.failures, record.steps) == (2, "", 0, 0)
    assert record.wake_at > 1000


@pytest.mark.parametrize("phase", WAY[:7])
def test_what_may_work_later_is_tried_later(phase):
    record, told = after(at(phase), Failed(Fault.LATER, "no network", retry_after_s=500))
    assert record.phase is Phase.IDLE
    assert record.wake_at == 1500
    assert record.denied == {}
    assert not any(isinstance(command, Discard) for command in told)


def test_the_intervals_grow_are_drawn_and_end_somewhere():
    waits = [
        after(at(Phase.DOWNLOAD, failures=n), Failed(Fault.LATER, ""), chance=1)[0].wake_at - 1000 for n in range(20)
    ]
    assert waits[:4] == [60, 120, 240, 480]
    assert max(waits) == POLICY.back_off_max_s
    assert after(at(Phase.DOWNLOAD), Failed(Fault.LATER, ""), chance=0)[0].wake_at == 1000


def test_a_wait_that_nobody_asked_for_was_named_by_a_wrong_clock():
    waiting = replace(Record(), wake_at=1000.0)
    assert [is_due(waiting, now, POLICY) for now in (999, 1000, 1001)] == [False, True, True]
    assert is_due(replace(Record(), wake_at=20 * 365 * LONGEST_S), 1000, POLICY)
    assert not is_due(replace(Record(), wake_at=1000 + LONGEST_S), 1000, POLICY)
    week = replace(POLICY, poll_s=7 * LONGEST_S)
    assert not is_due(replace(Record(), wake_at=1000 + 10 * LONGEST_S), 1000, week)


@pytest.mark.parametrize("phase", [Phase.RESERVE, Phase.DOWNLOAD])
def test_a_full_disk_gets_everything_back(phase):
    record, told = after(at(phase), Failed(Fault.SPACE, "12 MB are missing"))
    assert (record.phase, record.reason) == (Phase.IDLE, "12 MB are missing")
    assert Discard(NEW.target) in told


@pytest.mark.parametrize("phase", [Phase.DOWNLOAD, Phase.VERIFY, Phase.CANARY])
def test_a_release_is_found_bad_twice_before_it_is_denied(phase):
    first, _ = after(at(phase), Failed(Fault.BAD, "wrong"))
    assert (first.phase, first.denied) == (Phase.IDLE, {})
    second, told = after(replace(first, phase=phase), Failed(Fault.BAD, "wrong"))
    assert second.denied == {NEW.sha256: "wrong"}
    assert Discard(NEW.target) in told


@pytest.mark.parametrize("phase", [Phase.TRIAL, Phase.PROBATION])
def test_once_it_is_at_work_once_is_enough(phase):
    record, told = after(at(phase), Failed(Fault.BAD, "twice as slow"))
    assert record.phase is Phase.ROLLBACK
    assert record.denied == {NEW.sha256: "twice as slow"}
    assert told[-1] == Do(Phase.ROLLBACK)
    ended, told = after(record, Finished())
    assert ended.phase is Phase.IDLE
    assert told[-1] == Discard(NEW.target)
    assert ended.floor == 0


@pytest.mark.parametrize("phase", [Phase.COMMIT, Phase.ROLLBACK])
def test_an_ending_goes_on_until_it_is_done(phase):
    for event in (Failed(Fault.LATER, ""), Failed(Fault.SPACE, ""), Restarted(NEW.target)):
        record, told = after(at(phase), event)
        assert record.phase is phase
        assert told == [Do(phase)]


@pytest.mark.parametrize("phase", WAY[:-1])
def test_a_new_process_goes_on_where_the_old_one_was(phase):
    record, told = after(at(phase), Restarted(NEW.target))
    assert record.phase is phase
    assert told == [Do(phase)]


def test_a_canary_that_fells_the_machine_is_not_let_out_for_ever():
    record, _ = after(at(Phase.CANARY), *[Restarted("")] * 3)
    assert record.phase is Phase.IDLE
    assert NEW.sha256 in record.denied


def test_a_device_that_loses_power_all_day_denies_nothing():
    record = at(Phase.DOWNLOAD)
    for _ in range(100):
        record, _ = after(replace(record, phase=Phase.DOWNLOAD), Restarted(""))
    assert record.denied == {}


def test_what_the_boot_guard_took_back_is_denied_with_its_reason():
    record, _ = after(at(Phase.PROBATION), Restarted("1-old", "started twice and did not last"))
    assert record.phase is Phase.ROLLBACK
    assert record.denied == {NEW.sha256: "started twice and did not last"}


def test_a_time_when_nobody_looked_on_is_no_part_of_the_probation():
    record, told = after(at(Phase.PROBATION, since=5.0), Restarted(NEW.target), now=1000.0)
    assert (record.phase, record.since, told) == (Phase.PROBATION, 1000.0, [Do(Phase.PROBATION)])
    assert after(at(Phase.CANARY, since=5.0), Restarted(""))[0].since == 5.0


def test_what_was_taken_back_is_not_committed():
    for event in (Restarted("1-old"), Failed(Fault.BAD, "the device went back by itself")):
        record, _ = after(at(Phase.COMMIT), event)
        assert record.phase is Phase.ROLLBACK
        assert NEW.sha256 in record.denied


def test_the_owner_goes_back_and_forgives():
    record, _ = after(Record(), GoBack("2-new", "2" * 64, 2, "asked"), Finished())
    assert record.denied == {"2" * 64: "asked"}
    assert after(record, Forgive())[0].denied == {}


def test_whoever_goes_in_circles_is_stopped():
    record, _ = after(at(Phase.READY, steps=POLICY.steps_max), Finished())
    assert (record.phase, record.denied) == (Phase.IDLE, {NEW.sha256: "it goes in circles"})
    record, _ = after(at(Phase.TRIAL, steps=POLICY.steps_max), Finished())
    assert record.phase is Phase.ROLLBACK


class Device(RuleBasedStateMachine):
    """A driver that does what it is told, on a disk that remembers two things: the pointers and what was proven."""

    @initialize()
    def begins(self):
        self.record, self.now, self.proven, self.current, self.good = Record(), 0.0, {""}, "", ""
        self.serials: list[int] = []
        self.counter, self.floor = 1, 0

    def feed(self, event, chance=0.5):
        self.now += 1
        before = self.record
        self.record, commands = step(self.record, event, self.now, POLICY, chance)
        for command in commands:
            match command:
                case Tell():
                    assert command.before is before.phase or len(commands) > 1
                    assert command.after is not Phase.ROLLBACK or command.why in BACK
                    self.serials.append(command.serial)
                case Discard(target):
                    assert target not in (self.current, self.good)

    @precondition(lambda self: self.record.phase is Phase.IDLE)
    @rule(forgive=st.booleans())
    def time_comes(self, forgive):
        self.feed(Forgive() if forgive else Due())

    @precondition(lambda self: self.record.phase is Phase.CHECK)
    @rule(new=st.booleans())
    def hears(self, new):
        self.counter += new
        name = f"{self.counter}-x"
        if name == self.good or name in self.record.denied:
            self.feed(Nothing("it runs, or is denied"))
        else:
            self.feed(Chose(name, name, self.counter))

    @precondition(lambda self: self.record.phase not in (Phase.IDLE, Phase.CHECK))
    @rule()
    def works(self):
        target = self.record.target
        match self.record.phase:
            case Phase.CANARY:
                self.proven.add(target)
            case Phase.TRIAL:
                self.current = target
            case Phase.COMMIT if self.current != target:
                self.feed(Failed(Fault.BAD, "it went back"))
                return
            case Phase.COMMIT:
                self.good = target
                self.floor = max(self.floor, self.record.counter)
            case Phase.ROLLBACK:
                self.current = self.good
        self.feed(Finished())

    @rule(fault=st.sampled_from(Fault), chance=st.floats(0, 1))
    def fails(self, fault, chance):
        self.feed(Failed(fault, "why"), chance)

    @precondition(lambda self: self.record.phase is Phase.PROBATION)
    @rule()
    def is_taken_back(self):
        self.feed(GoBack(self.record.target, self.record.sha256, self.record.counter, "the owner went back"))

    @rule(back=st.booleans(), chance=st.floats(0, 1))
    def restarts(self, back, chance):
        if back and self.record.phase in (Phase.PROBATION, Phase.COMMIT):
            self.current = self.good
        self.feed(Restarted(self.current), chance)

    @invariant()
    def only_what_was_proven_runs(self):
        assert {self.current, self.good} <= self.proven

    @invariant()
    def off_trial_the_good_one_runs(self):
        if self.record.phase not in (Phase.TRIAL, Phase.PROBATION, Phase.COMMIT, Phase.ROLLBACK):
            assert self.current == self.good

    @invariant()
    def every_report_has_a_number_of_its_own(self):
        assert self.serials == sorted(set(self.serials))

    @invariant()
    def what_was_committed_is_never_forgotten(self):
        assert self.record.floor == self.floor

    def teardown(self):
        """When the faults stop, it comes to rest with the newest release, or with a reason not to."""
        if not hasattr(self, "record"):
            return
        for _ in range(60):
            if self.record.phase is Phase.IDLE:
                self.time_comes(forgive=False)
            elif self.record.phase is Phase.CHECK:
                if self.good == f"{self.counter}-x":
                    return
                if f"{self.counter}-x" in self.record.denied:
                    return
                self.hears(new=False)
            else:
                self.works()
        raise AssertionError(f"it never came to rest: {self.record}")


Device.TestCase.settings = settings(max_examples=200, stateful_step_count=60, deadline=None)
test_whatever_happens = Device.TestCase
