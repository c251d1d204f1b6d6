"""The public conformance suite's cases, under its names: what has expired, and what goes back to what it was."""

from datetime import UTC, datetime, timedelta

import pytest

NOW = datetime.now(UTC).replace(microsecond=0)
PAST = NOW - timedelta(days=5)
LATER = NOW + timedelta(days=18)
ONES = {"root": 1, "timestamp": 1, "snapshot": 1, "targets": 1}


def in_days(days):
    return NOW + timedelta(days=days)


def test_root_expired(client, repository):
    assert client.refresh() == 0
    repository.publish("root")
    assert client.refresh() == 0
    repository.root.expires = PAST
    repository.publish("root")
    repository.release("targets")
    assert client.refresh() == 1
    assert client.trusts() == {**ONES, "root": 3}


def test_timestamp_expired(client, repository):
    assert client.refresh() == 0
    repository.timestamp.expires = PAST
    repository.publish("timestamp")
    assert client.refresh() == 1
    assert client.trusts() == ONES


def test_snapshot_expired(client, repository):
    assert client.refresh() == 0
    repository.snapshot.expires = PAST
    repository.publish("snapshot", "timestamp")
    assert client.refresh() == 1
    assert client.trusts() == {**ONES, "timestamp": 2}


def test_targets_expired(client, repository):
    assert client.refresh() == 0
    repository.targets.expires = PAST
    repository.release("targets")
    assert client.refresh() == 1
    assert client.trusts() == {**ONES, "timestamp": 2, "snapshot": 2}


def test_expired_local_root(client, repository):
    repository.root.expires = in_days(7)
    repository.publish("root")
    assert client.refresh() == 0
    repository.root.expires = in_days(21)
    repository.publish("root")
    assert client.refresh(LATER) == 0
    assert client.trusts()["root"] == 3


def test_expired_local_timestamp(client, repository):
    repository.timestamp.expires = in_days(7)
    repository.publish("timestamp")
    assert client.refresh() == 0
    repository.timestamp.expires = in_days(21)
    repository.release("targets")
    assert client.refresh(LATER) == 0
    assert client.trusts() == {"root": 1, "timestamp": 3, "snapshot": 2, "targets": 2}


def delegated(repository, expires, *names):
    """Let a role vouch for these files until then, and make it public."""
    role = repository.delegate("delegated", ["delegatedpath/*"])
    role.expires = expires
    for name in names:
        repository.add_target(f"delegatedpath/{name}", name.encode(), "delegated")
    repository.publish("delegated", bump=False)
    repository.release("targets")


def test_delegated_targets_expired(client, repository):
    delegated(repository, PAST, "target")
    assert client.refresh() == 0
    assert client.download("delegatedpath/target") == 1
    assert client.has() == {}
    assert client.trusts() == {"root": 1, "timestamp": 2, "snapshot": 2, "targets": 2}


def test_expired_local_delegated_targets(client, repository):
    delegated(repository, in_days(7), "first", "second")
    assert client.download("delegatedpath/first") == 0
    assert client.download("delegatedpath/second", when=LATER) == 1
    assert list(client.has().values()) == [b"first"]


def test_expired_local_delegated_targets_updates(client, repository):
    delegated(repository, in_days(7), "first", "second")
    assert client.download("delegatedpath/first") == 0
    repository.roles["delegated"].signed.expires = in_days(21)
    repository.release("delegated")
    assert client.download("delegatedpath/second", when=LATER) == 0
    assert sorted(client.has().values()) == [b"first", b"second"]


def test_new_timestamp_version_rollback(client, repository):
    repository.publish("timestamp")
    assert client.refresh() == 0
    repository.timestamp.version = 1
    repository.publish("timestamp", bump=False)
    assert client.refresh() == 1
    assert client.trusts()["timestamp"] == 2
    assert repository.questions()[-1] == ("timestamp", None)


@pytest.mark.parametrize("hashes", [False, True], ids=["basic", "with hashes"])
def test_snapshot_rollback(client, repository, hashes):
    repository.hashes = hashes
    repository.publish("snapshot", "timestamp")
    assert client.refresh() == 0
    repository.snapshot.version = 1
    repository.publish("snapshot", bump=False)
    repository.publish("timestamp")
    assert client.refresh() == 1
    assert client.trusts() == {"root": 1, "timestamp": 2, "snapshot": 2, "targets": 1}
    assert repository.questions()[-1] == ("timestamp", None)


@pytest.mark.parametrize("hashes", [False, True], ids=["basic", "with hashes"])
def test_targets_rollback(client, repository, hashes):
    repository.hashes = hashes
    repository.release("targets")
    assert client.refresh() == 0
    repository.targets.version = 1
    repository.publish("targets", bump=False)
    repository.publish("snapshot", "timestamp")
    assert client.refresh() == 1
    assert client.trusts() == {"root": 1, "timestamp": 3, "snapshot": 2, "targets": 2}


@pytest.mark.parametrize("role", ["targets", "delegated"])
def test_targets_role_removal(client, repository, role):
    repository.delegate("delegated", ["delegatedpath/*"])
    repository.publish("delegated", bump=False)
    repository.release("targets")
    assert client.refresh() == 0
    del repository.snapshot.meta[f"{role}.json"]
    repository.publish("snapshot", "timestamp")
    assert client.refresh() == 1
    assert client.trusts() == {"root": 1, "timestamp": 3, "snapshot": 2, "targets": 2}


def test_targets_fast_forward_recovery(client, repository):
    # A rotated snapshot key takes back versions and, as an exception, roles too.
    repository.delegate("delegated", ["delegatedpath/*"])
    repository.publish("delegated", bump=False)
    for _ in range(99):
        repository.publish("targets")
    repository.publish("snapshot", "timestamp")
    assert client.refresh() == 0
    assert client.trusts()["targets"] == 100
    repository.rotate("snapshot")
    repository.targets.version = 0
    del repository.snapshot.meta["delegated.json"]
    repository.publish("root", "targets", "snapshot", "timestamp")
    assert client.refresh() == 0
    assert client.trusts()["targets"] == 1


def test_new_snapshot_fast_forward_recovery(client, repository):
    for _ in range(99):
        repository.publish("snapshot")
    repository.publish("timestamp")
    assert client.refresh() == 0
    assert client.trusts()["snapshot"] == 100
    repository.rotate("snapshot")
    repository.rotate("timestamp")
    repository.snapshot.version = 0
    repository.publish("root", "targets", "snapshot", "timestamp")
    assert client.refresh() == 0
    assert client.trusts()["snapshot"] == 1


def test_new_timestamp_fast_forward_recovery(client, repository):
    for _ in range(99):
        repository.publish("timestamp")
    assert client.refresh() == 0
    assert client.trusts()["timestamp"] == 100
    repository.rotate("timestamp")
    repository.timestamp.version = 0
    repository.publish("root", "timestamp")
    assert client.refresh() == 0
    assert client.trusts()["timestamp"] == 1
