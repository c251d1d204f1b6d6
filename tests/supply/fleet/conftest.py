"""A device, and a fleet that it believes without asking."""

import pytest
from releases import release

from edge_agent.supply.fleet import health
from edge_agent.supply.fleet.release import Release
from tests.sim.fleet_device import WELL, Device
from tests.sim.unsigned_fleet import UnsignedFleet


@pytest.fixture
def small_release() -> Release:
    return release()


@pytest.fixture
def device(tmp_path) -> Device:
    fleet = UnsignedFleet(tmp_path / "fleet")
    fleet.folder.mkdir()
    health.write(tmp_path / "device", "", WELL)
    return Device(tmp_path / "device", tmp_path / "models", fleet, [fleet.url])
