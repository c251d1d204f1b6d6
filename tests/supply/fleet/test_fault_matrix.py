"""Whatever goes wrong, wherever, however often: the device works, and takes the release when it can again.

Every state of an update is entered and left under every fault; every point at which the disk may remember something is
a place to be killed at. The power is cut for real in test_power_cuts.py.
"""

import os
import shutil
import tempfile
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from edge_agent.supply.fleet import health
from edge_agent.supply.fleet.words import Phase
from tests.sim.fleet_device import BAD, WELL, Device
from tests.sim.fleet_faults import TIMES, Fault, Watched, Way, is_suspect, points
from tests.sim.unsigned_fleet import UnsignedFleet

FILES = {"model.bin": b"weights" * 1000, "words/list.txt": b"a b c", "same.bin": b"the same in every release"}

STATES = [phase for phase in Phase if phase is not Phase.IDLE]
GOOD_WAY = [phase for phase in STATES if phase is not Phase.ROLLBACK]


MEMORY = Path("/dev/shm")


@pytest.fixture
def memory(tmp_path):
    """A folder in memory, where there is one: whoever is killed leaves the same there, without waiting for a disk."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A device that runs release 1 and is offered release 2."""
    root = tmp_path_factory.mktemp("template")
    fleet = UnsignedFleet(root / "fleet")
    fleet.folder.mkdir()
    device = Device(root / "device", root / "models", fleet, [fleet.url])
    health.write(device.root, "", WELL)
    first = fleet.publish(1, FILES)
    device.update()
    health.write(device.root, first.id, WELL)
    fleet.publish(2, FILES | {"model.bin": b"other weights" * 1000})
    return device


def copy(template, folder) -> Watched:
    shutil.copytree(template.root, folder / "device", symlinks=True)
    shutil.copytree(template.fleet.folder, folder / "fleet")
    fleet = UnsignedFleet(folder / "fleet")
    return Watched(replace(template, root=folder / "device", fleet=fleet, mirrors=[fleet.url], tried=[], waited=[]))


def suffer(watched: Watched, fault: Fault, times: int) -> None:
    watched.look()
    for _ in range(times):
        watched.process(fault)
    watched.settle(2)


def cells(states):
    """Every cell; of five, four are played by `make test-fleet` alone."""
    for number, (state, way, times) in enumerate(product(states, Way, TIMES)):
        marks = [pytest.mark.long] if number % 5 else []
        yield pytest.param(state, way, times, marks=marks, id=f"{state.value}-{way.value}-{times}")


@pytest.mark.parametrize(("state", "way", "times"), [*cells(GOOD_WAY)])
def test_a_good_release_gets_through(template, memory, state, way, times):
    for at in ("begin", "end"):
        folder = memory / at
        folder.mkdir()
        watched = copy(template, folder)
        suffer(watched, Fault(f"{at} {state.value}", way), TIMES[times])
        denied = watched.device.pointers.current.startswith("1-")
        ends = way in (Way.KILL, Way.HANG) or state is Phase.COMMIT
        suspect = ends and is_suspect(state, at)
        assert denied == (suspect and times == "forever"), f"{at} {state}"


@pytest.mark.parametrize(("state", "way", "times"), [*cells([Phase.TRIAL, Phase.PROBATION, Phase.ROLLBACK])])
def test_a_bad_release_is_gone_in_the_end(template, memory, state, way, times):
    watched = copy(template, memory)
    watched.device.seen = BAD
    suffer(watched, Fault(f"begin {state.value}", way), TIMES[times])
    assert watched.device.pointers.current.startswith("1-")
    assert watched.device.pointers.good.startswith("1-")


@pytest.mark.timeout(900)  # some hundred processes
def test_killed_at_every_point_the_disk_can_remember(template, memory):
    passed = points(copy(template, memory).device)
    assert len(passed) > 60
    for number, point in enumerate(passed):
        folder = memory / str(number)
        folder.mkdir()
        watched = copy(template, folder)
        suffer(watched, Fault(point, Way.KILL), 1)
        assert watched.device.pointers.current.startswith("2-"), point
        shutil.rmtree(folder)
