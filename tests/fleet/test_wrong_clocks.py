"""The clock is wrong, or nobody signed for a year: what runs goes on; new releases wait, say why, and come later."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.fleet import keys, publishing
from edge_agent.fleet.bringing import Folder
from edge_agent.fleet.workspace import Workspace
from edge_agent.supply.fleet import health
from edge_agent.supply.fleet.boot_guard import guard
from edge_agent.supply.fleet.channel import Channel
from edge_agent.supply.fleet.fleet import Fleet, is_synchronized
from edge_agent.supply.fleet.transport import Transport
from tests.sim.fleet_device import WELL, Device

YEAR_S = timedelta(days=365).total_seconds()


@pytest.fixture
def device(fleet, tmp_path):
    """A device with real trust, which runs the first release."""
    trust = fleet.device("trust")
    fleet.released("1.0.0")
    health.write(tmp_path / "device", "", WELL)
    with Transport() as line:
        wanted = Fleet(Channel(trust, [fleet.out.as_uri()], "stable", line), "one", frozenset())
        made = Device(tmp_path / "device", tmp_path / "models", wanted, [fleet.out.as_uri()], now=time.time())
        made.update()
        yield made


def due(device):
    """Let the timer look, as it does every few minutes."""
    return device.updater().run()


@pytest.mark.parametrize(
    ("years", "told"),
    [(20, "has expired"), (1.1, "has expired"), (-10, "clock")],
)
def test_what_runs_goes_on_and_what_is_new_waits_until_the_clock_is_right(fleet, device, years, told):
    if years < 0 and is_synchronized():
        pytest.skip("this machine's clock is kept by the network, and believed for that")
    first = device.pointers.current
    fleet.released("1.1.0", b"other weights")
    right = device.now + 8 * 3600
    device.now = right + years * YEAR_S
    record = device.update()
    assert told in record.reason
    assert record.denied == {}
    assert device.pointers.current == guard(device.root).current == first
    device.now = right
    due(device)
    assert device.pointers.current.startswith("2-")


def test_a_clock_that_is_set_back_during_probation_does_not_hold_it_for_years(fleet, device):
    fleet.released("1.1.0", b"other weights")
    device.now += 8 * 3600
    usual, jumps = device.wait, iter([-10 * YEAR_S])
    device.wait = lambda seconds: usual(seconds + next(jumps, 0))
    device.update()
    assert device.pointers.good.startswith("2-")


def test_a_year_without_signatures_ends_when_somebody_signs(fleet, device):
    first = device.pointers.current
    fleet.released("1.1.0", b"other weights")
    device.now += YEAR_S
    assert "has expired" in due(device).reason
    assert device.pointers.current == first
    space, then = Workspace(fleet.space), datetime.fromtimestamp(device.now, UTC)
    online, ops = keys.load(fleet.key("online")), keys.load(fleet.key("ops"))
    publishing.publish(space, online, ops, then, Folder(fleet.out))
    device.now += 8 * 3600
    due(device)
    assert device.pointers.current.startswith("2-")
