"""Where no disk was damaged, ours does exactly what python-tuf does alone: same answers, same files, same questions."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.ngclient import Updater

from edge_agent.base.errors import NetworkError, TrustError
from edge_agent.supply.fleet import trust
from edge_agent.supply.fleet.transport import Transport
from tests.sim.tuf_repository import Repository

ROLES = ("root", "timestamp", "snapshot", "targets", "delegated")
PLACES = st.sampled_from(ROLES)
AFTER = {
    "delegated": ("delegated", "targets", "snapshot", "timestamp"),
    "targets": ("targets", "snapshot", "timestamp"),
    "snapshot": ("snapshot", "timestamp"),
}
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), PLACES),
        st.tuples(st.just("alone"), PLACES),
        st.tuples(st.just("lower"), st.sampled_from(ROLES[1:])),
        st.tuples(st.just("rotate"), st.sampled_from(ROLES[:4])),
        st.tuples(st.just("rotate and lower"), st.sampled_from(("timestamp", "snapshot"))),
        st.tuples(st.just("expire"), PLACES),
        st.tuples(st.just("revive"), PLACES),
        st.tuples(st.just("unsign"), PLACES),
        st.tuples(st.just("hashes"), PLACES),
    ),
    min_size=1,
    max_size=8,
)


def change(repository, what, role):
    """Do what an owner, or a thief, might do."""
    metadata = repository.roles[role]
    match what:
        case "lower":
            metadata.signed.version = max(metadata.signed.version - 2, 1)
        case "rotate":
            repository.rotate(role)
            repository.publish("root")
        case "rotate and lower":
            for one in ("timestamp", "snapshot"):
                repository.rotate(one)
            repository.publish("root")
            metadata.signed.version = 1
        case "expire":
            metadata.signed.expires = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
        case "revive":
            metadata.signed.expires = repository.expires
        case "unsign":
            repository.show(role, b'{"signatures": [], ' + metadata.to_bytes().partition(b",")[2].lstrip())
            return
        case "hashes":
            repository.hashes = not repository.hashes
    repository.publish(*((role,) if what == "alone" else AFTER.get(role, (role,))))


def library(folder, url, root):
    """Refresh and look for a file by python-tuf alone; say how it ended."""
    try:
        updater = Updater(str(folder), f"{url}metadata/", bootstrap=root)
        updater.refresh()
        updater.get_targetinfo("files/absent")
    except (DownloadError, RepositoryError):
        return False
    return True


def ours(folder, url, line):
    try:
        repository = trust.Repository(folder, f"{url}metadata/", url, datetime.now(UTC), line)
        repository.refresh()
        repository.find("files/absent")
    except (NetworkError, TrustError):
        return False
    return True


@settings(max_examples=12)
@given(STEPS)
def test_whatever_happens_to_the_repository(steps):
    repository = Repository()
    repository.delegate("delegated", ["files/*"])
    repository.publish("delegated", bump=False)
    repository.release("targets")
    root = repository.public["metadata/1.root.json"]
    with tempfile.TemporaryDirectory() as home, repository.serve() as url, Transport() as line:
        one, other = Path(home, "ours"), Path(home, "library")
        trust.plant(one, root)
        other.mkdir()
        for step in [("publish", "timestamp"), *steps]:
            change(repository, *step)
            repository.asked.clear()
            ended = ours(one, url, line)
            asked = list(repository.asked)
            repository.asked.clear()
            assert ended == library(other, url, root)
            assert asked == repository.asked
            for path in other.glob("*.json"):
                assert (one / path.name).read_bytes() == path.read_bytes()
            assert len(list(one.glob("*.json"))) == len(list(other.glob("*.json")))
