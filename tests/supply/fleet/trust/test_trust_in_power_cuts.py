"""The power is cut, for real, while the device asks what is new: it never believes less than it did, and goes on."""

import multiprocessing
import os
import random
from datetime import UTC, datetime

import pytest

from edge_agent.supply.fleet import trust
from edge_agent.supply.fleet.transport import Transport
from edge_agent.supply.fleet.trust import DistrustError
from tests.sim import power
from tests.sim.tuf_repository import Repository

FORK = multiprocessing.get_context("fork")
REFRESH_S = 0.3
"""About as long as a refresh takes; a cut that comes later finds it done."""


def refresh(folder, url):
    with Transport() as line:
        return trust.Repository(folder, f"{url}metadata/", url, datetime.now(UTC), line).refresh()


def publish(repository, chance):
    """Publish something: a stamp, a file, another root or other online keys."""
    what = chance.choice(("timestamp", "targets", "root", "keys"))
    if what == "keys":
        repository.rotate("timestamp")
    if what in ("root", "keys"):
        repository.publish("root")
    repository.release(*(("targets",) if what == "targets" else ()))


@pytest.mark.parametrize("cuts", [12, pytest.param(100, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
@pytest.mark.parametrize("kind", power.KINDS)
def test_whenever_it_is_cut(kind, cuts, tmp_path):
    if lack := power.why_not(kind):
        pytest.skip(f"no real power cut on {kind}: {lack}")
    chance = random.Random(1)
    disk = power.Disk(kind, tmp_path)
    folder = disk.path / "trust"
    repository = Repository()
    with repository.serve() as url:
        with disk.mounted():
            trust.plant(folder, repository.public["metadata/1.root.json"])
            refresh(folder, url)
        for _ in range(cuts):
            older = dict(repository.public)
            publish(repository, chance)
            with disk.mounted():
                before = trust.read_floors(folder)
                asking = FORK.Process(target=refresh, args=(folder, url))
                asking.start()
                asking.join(chance.uniform(0, REFRESH_S))
                finished = asking.exitcode == 0
                disk.cut()
                asking.kill()
                asking.join()
            with disk.mounted():
                after = trust.read_floors(folder)
                assert after.root >= before.root
                assert after.keys != before.keys or after.versions["timestamp"] >= before.versions["timestamp"]
                newest = repository.timestamp.version
                if finished:
                    assert after.versions["timestamp"] == newest
                    repository.public, public = older, repository.public
                    with pytest.raises(DistrustError):
                        refresh(folder, url)
                    repository.public = public
                assert refresh(folder, url).versions["timestamp"] == newest
    assert os.path.ismount(disk.path) is False
