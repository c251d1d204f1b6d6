"""From a folder of models to what a device knows."""

from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.supply.fleet.metadata_files import locked
from edge_agent.supply.fleet.trust import DistrustError

MB = 1 << 20


def test_a_release_reaches_a_device(fleet):
    device = fleet.device("device")
    built = fleet.released("1.0.0")
    known, manifests = fleet.ask(device)
    assert list(manifests) == [built["sha256"]]
    assert manifests[built["sha256"]].settings == {"mind.persona": "You are kind."}
    assert known.signed[built["sha256"]].counter == 1


def test_every_chunk_lies_under_the_hash_of_its_bytes(fleet):
    built = fleet.released("1.0.0", bytes(range(256)) * 8192 + b"tail")
    chunks = [
        chunk for _, file in fleet.ask(fleet.device("device"))[1][built["sha256"]].files() for chunk in file.chunks
    ]
    for chunk in chunks:
        path = fleet.out / "chunks" / chunk.sha256[:2] / chunk.sha256[2:4] / chunk.sha256
        assert path.stat().st_size == chunk.size


def test_one_signature_of_two_makes_nothing_public(fleet):
    fleet.build("1.0.0")
    fleet.sign("releases", "release-2")
    assert fleet.publish()["waiting"] == ["2.releases.json"]
    assert fleet.rollout("start", "spring-1.0.0", code=66)["message"].startswith("no release spring-1.0.0")
    fleet.sign("releases", "release-2", "ops", "root-1")
    assert fleet.publish()["admitted"] == [], "the same key twice and keys of others are no second signature"
    fleet.sign("releases", "release-1")
    assert fleet.publish()["admitted"] == ["releases"]


def test_a_change_after_a_signature_wants_the_signature_again(fleet):
    fleet.build("1.0.0")
    fleet.sign("releases", "release-1", "release-2")
    fleet.build("1.1.0")
    assert fleet.publish()["admitted"] == []
    fleet.sign("releases", "release-1", "release-2")
    assert fleet.publish()["admitted"] == ["releases"]
    names = [row["name"] for row in fleet.say("status", "--fleet", fleet.space)["releases"]]
    assert names == ["spring-1.0.0", "spring-1.1.0"]


def test_a_signature_is_made_where_there_is_nothing_but_the_file_and_the_key(fleet, tmp_path):
    fleet.build("1.0.0")
    away = tmp_path / "away"
    away.mkdir()
    waiting = fleet.space / "waiting" / "2.releases.json"
    (away / "2.releases.json").write_bytes(waiting.read_bytes())
    for name in ("release-1", "release-2"):
        fleet.key(name).rename(away / f"{name}.pem")
        (made,) = fleet.say("release", "sign", away / "2.releases.json", "--key", away / f"{name}.pem")
        (waiting.parent / made.rpartition("/")[2]).write_bytes((away / made).read_bytes())
    assert fleet.publish()["admitted"] == ["releases"]


def test_publishing_costs_what_changed(fleet):
    data = b"".join(bytes([n]) * MB for n in range(20))
    fleet.build("1.0.0", data)
    fleet.sign("releases", "release-1", "release-2")
    assert fleet.publish()["bytes"] > 20 * MB
    assert fleet.publish()["bytes"] < 2000, "a new timestamp, and nothing else"
    changed = fleet.build("1.0.1", data[:-MB] + b"x" * MB)
    assert changed["new_chunks"] == 1
    fleet.sign("releases", "release-1", "release-2")
    assert fleet.publish()["bytes"] < 1.1 * MB
    assert fleet.rollout("start", "spring-1.0.1")["changed"]
    assert fleet.publish()["bytes"] < 10_000


def test_a_version_is_built_once_and_counted_by_itself(fleet):
    assert fleet.build("1.0.0")["counter"] == 1
    again = fleet.say("release", "build", fleet.folder / "release.toml", "--fleet", fleet.space, code=66)
    assert "exists already" in again["message"]
    assert fleet.build("1.0.1")["counter"] == 2


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("", "components"),
        ("components = 1", "wrong kind"),
        ("components = [{name = 'x'}]", "format"),
        ("=", "Invalid"),
    ],
)
def test_a_description_that_is_none_is_named(fleet, tmp_path, broken, told):
    path = tmp_path / "bad.toml"
    path.write_text(broken)
    error = fleet.say("release", "build", path, "--fleet", fleet.space, code=66)
    assert told in error["message"]


def test_a_fleet_that_nobody_stamps_expires_and_a_new_stamp_revives_it(fleet):
    device = fleet.device("device")
    fleet.released("1.0.0")
    later = datetime.now(UTC) + timedelta(days=8)
    with pytest.raises(DistrustError, match="expired"):
        fleet.ask(device, later)
    fleet.publish()
    assert fleet.ask(device)[0].policy.paces


def test_a_place_that_can_not_be_written_is_named(fleet):
    (fleet.folder / "file").write_text("")
    error = fleet.say("publish", fleet.folder / "file" / "out", "--fleet", fleet.space, code=73)
    assert "file" in error["message"]


def test_two_do_not_publish_at_once(fleet):
    with locked(fleet.space):
        assert "somebody else is at work" in fleet.publish(code=75)["message"]
    fleet.publish()


def test_a_folder_without_a_fleet_is_told_so(fleet, tmp_path):
    assert "edge-fleet init" in fleet.say("status", "--fleet", tmp_path, code=66)["hint"]
    assert "a fleet already" in fleet.say("init", fleet.space, code=73)["message"]
