"""Nothing goes back to what it was before, except for a fleet that recovers from somebody who went too far ahead."""

import pytest


def test_an_older_timestamp_is_refused(client, repository):
    repository.publish("timestamp")
    assert client.refresh() == 0
    repository.timestamp.version = 1
    repository.publish("timestamp", bump=False)
    assert client.refresh() == 1
    assert client.trusts()["timestamp"] == 2
    assert repository.asked[-1] == "metadata/timestamp.json"


@pytest.mark.parametrize("hashes", [False, True])
def test_an_older_snapshot_in_a_newer_timestamp_is_refused(client, repository, hashes):
    repository.hashes = hashes
    repository.publish("snapshot", "timestamp")
    assert client.refresh() == 0
    repository.snapshot.version = 1
    repository.publish("snapshot", bump=False)
    repository.publish("timestamp")
    assert client.refresh() == 1
    assert client.trusts() == {"root": 1, "timestamp": 2, "snapshot": 2, "targets": 1}
    assert repository.asked[-1] == "metadata/timestamp.json"


@pytest.mark.parametrize("hashes", [False, True])
def test_older_targets_in_a_newer_snapshot_are_refused(client, repository, hashes):
    repository.hashes = hashes
    repository.release("targets")
    assert client.refresh() == 0
    repository.targets.version = 1
    repository.publish("targets", bump=False)
    repository.publish("snapshot", "timestamp")
    assert client.refresh() == 1
    assert client.trusts() == {"root": 1, "timestamp": 3, "snapshot": 2, "targets": 2}


def test_a_role_that_vanishes_from_the_snapshot_is_missed(client, repository):
    assert client.refresh() == 0
    del repository.snapshot.meta["targets.json"]
    repository.publish("snapshot", "timestamp")
    assert client.refresh() == 1
    assert client.trusts()["snapshot"] == 1


def test_a_snapshot_that_is_not_as_the_timestamp_promised_is_refused(client, repository):
    repository.snapshot.version = 2
    repository.snapshot.unrecognized_fields["x"] = 1
    public = repository.timestamp.snapshot_meta
    repository.publish("snapshot", bump=False)
    repository.public["metadata/1.snapshot.json"] = repository.public["metadata/2.snapshot.json"]
    repository.timestamp.snapshot_meta = public
    repository.publish("timestamp")
    assert client.refresh() == 1
    assert client.trusts() == {"root": 1, "timestamp": 2} | ({"snapshot": 2} if "snapshot" in client.trusts() else {})
    assert repository.asked[-1] == "metadata/1.snapshot.json"


def test_after_the_timestamp_went_too_far_a_new_key_begins_anew(client, repository):
    repository.timestamp.version = 100
    repository.publish("timestamp", bump=False)
    assert client.refresh() == 0
    repository.rotate("timestamp")
    repository.timestamp.version = 1
    repository.publish("root")
    repository.publish("timestamp", bump=False)
    assert client.refresh() == 0
    assert client.trusts()["timestamp"] == 1


def test_after_the_snapshot_went_too_far_new_keys_begin_anew(client, repository):
    repository.snapshot.version = 99_999
    repository.publish("snapshot", bump=False)
    repository.publish("timestamp")
    assert client.refresh() == 0
    repository.rotate("snapshot")
    repository.rotate("timestamp")
    repository.snapshot.version = 1
    repository.publish("root")
    repository.publish("snapshot", bump=False)
    repository.publish("timestamp")
    assert client.refresh() == 0
    assert client.trusts()["snapshot"] == 1


def test_after_the_targets_went_too_far_a_new_snapshot_key_begins_anew(client, repository):
    repository.targets.version = 100
    repository.publish("targets", bump=False)
    repository.publish("snapshot", "timestamp")
    assert client.refresh() == 0
    repository.rotate("snapshot")
    repository.targets.version = 2
    repository.publish("root")
    repository.publish("targets", bump=False)
    repository.publish("snapshot", "timestamp")
    assert client.refresh() == 0
    assert client.trusts()["targets"] == 2


def test_a_root_that_was_refused_is_not_kept_for_the_next_time(client, repository):
    good = repository.signers["root"][0]
    repository.signers["root"] = [repository.new_key()]
    repository.publish("root")
    assert client.refresh() == 1
    assert client.trusts()["root"] == 1
    assert not (client.metadata / "root_history" / "2.root.json").exists()
    repository.signers["root"] = [good]
    repository.publish("root", bump=False)
    assert client.refresh() == 0
    assert client.trusts()["root"] == 2


def test_a_root_that_somebody_put_among_our_files_is_not_believed(client, repository):
    assert client.refresh() == 0
    (client.metadata / "root_history" / "2.root.json").write_bytes(b'{"signed": {}, "signatures": []}')
    repository.publish("root")
    assert client.refresh() == 0
    assert client.trusts()["root"] == 2
