"""What all tests share."""

import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# How long one example takes says more about the machine that tests than about what is tested.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# `tests.sim` is to be found wherever pytest was started.
ROOT = str(Path(__file__).parents[1])
if ROOT not in sys.path:
    sys.path.append(ROOT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give what runs in real time two more goes: a busy machine makes it late. The summary counts these."""
    for item in items:
        if any(item.get_closest_marker(name) for name in ("alone", "pulse")):
            item.add_marker(pytest.mark.flaky(reruns=2))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Keep the garbage collector from looking through all that is there before a test that lives in real time begins.

    Thousands of tests, or what the tests of the house read, stopped time for 0.2-0.4 s.
    """
    if item.get_closest_marker("alone") or item.get_closest_marker("pulse"):
        gc.freeze()


@pytest.fixture
def in_environment():
    """Set environment variables until the test is over."""
    before = dict(os.environ)
    yield lambda **variables: os.environ.update(variables)
    os.environ.clear()
    os.environ.update(before)
