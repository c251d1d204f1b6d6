"""The power is cut, for real, in each state and at any moment of an update: the device works, and takes the release."""

import os
import random
import signal
from dataclasses import dataclass
from itertools import product

import pytest

from edge_agent.supply.fleet import health
from edge_agent.supply.fleet.words import Phase
from tests.sim import power
from tests.sim.fleet_device import BAD, WELL, Device
from tests.sim.fleet_faults import TIMES, Watched, in_a_process, is_suspect
from tests.sim.unsigned_fleet import UnsignedFleet

CUTS = int(os.environ.get("POWER_CUTS", "100"))
"""On each kind of disk, of the long test; `make test-fleet CUTS=300` sets it."""
POINTS = 75
"""An update passes about as many; a number that it does not reach is an update without a cut."""


class AtRandom:
    """Cuts the power at the nth point of a process, and ends the process: there is no disk for it any more."""

    def __init__(self, disk: power.Disk, nth: int) -> None:
        self.disk, self.left = disk, nth

    def __call__(self, _: str) -> None:
        self.left -= 1
        if self.left == 0:
            self.disk.cut()
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class AtPoint:
    """Cuts it at the point of that name."""

    disk: power.Disk
    name: str

    def __call__(self, name: str) -> None:
        if name == self.name:
            self.disk.cut()
            os.kill(os.getpid(), signal.SIGKILL)


def watched_device(kind: str, folder) -> tuple[power.Disk, Watched]:
    """A device whose disk can lose its power."""
    if lack := power.why_not(kind):
        pytest.skip(f"no real power cut on {kind}: {lack}")
    disk = power.Disk(kind, folder)
    fleet = UnsignedFleet(folder / "fleet")
    fleet.folder.mkdir()
    watched = Watched(Device(disk.path / "device", disk.path / "models", fleet, [fleet.url]))
    with disk.mounted():
        health.write(watched.device.root, "", WELL)
    return disk, watched


def cells():
    """Every cell; of five, four are played by `make test-fleet` alone."""
    states = [phase for phase in Phase if phase is not Phase.IDLE]
    for number, (state, at, times) in enumerate(product(states, ("begin", "end"), TIMES)):
        marks = [pytest.mark.long] if number % 5 else []
        yield pytest.param(state, at, times, marks=marks, id=f"{at} {state.value}-{times}")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("state", "at", "times"), [*cells()])
def test_a_cut_in_each_state(tmp_path, state, at, times):
    """On the disk that forgets most: a file there may have its new name before it has its bytes."""
    disk, watched = watched_device("ext4 without auto_da_alloc", tmp_path)
    with disk.mounted():
        watched.device.fleet.publish(1, {"model.bin": b"weights" * 1000})
        watched.settle(1)
        health.write(watched.device.root, watched.device.pointers.current, WELL)
    watched.device.fleet.publish(2, {"model.bin": b"other weights" * 1000})
    watched.device.seen = BAD if state is Phase.ROLLBACK else WELL
    for _ in range(TIMES[times]):
        with disk.mounted():
            watched.device.now += 8 * 3600
            in_a_process(watched.device.update, AtPoint(disk, f"{at} {state.value}"))
        with disk.mounted():
            watched.look()
    with disk.mounted():
        watched.settle(2)
        denied = watched.device.pointers.current.startswith("1-")
    assert denied == (state is Phase.ROLLBACK or (is_suspect(state, at) and times == "forever"))


def survive(kind: str, folder, cuts: int, seed: int) -> None:
    chance = random.Random(seed)
    disk, watched = watched_device(kind, folder)
    fleet = watched.device.fleet
    counter = cut = 0
    while cut < cuts:
        counter += 1
        fleet.publish(counter, {"model.bin": chance.randbytes(300_000), "words/list.txt": b"%d" % counter})
        for _ in range(chance.choice((1, 1, 2))):
            with disk.mounted():
                watched.device.now += 8 * 3600
                in_a_process(watched.device.update, AtRandom(disk, chance.randint(1, POINTS)))
            with disk.mounted():
                watched.look()
            cut += 1
        with disk.mounted():
            watched.settle(counter)
            assert watched.device.pointers.current.startswith(f"{counter}-")


@pytest.mark.timeout(600)  # a busy disk is slow to forget
@pytest.mark.parametrize("kind", power.KINDS)
def test_some_cuts(kind, tmp_path):
    survive(kind, tmp_path, 12, seed=1)


@pytest.mark.long
@pytest.mark.timeout(300 + 20 * CUTS)
@pytest.mark.parametrize("kind", power.KINDS)
def test_many_cuts(kind, tmp_path):
    survive(kind, tmp_path, CUTS, seed=2)
