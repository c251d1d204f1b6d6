"""The public conformance suite's cases, under its names: how it begins, what is asked for, what must be refused."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import MetaFile

ROLES = ("root", "timestamp", "snapshot", "targets")
FIRST = [("root", 2), ("timestamp", None), ("snapshot", 1), ("targets", 1)]
NOTHING_RIGHT = "11" * 64


def with_field(name, value):
    """A new key, with a field that nobody knows; its identity is counted with it."""
    signer = CryptoSigner.generate_ed25519()
    signer.public_key.unrecognized_fields[name] = value
    said = encode_canonical(signer.public_key.to_dict())
    signer.public_key.keyid = hashlib.sha256(said.encode()).hexdigest()
    return signer


def test_basic_refresh_requests(client, repository):
    assert client.refresh() == 0
    assert repository.questions() == FIRST


def test_basic_refresh_trusted_data(client, repository):
    assert client.refresh() == 0
    for role in ROLES:
        assert client.believed(role) == repository.public[repository.address(role)]


def test_implicit_refresh(client, repository):
    assert client.download("nonexistent artifact") == 1
    assert repository.questions() == FIRST
    for role in ROLES:
        assert client.believed(role) == repository.public[repository.address(role)]


def test_invalid_initial_root(client, repository):
    root = json.loads(repository.public["metadata/1.root.json"])
    del root["signed"]["version"]
    client.init(json.dumps(root).encode())
    assert client.refresh() == 1
    assert repository.asked == []


def test_unsigned_initial_root(client, repository):
    root = json.loads(repository.public["metadata/1.root.json"])
    root["signatures"][0]["sig"] = NOTHING_RIGHT
    client.init(json.dumps(root).encode())
    assert client.refresh() == 1
    assert repository.asked == []


BEFORE_IT = {
    "root": {"root": 1},
    "timestamp": {"root": 2},
    "snapshot": {"root": 2, "timestamp": 2},
    "targets": {"root": 2, "timestamp": 2, "snapshot": 2},
}


@pytest.mark.parametrize("role", ROLES)
def test_unsigned_metadata(client, repository, role):
    repository.signers[role].clear()
    repository.publish("root", "targets", "snapshot", "timestamp")
    assert client.refresh() == 1
    assert client.trusts() == BEFORE_IT[role]


@pytest.mark.parametrize("role", ["root", "snapshot", "targets"])
def test_url_and_metadata_version_mismatch(client, repository, role):
    repository.publish("root", "targets", "snapshot", "timestamp")
    address = repository.address(role)
    repository.roles[role].signed.version += 1
    repository.public[address] = repository.signed(role)
    assert client.refresh() == 1
    assert client.trusts() == BEFORE_IT[role]


def test_timestamp_content_changes(client, repository):
    assert client.refresh() == 0
    repository.timestamp.snapshot_meta.version = 100
    repository.publish("timestamp", bump=False)
    assert client.refresh() == 0
    assert repository.questions()[-1] == ("timestamp", None)
    assert json.loads(client.believed("timestamp"))["signed"]["meta"]["snapshot.json"]["version"] == 1


def test_basic_metadata_hash_support(client, repository):
    repository.hashes = True
    repository.release("targets")
    assert client.refresh() == 0
    repository.publish("targets")
    repository.snapshot.meta["targets.json"].hashes["sha256"] = "46" * 32
    repository.publish("snapshot", "timestamp")
    assert client.refresh() == 1
    assert client.trusts() == {"root": 1, "timestamp": 3, "snapshot": 3, "targets": 2}


def test_metadata_bytes_match(client, repository):
    repository.public["metadata/timestamp.json"] += b" "
    assert client.refresh() == 0
    assert client.believed("timestamp") == repository.public["metadata/timestamp.json"]


def test_custom_fields(client, repository):
    assert client.refresh() == 0
    repository.root.unrecognized_fields["custom-field"] = "value"
    repository.add_key("root", signer=with_field("extra-field", {"a": 1, "b": 2}))
    repository.root.roles["root"].unrecognized_fields["another-field"] = "value"
    repository.publish("root")
    assert client.refresh() == 0
    assert client.trusts()["root"] == 2


def test_deprecated_keyid_hash_algorithms(client, repository):
    (old,) = repository.signers["snapshot"]
    repository.root.revoke_key(old.public_key.keyid, "snapshot")
    repository.signers["snapshot"].clear()
    repository.add_key("snapshot", signer=with_field("keyid_hash_algorithms", "md5"))
    repository.publish("root", "snapshot", "timestamp")
    assert client.refresh() == 0
    assert client.trusts() == {"root": 2, "timestamp": 2, "snapshot": 2, "targets": 1}


def test_snapshot_404(client, repository):
    assert client.refresh() == 0
    repository.timestamp.snapshot_meta.version += 1
    repository.publish("timestamp")
    assert client.refresh() == 1
    assert repository.questions()[-1] == ("snapshot", 2)
    assert client.trusts() == {"root": 1, "timestamp": 2, "snapshot": 1, "targets": 1}


def test_targets_404(client, repository):
    assert client.refresh() == 0
    repository.snapshot.meta["targets.json"].version += 1
    repository.publish("snapshot", "timestamp")
    assert client.refresh() == 1
    assert repository.questions()[-1] == ("targets", 2)
    assert client.trusts() == {"root": 1, "timestamp": 2, "snapshot": 2, "targets": 1}


def test_timestamp_404(client, repository):
    assert client.refresh() == 0
    repository.hide("metadata/timestamp.json")
    assert client.refresh() == 1
    assert repository.questions()[-1] == ("timestamp", None)


def test_incorrect_metadata_type(client, repository):
    # A snapshot that could pass for a timestamp, signed by the timestamp's key: only its type is wrong.
    repository.add_key("snapshot", signer=repository.signers["timestamp"][0])
    repository.snapshot.meta = {"snapshot.json": MetaFile(1)}
    repository.publish("root", "snapshot")
    repository.public["metadata/timestamp.json"] = repository.public["metadata/2.snapshot.json"]
    assert client.refresh() == 1
    assert client.trusts() == {"root": 2}


def test_faketime(client, repository):
    now = datetime.now(UTC)
    repository.root.expires = (now + timedelta(days=7)).replace(microsecond=0)
    repository.publish("root")
    assert client.refresh() == 0
    assert client.refresh(now + timedelta(days=8)) == 1
