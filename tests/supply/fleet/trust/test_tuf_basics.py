"""What a client of The Update Framework must do and refuse: the beginning, versions, hashes, expiry, targets."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from tuf_client import CLIENT

FIRST = ["metadata/2.root.json", "metadata/timestamp.json", "metadata/1.snapshot.json", "metadata/1.targets.json"]
ALL_AT_1 = {"root": 1, "timestamp": 1, "snapshot": 1, "targets": 1}


def test_the_beginning_asks_nobody_and_the_first_refresh_asks_for_each_role_once(client, repository):
    assert repository.asked == []
    assert client.trusts() == {"root": 1}
    assert client.refresh() == 0
    assert repository.asked == FIRST
    assert client.trusts() == ALL_AT_1


def test_as_a_program_of_its_own_it_leaves_with_0_or_1(client, repository):
    words = [sys.executable, CLIENT, "--metadata-dir", client.metadata, "--metadata-url", f"{client.url}metadata/"]
    # A proxy that the environment names is for the world outside.
    environment = {**os.environ, "HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}
    assert subprocess.run([*words, "refresh"], env=environment, check=False).returncode == 0
    repository.hide("metadata/timestamp.json")
    done = subprocess.run([*words, "refresh"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_a_second_refresh_asks_for_what_may_have_changed(client, repository):
    client.refresh()
    repository.asked.clear()
    assert client.refresh() == 0
    assert repository.asked == ["metadata/2.root.json", "metadata/timestamp.json"]


@pytest.mark.parametrize("how", ["no version", "no signature", "other signature", "no json", "empty"])
def test_with_a_root_that_is_none_nobody_is_asked(client, repository, how):
    table = json.loads(repository.public["metadata/1.root.json"])
    match how:
        case "no version":
            del table["signed"]["version"]
        case "no signature":
            table["signatures"] = []
        case "other signature":
            table["signatures"][0]["sig"] = "00" * 64
    client.init({"no json": b"<html>", "empty": b""}.get(how, json.dumps(table).encode()))
    assert client.refresh() == 1
    assert repository.asked == []


@pytest.mark.parametrize(
    ("role", "posed"),
    [("timestamp", "snapshot"), ("snapshot", "targets"), ("targets", "snapshot"), ("root", "targets")],
)
def test_metadata_of_another_kind_is_refused(client, repository, role, posed):
    client.refresh()
    repository.roles[role].signed.version += 1
    other = repository.roles[posed]
    other.signatures.clear()
    for signer in repository.signers[role]:
        other.sign(signer, append=True)
    repository.show(role, other.to_bytes())
    if role in ("snapshot", "targets"):
        repository.publish(*(["snapshot"] if role == "targets" else []), "timestamp")
    assert client.refresh() == 1
    assert client.trusts()[role] == 1


@pytest.mark.parametrize(
    ("role", "before"),
    [("timestamp", {"root"}), ("snapshot", {"root", "timestamp"}), ("targets", {"root", "timestamp", "snapshot"})],
)
def test_what_can_not_be_had_stops_everything_after_it(client, repository, role, before):
    repository.hide(f"metadata/{'' if role == 'timestamp' else '1.'}{role}.json")
    assert client.refresh() == 1
    assert set(client.trusts()) == before


@pytest.mark.parametrize("role", ["snapshot", "targets"])
def test_bytes_with_another_hash_than_was_named_are_refused(client, repository, role):
    client.refresh()
    repository.hashes = True
    repository.release("targets")
    data = json.loads(repository.public[f"metadata/2.{role}.json"])
    repository.public[f"metadata/2.{role}.json"] = json.dumps(data, indent=7).encode()
    assert client.refresh() == 1
    assert client.trusts()[role] == 1
    assert client.trusts()["timestamp"] == 2


def test_the_bytes_that_came_are_the_bytes_that_are_kept(client, repository):
    for role in ("timestamp", "snapshot", "targets"):
        address = f"metadata/{'' if role == 'timestamp' else '1.'}{role}.json"
        repository.public[address] = json.dumps(json.loads(repository.public[address]), indent=3).encode()
    assert client.refresh() == 0
    for role in ("timestamp", "snapshot", "targets"):
        address = f"metadata/{'' if role == 'timestamp' else '1.'}{role}.json"
        assert (client.metadata / f"{role}.json").read_bytes() == repository.public[address]


def test_an_expired_root_in_between_does_not_matter(client, repository):
    repository.root.expires -= timedelta(days=40)
    repository.publish("root")
    repository.root.expires += timedelta(days=40)
    repository.publish("root")
    assert client.refresh() == 0
    assert client.trusts()["root"] == 3


@pytest.mark.parametrize("path", ["file.txt", "a/b/c/file.txt", "with space.txt", "grüße.txt", "100%.txt"])
@pytest.mark.parametrize("consistent", [True, False])
def test_a_target_is_downloaded_under_its_quoted_name(client, repository, path, consistent):
    repository.root.consistent_snapshot = consistent
    repository.publish("root")
    repository.add_target(path, b"content")
    repository.release("targets")
    assert client.download(path) == 0
    assert list(client.has().values()) == [b"content"]
    assert client.download("nothing.txt") == 1


def test_several_targets_come_in_order_by_one_refresh_and_none_twice(client, repository):
    for name in ("one", "two", "three"):
        repository.add_target(name, name.encode())
    repository.release("targets")
    assert client.download("two", "one") == 0
    assert client.download("three", "two") == 0
    got = [address.rpartition(".")[2] for address in repository.asked if address.startswith("targets/")]
    assert got == ["two", "one", "three"]
    assert client.has() == {"one": b"one", "two": b"two", "three": b"three"}


def test_a_substituted_target_is_refused_and_the_old_one_stays(client, repository):
    target = repository.add_target("file", b"good")
    repository.release("targets")
    assert client.download("file") == 0
    new = repository.add_target("file", b"newer")
    repository.release("targets")
    repository.put(target, b"evil")
    repository.put(new, b"evil!")
    assert client.download("file") == 1
    repository.put(new, b"much longer than was promised")
    assert client.download("file") == 1
    assert client.has() == {"file": b"good"}
    repository.put(new, b"newer")
    assert client.download("file") == 0
    assert client.has() == {"file": b"newer"}
