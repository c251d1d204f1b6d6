"""When a worker is started, doubted, killed and started again. Pure: no clock, no process.

1. A worker counts when it says that it is ready, which it says after its known-answer test. One that needs longer than
   `start_timeout_s` is killed.
2. A ready worker is asked every `ping_every_s` whether it is there. No answer within `pong_late_s` makes it suspect
   (no new jobs), none within `suspect_s` more kills it. A process that exists is not a process that works.
3. A job that is overdue, or a message that is none, kills it at once: a lost reply is cheaper than a wait.
4. After the first failure it is started again at once, because the user is waiting. After the next ones it waits
   `back_off_s`, twice that, and so on up to `back_off_max_s`: an engine that can't live must not eat the machine. Who
   wants something of it waits with it, but not for ever (`HOPES`).
5. Having worked for `steady_s`, its failures are forgiven.
6. The next process starts after the last one is gone: two copies of a model may not fit into memory.
7. One that works, but has grown too large, is replaced when that is asked for. That is no failure.
8. One that rests, because others need the processor, is neither asked nor doubted meanwhile. What was left of its time
   is left when it goes on.

Every process is one `life` with a number of its own; news of an older one changes nothing. After each step the driver
carries the commands out in order, and arms one timer for `alarm`.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto

HOPES = 3
"""Failures in a row up to which a job may wait for the next process: that one is started within two breaths."""


class State(Enum):
    """Where a worker stands."""

    STARTING = auto()  # a process loads its engine; `wake_at` is the longest that may take
    READY = auto()  # it works; `wake_at` is the next ping, or the latest moment of its answer
    SUSPECT = auto()  # it owes an answer; `wake_at` is when patience ends
    BACKING_OFF = auto()  # it died; `wake_at` is the next try, or None while the killed one is not gone yet
    RENEWING = auto()  # it is being replaced; `wake_at` is None, the killed one is not gone yet
    STOPPED = auto()  # none is wanted


@dataclass(frozen=True, slots=True)
class StartAsked:
    """The agent wants the worker."""


@dataclass(frozen=True, slots=True)
class StopAsked:
    """The agent does not want it any more."""


@dataclass(frozen=True, slots=True)
class RenewAsked:
    """The agent wants a fresh process in its place."""


@dataclass(frozen=True, slots=True)
class RestAsked:
    """The agent wants it to stand still."""


@dataclass(frozen=True, slots=True)
class GoOnAsked:
    """The agent wants it to go on."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class ReadyCame:
    """The engine is loaded and proven."""

    life: int


@dataclass(frozen=True, slots=True)
class Pong:
    """It answered a ping."""

    life: int


@dataclass(frozen=True, slots=True)
class JobOverdue:
    """A job got neither an item nor its end in time."""

    life: int


@dataclass(frozen=True, slots=True)
class NonsenseCame:
    """It said something that is no message."""

    life: int


@dataclass(frozen=True, slots=True)
class Exited:
    """The process is gone, or could not be started at all."""

    life: int


Event = (
    StartAsked
    | StopAsked
    | RenewAsked
    | RestAsked
    | GoOnAsked
    | Tick
    | ReadyCame
    | Pong
    | JobOverdue
    | NonsenseCame
    | Exited
)


@dataclass(frozen=True, slots=True)
class Spawn:
    """Start a process for this life."""

    life: int


@dataclass(frozen=True, slots=True)
class Kill:
    """End it, without asking."""

    life: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Ask it whether it is there."""

    life: int


@dataclass(frozen=True, slots=True)
class Rest:
    """Let it stand still."""

    life: int


@dataclass(frozen=True, slots=True)
class GoOn:
    """Let it go on."""

    life: int


Command = Spawn | Kill | Ping | Rest | GoOn


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers of the rules above."""

    start_timeout_s: float = 60
    ping_every_s: float = 5
    pong_late_s: float = 2  # a thread of ours on a busy machine answers within 0.2 s
    suspect_s: float = 3
    back_off_s: float = 0.5
    back_off_max_s: float = 60
    steady_s: float = 30


@dataclass(frozen=True, slots=True)
class Supervised:
    """One worker, as its supervisor sees it."""

    state: State = State.STOPPED
    life: int = 0
    wake_at: float | None = None
    asked: bool = False
    """READY only: a ping is on its way."""
    failures: int = 0
    """In a row."""
    ready_at: float | None = None
    """Since when this life is ready."""
    rests_since: float | None = None
    """STARTING, READY and SUSPECT only: it stands still, and `wake_at` counts for nothing."""

    @property
    def alarm(self) -> float | None:
        """When a `Tick` is due; None while it rests, or its killed process is not gone yet."""
        return self.wake_at if self.rests_since is None else None

    @property
    def has_future(self) -> bool:
        """Whether a job may wait for it: it works, it loads, or its successor soon will."""
        later = self.state is State.BACKING_OFF and self.wake_at is not None and self.failures > HOPES
        return self.state is not State.STOPPED and not later


def step(  # noqa: PLR0912 (one branch per rule: split, it could not be read beside the rules)
    worker: Supervised, event: Event, now: float, policy: Policy
) -> tuple[Supervised, list[Command]]:
    """Return the worker after `event`, and what is to be done about it."""
    if isinstance(event, ReadyCame | Pong | JobOverdue | NonsenseCame | Exited) and event.life != worker.life:
        return worker, []

    due = worker.alarm is not None and now >= worker.alarm
    match worker.state, event:
        # What the agent wants comes first.
        case State.STOPPED, StartAsked():
            return _spawn(worker, now, policy)
        case State.STOPPED, _:
            return worker, []
        case _, StopAsked():
            gone = worker.state is State.BACKING_OFF and worker.wake_at is not None
            stopped = Supervised(State.STOPPED, worker.life)
            return stopped, [] if gone else [Kill(worker.life)]

        # Rule 8: it rests. What it said just before may still come, and counts.
        case State.STARTING | State.READY | State.SUSPECT, RestAsked() if worker.rests_since is None:
            return replace(worker, rests_since=now), [Rest(worker.life)]
        case _, GoOnAsked() if worker.rests_since is not None and worker.wake_at is not None:
            later = worker.wake_at + now - worker.rests_since
            return replace(worker, wake_at=later, rests_since=None), [GoOn(worker.life)]

        # Rule 1: ready, or too late.
        case State.STARTING, ReadyCame():
            ready = replace(worker, state=State.READY, wake_at=now + policy.ping_every_s, asked=False, ready_at=now)
            return ready, []
        case State.STARTING, Tick() if due:
            return _kill(worker, now, policy)

        # Rule 2: liveness is an answer. Each patience is counted from when we looked, not from when we meant to look:
        # an agent that was itself held up must read its pipe before it may judge.
        case State.READY, Tick() if due and not worker.asked:
            return replace(worker, asked=True, wake_at=now + policy.pong_late_s), [Ping(worker.life)]
        case State.READY, Tick() if due:
            return replace(worker, state=State.SUSPECT, asked=False, wake_at=now + policy.suspect_s), []
        case State.READY | State.SUSPECT, Pong():
            return replace(worker, state=State.READY, asked=False, wake_at=now + policy.ping_every_s), []
        case State.SUSPECT, Tick() if due:
            return _kill(worker, now, policy)

        # Rule 3: a job overdue, or nonsense.
        case State.STARTING | State.READY | State.SUSPECT, JobOverdue() | NonsenseCame():
            return _kill(worker, now, policy)

        # Rule 7: it has grown. A process that is doubted is dealt with by the other rules.
        case State.READY, RenewAsked():
            return Supervised(State.RENEWING, worker.life, failures=worker.failures), [Kill(worker.life)]
        case State.RENEWING, Exited():
            return _spawn(worker, now, policy)

        # Rules 4 and 6: it is gone, by itself or by our hand; the next one now or later.
        case State.STARTING | State.READY | State.SUSPECT, Exited():
            return _restart(_failed(worker, now, policy), now, policy)
        case State.BACKING_OFF, Exited() if worker.wake_at is None:
            return _restart(worker, now, policy)
        case State.BACKING_OFF, Tick() if due:
            return _spawn(worker, now, policy)

    # Every other pair is no news; the tests list all pairs, so none lands here by accident.
    return worker, []


def back_off_s(failures: int, policy: Policy) -> float:
    """How long to wait after so many failures in a row."""
    if failures <= 1:
        return 0.0
    # The exponent is bounded as well: 2.0 ** 1100 is an error, and a bad model may fail for months.
    return min(policy.back_off_s * 2.0 ** min(failures - 2, 32), policy.back_off_max_s)


def _spawn(worker: Supervised, now: float, policy: Policy) -> tuple[Supervised, list[Command]]:
    life = worker.life + 1
    started = Supervised(State.STARTING, life, now + policy.start_timeout_s, failures=worker.failures)
    return started, [Spawn(life)]


def _kill(worker: Supervised, now: float, policy: Policy) -> tuple[Supervised, list[Command]]:
    failed = _failed(worker, now, policy)
    return replace(failed, state=State.BACKING_OFF, wake_at=None), [Kill(worker.life)]


def _failed(worker: Supervised, now: float, policy: Policy) -> Supervised:
    # Rule 5: what it did before it worked steadily is forgiven.
    steady = worker.ready_at is not None and now - worker.ready_at >= policy.steady_s
    return replace(worker, asked=False, ready_at=None, rests_since=None, failures=1 if steady else worker.failures + 1)


def _restart(worker: Supervised, now: float, policy: Policy) -> tuple[Supervised, list[Command]]:
    wait_s = back_off_s(worker.failures, policy)
    if wait_s == 0:
        return _spawn(worker, now, policy)
    return replace(worker, state=State.BACKING_OFF, wake_at=now + wait_s), []
