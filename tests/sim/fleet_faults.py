"""What can go wrong under an updater: at a named point, in one of several ways, for so many processes.

A process is a fork of the test; a kill is a real SIGKILL, a hang a real one that somebody has to end. Errors of the
disk are raised where the disk would raise them.
"""

import errno
import hashlib
import os
import select
import signal
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from edge_agent.base.errors import EdgeAgentError, NetworkError
from edge_agent.supply.fleet import durable
from edge_agent.supply.fleet.boot_guard import guard
from edge_agent.supply.fleet.journal import peek
from edge_agent.supply.fleet.words import Phase
from tests.sim.fleet_device import Device


class Way(StrEnum):
    """How it goes wrong."""

    ERROR = "error"  # the network, or whoever else is asked
    KILL = "kill"
    HANG = "hang"
    ENOSPC = "no space"
    EIO = "I/O error"
    EROFS = "read-only"


TIMES = {"once": 1, "on retry": 2, "forever": 4}
"""In how many processes it happens; "forever" ends before the test does."""

_RAISED = {
    Way.ERROR: NetworkError("the fault of this test"),
    Way.ENOSPC: OSError(errno.ENOSPC, "no space"),
    Way.EIO: OSError(errno.EIO, "I/O error"),
    Way.EROFS: OSError(errno.EROFS, "read-only"),
}


def is_suspect(state: Phase, at: str) -> bool:
    """Whether a release may be blamed for what ends the updater, or the machine, there again and again.

    In canary or trial it may be the release; so may what ends the agent on trial, which `Watched` starts after each
    process.
    """
    return state in (Phase.CANARY, Phase.TRIAL, Phase.PROBATION) or (state is Phase.COMMIT and at == "begin")


@dataclass
class Fault:
    """At the point of that name; every time within one process."""

    at: str
    way: Way
    report: int = -1
    """A pipe that says that it hangs."""

    def __call__(self, name: str) -> None:
        if name != self.at:
            return
        if self.way is Way.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.way is Way.HANG:
            os.write(self.report, b"hangs")
            signal.pause()
        raise _RAISED[self.way]


def points(device: Device) -> list[str]:
    """Return the points that one update passes, each once, in their order."""
    seen: dict[str, None] = {}
    durable.watch(seen.setdefault)
    try:
        device.update()
    finally:
        durable.watch(None)
    return list(seen)


def in_a_process(job: Callable[[], object], fault: durable.Watch | None) -> int:
    """Run `job` in a fork, and return what became of it, as `os.waitpid` says it."""
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if isinstance(fault, Fault):
                fault.report = told
            durable.watch(fault)
            job()
            code = 0
        except EdgeAgentError:
            code = 75
        finally:
            os._exit(code)
    os.close(told)
    if select.select([heard], [], [], 60)[0] and os.read(heard, 5):
        os.kill(child, signal.SIGKILL)
    os.close(heard)
    return os.waitpid(child, 0)[1]


class Watched:
    """A device whose invariants are looked at after every process."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.floor = 0

    def process(self, fault: Fault | None) -> None:
        """Let one process update the device, and look."""
        self.device.now += 8 * 3600  # longer than any back-off
        in_a_process(self.device.update, fault)
        self.look()

    def look(self) -> None:
        """What runs is whole, down to the last byte; what was reached is kept; the agent could start, offline."""
        generations = self.device.generations
        for name in {self.device.pointers.current, guard(self.device.root).current} - {""}:
            for path, file in generations.release(name).files():
                data = (generations.folder(name) / path).read_bytes()
                assert hashlib.sha256(data).hexdigest() == file.sha256, f"{name}/{path}"
        floor = peek(self.device.root).floor
        assert floor >= self.floor, "a floor went down"
        self.floor = floor

    def settle(self, counter: int, most: int = 6) -> None:
        """Without faults the device comes to rest with that release, or with a reason not to, and is tidy."""
        for _ in range(most):
            self.process(None)
            record = peek(self.device.root)
            name = self.device.pointers.current
            if record.phase is Phase.IDLE and (name.startswith(f"{counter}-") or record.denied):
                break
        else:
            raise AssertionError(f"it does not come to rest: {record}")
        self.process(None)
        left = [path.name for path in self.device.root.iterdir() if path.suffix in (".tmp", ".gone", ".new")]
        assert left == []
        assert len(self.device.generations.sealed()) <= 3
        told = self.device.reports()
        assert len({report.key for report in told}) == len(told)
        assert [report.before for report in told[1:]] == [report.after for report in told[:-1]]
