"""The power is cut, for real, at any moment of an update: the device works afterwards, and takes the release."""

import os
import random
import signal

import pytest

from edge_agent.supply.fleet import health
from tests.sim import power
from tests.sim.fleet_device import WELL, Device
from tests.sim.fleet_faults import Watched, in_a_process
from tests.sim.unsigned_fleet import UnsignedFleet

CUTS = int(os.environ.get("EDGE_AGENT_POWER_CUTS", "100"))
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


def survive(kind: str, folder, cuts: int, seed: int) -> None:
    if lack := power.why_not(kind):
        pytest.skip(f"no real power cut on {kind}: {lack}")
    chance = random.Random(seed)
    disk = power.Disk(kind, folder)
    fleet = UnsignedFleet(folder / "fleet")
    fleet.folder.mkdir()
    watched = Watched(Device(disk.path / "device", disk.path / "models", fleet, [fleet.url]))
    with disk.mounted():
        health.write(watched.device.root, "", WELL)
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
