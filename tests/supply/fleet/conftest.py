"""A release of small files."""

import pytest
from releases import release

from edge_agent.supply.fleet.release import Release


@pytest.fixture
def small_release() -> Release:
    return release()
