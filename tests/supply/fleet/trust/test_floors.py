"""What python-tuf leaves to us: power cuts, clocks, a second updater."""

import multiprocessing
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import NetworkError
from edge_agent.supply.fleet import floors, metadata_files, trust
from edge_agent.supply.fleet.floors import Floors
from edge_agent.supply.fleet.transport import Transport
from edge_agent.supply.fleet.trust import DistrustError, Reason


def refresh(client, now=None):
    with Transport() as transport:
        now = now or datetime.now(UTC)
        return trust.Repository(client.metadata, f"{client.url}metadata/", client.url, now, transport).refresh()


@pytest.mark.parametrize("torn", [b"", b'{"signed": {"vers', b"\0" * 500])
@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "root"])
def test_metadata_that_a_power_cut_tore_lets_nothing_old_in(client, repository, role, torn):
    repository.release("targets")
    refresh(client)
    old = dict(repository.public)
    repository.publish("root")
    repository.release("targets")
    refresh(client)
    new = dict(repository.public)

    for path in (client.metadata / f"{role}.json", client.metadata / "root_history" / "2.root.json"):
        path.write_bytes(torn)
    repository.public = old
    with pytest.raises(DistrustError) as error:
        refresh(client)
    assert error.value.reason is Reason.OLDER
    repository.public = new
    assert refresh(client).versions["targets"] == 3


def test_without_any_metadata_the_floors_still_hold(client, repository):
    repository.publish("timestamp")
    refresh(client)
    for path in client.metadata.glob("*.json"):
        path.unlink()
    repository.timestamp.version = 1
    repository.publish("timestamp", bump=False)
    with pytest.raises(DistrustError, match="timestamp 1 is older than 2"):
        refresh(client)


def test_floors_that_are_damaged_are_named(client):
    refresh(client)
    (client.metadata / "floors").write_bytes(b"")
    with pytest.raises(DistrustError, match="floors is damaged") as error:
        refresh(client)
    assert "Delete" in error.value.hint


def test_a_year_without_a_signature_is_told_as_that(client):
    refresh(client)
    with pytest.raises(DistrustError, match=r"expired") as error:
        refresh(client, datetime.now(UTC) + timedelta(days=400))
    assert error.value.reason is Reason.EXPIRED
    assert "goes on with what it has" in error.value.hint


def test_local_metadata_that_has_expired_is_still_a_floor(client, repository):
    repository.timestamp.expires = repository.expires - timedelta(days=25)
    repository.publish("timestamp")
    refresh(client)
    repository.timestamp.expires = repository.expires + timedelta(days=60)
    repository.publish("timestamp")
    assert refresh(client, datetime.now(UTC) + timedelta(days=18)).versions["timestamp"] == 3
    repository.timestamp.version = 2
    repository.publish("timestamp", bump=False)
    with pytest.raises(DistrustError):
        refresh(client, datetime.now(UTC) + timedelta(days=18))


def test_a_clock_in_the_future_finds_everything_expired_and_leaves_no_trace(client):
    with pytest.raises(DistrustError):
        refresh(client, datetime.now(UTC) + timedelta(days=20 * 365))
    assert trust.read_floors(client.metadata).seen_s == floors.WRITTEN
    assert refresh(client).versions["timestamp"] == 1


def hold(folder, held, done):
    with metadata_files.locked(folder):
        held.set()
        done.wait(30)


def test_a_second_updater_is_told_to_come_back(client):
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    other = context.Process(target=hold, args=(client.metadata, held, done))
    other.start()
    assert held.wait(30)
    with pytest.raises(NetworkError, match="somebody else"), metadata_files.locked(client.metadata):
        pass
    done.set()
    other.join()
    with metadata_files.locked(client.metadata):
        pass


def test_an_updater_that_was_killed_leaves_no_lock(client):
    code = "import os, sys; from pathlib import Path; from edge_agent.supply.fleet import metadata_files as m\n"
    code += "with m.locked(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code, client.metadata], check=False)
    with metadata_files.locked(client.metadata):
        pass


VERSIONS = st.dictionaries(
    st.sampled_from(["timestamp", "snapshot", "targets", "releases", "rollout"]), st.integers(1, 9)
)
SEEN = st.tuples(st.integers(0, 5), st.sampled_from(["k", "l"]), VERSIONS, st.integers(0, 1 << 40))


@given(st.lists(SEEN, max_size=20))
def test_whatever_comes_no_floor_goes_down_unless_the_keys_change(seen):
    now = Floors()
    for root, keys, versions, at in seen:
        if floors.below(now, root, keys, versions):
            continue
        after = floors.raised(now, root, keys, versions, at)
        assert after.root >= now.root
        assert after.seen_s >= now.seen_s
        if keys == now.keys:
            assert all(after.versions[name] >= version for name, version in now.versions.items())
        assert floors.parse(floors.encode(after)) == after
        now = after


@given(st.lists(st.tuples(st.integers(0, 1 << 40), st.integers(0, 100)), max_size=20))
def test_no_policy_shuts_the_door_above_the_newest_release(told):
    now = Floors()
    for least, newest in told:
        after = floors.shut_below(now, least, newest)
        assert now.min_counter <= after.min_counter <= max(now.min_counter, newest)
        now = after


@pytest.mark.parametrize(
    ("years", "synchronized", "stopped"), [(-10, False, True), (-10, True, False), (0, False, False)]
)
def test_a_clock_that_is_behind_is_noticed(years, synchronized, stopped):
    now = floors.WRITTEN + years * 365 * 24 * 3600
    assert bool(floors.clock_fault(Floors(), now, synchronized)) is stopped


def test_a_clock_may_be_set_back_by_a_little():
    seen = Floors(seen_s=floors.WRITTEN + 10 * floors.TOLERANCE_S)
    assert not floors.clock_fault(seen, seen.seen_s - floors.TOLERANCE_S, False)
    assert "behind" in floors.clock_fault(seen, seen.seen_s - floors.TOLERANCE_S - 1, False)
