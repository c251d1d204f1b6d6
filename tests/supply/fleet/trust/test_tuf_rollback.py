"""Nothing goes back to what it was before: roots that were refused, and snapshots that were not promised."""


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
