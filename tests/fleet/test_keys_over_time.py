"""Keys are lost, stolen and replaced; devices follow, however long they were away."""

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.base.errors import AccessError, InputError, OutputError
from edge_agent.fleet import founding, keys, publishing
from edge_agent.fleet.bringing import Folder
from edge_agent.fleet.workspace import Workspace
from edge_agent.supply.fleet.trust import DistrustError


def keyid(fleet, name):
    return keys.load_public(fleet.key(name).with_suffix(".pub")).keyid


def new_key(fleet, name):
    fleet.say("keys", "create", fleet.key(name))
    return fleet.key(name).with_suffix(".pub")


def rotate(fleet, role, name, out=""):
    words = ["--out", keyid(fleet, out)[:8]] if out else []
    return fleet.say("keys", "rotate", role, new_key(fleet, name), *words, "--fleet", fleet.space)


def test_a_root_key_that_was_lost_is_replaced_by_the_other_two(fleet):
    device = fleet.device("device")
    fleet.released("1.0.0")
    fleet.key("root-3").unlink()
    rotate(fleet, "root", "root-4", out="root-3")
    fleet.sign("root", "root-1", "root-4")
    assert fleet.publish()["admitted"] == [], "the old root wants two of its own"
    fleet.sign("root", "root-2")
    fleet.sign("targets", "root-1", "root-4")
    assert fleet.publish()["admitted"] == ["root", "targets"]
    assert fleet.ask(device)[0].policy.paces
    assert fleet.ask(fleet.device("new", root=2))[0].policy.paces


def test_a_release_key_that_was_stolen_counts_no_more(fleet):
    device = fleet.device("device")
    fleet.released("1.0.0")
    rotate(fleet, "releases", "release-4", out="release-1")
    fleet.sign("targets", "root-1", "root-2")
    fleet.sign("releases", "release-1", "release-4")
    assert fleet.publish()["admitted"] == [], "between the two, no device could verify the releases"
    fleet.sign("releases", "release-2")
    fleet.publish()
    fleet.ask(device)
    fleet.build("1.1.0")
    fleet.sign("releases", "release-1", "release-4")
    assert fleet.publish()["admitted"] == []
    fleet.sign("releases", "release-3")
    assert fleet.publish()["admitted"] == ["releases"]
    assert len(fleet.ask(device)[0].signed) == 2


def test_an_operations_key_that_was_stolen_counts_no_more(fleet):
    device = fleet.device("device")
    fleet.released("1.0.0")
    rotate(fleet, "rollout", "ops-2")
    fleet.sign("targets", "root-1", "root-3")
    assert "not the key that may sign rollouts" in fleet.publish(code=66)["message"]
    fleet.publish("--ops", fleet.key("ops-2"))
    assert fleet.ask(device)[0].policy.paces
    assert "not the key" in fleet.rollout("pause", "spring-1.0.0", code=66)["message"]
    fleet.rollout("pause", "spring-1.0.0", "--ops", fleet.key("ops-2"))
    fleet.publish("--ops", fleet.key("ops-2"))
    assert fleet.ask(device)[0].policy.paces[0].paused


def test_after_the_online_key_was_stolen_the_fleet_recovers(fleet):
    device, away = fleet.device("device"), fleet.device("away")
    fleet.released("1.0.0")
    fleet.ask(device)
    # The thief publishes a timestamp that nobody will reach by counting.
    thief = fleet.space / "repo" / "metadata" / "timestamp.json"
    honest = thief.read_bytes()
    space = Workspace(fleet.space)
    metadata = space.now("timestamp")
    metadata.signed.version = 1_000_000
    metadata.sign(keys.load(fleet.key("online")))
    space.keep("timestamp", metadata)
    (fleet.out / "metadata" / "timestamp.json").write_bytes(thief.read_bytes())
    fleet.ask(device)
    thief.write_bytes(honest)
    fleet.publish()
    with pytest.raises(DistrustError):
        fleet.ask(device)

    rotate(fleet, "online", "online-2")
    fleet.sign("root", "root-2", "root-3")
    fleet.publish("--online", fleet.key("online-2"))
    assert fleet.ask(device)[0].policy.paces
    assert fleet.ask(away)[0].policy.paces
    with pytest.raises(InputError, match="not the key"):
        founding.stamp(space, keys.load(fleet.key("online")), datetime.now(UTC))


def test_a_device_that_was_away_for_many_rotations_follows(fleet):
    device = fleet.device("device")
    for number in range(2, 8):
        rotate(fleet, "online", f"online-{number}")
        fleet.sign("root", "root-1", "root-2")
        fleet.publish("--online", fleet.key(f"online-{number}"))
    fleet.rollout("start", "none", code=66)
    with pytest.raises(DistrustError, match="no channel"):
        fleet.ask(device)


def test_signatures_that_grow_old_are_named_and_renewed(fleet):
    device = fleet.device("device")
    fleet.released("1.0.0")
    space = Workspace(fleet.space)
    later = datetime.now(UTC) + timedelta(days=600)
    online, ops = keys.load(fleet.key("online")), keys.load(fleet.key("ops"))
    assert publishing.publish(space, online, ops, later, Folder(fleet.out)).expiring == ("root", "targets", "releases")
    with pytest.raises(InputError, match="must be signed anew"):
        publishing.publish(space, online, None, later + timedelta(days=40), None)
    for role, names in (("root", "root"), ("targets", "root"), ("releases", "release")):
        fleet.say("keys", "renew", role, "--fleet", fleet.space)
        fleet.sign(role, f"{names}-1", f"{names}-2")
    assert fleet.publish()["admitted"] == ["root", "targets", "releases"]
    versions = {row["role"]: row["version"] for row in fleet.say("status", "--fleet", fleet.space)["roles"]}
    assert (versions["root"], versions["targets"], versions["releases"]) == (2, 2, 3)
    assert fleet.ask(device)[0].policy.paces
    assert "not signed offline" in fleet.say("keys", "renew", "timestamp", "--fleet", fleet.space, code=66)["message"]


def test_a_key_is_its_owners_alone(tmp_path):
    path = tmp_path / "keys" / "a.pem"
    made = keys.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys.load(path).public_key == made.public_key == keys.load_public(path.with_suffix(".pub"))
    with pytest.raises(OutputError, match="already"):
        keys.create(path)
    path.chmod(0o644)
    with pytest.raises(AccessError, match="others may read"):
        keys.load(path)


def test_a_key_with_a_passphrase_wants_it(tmp_path):
    path = tmp_path / "a.pem"
    made = keys.create(path, b"open sesame")
    assert keys.load(path, b"open sesame").public_key == made.public_key
    for wrong in (None, b"open barley"):
        with pytest.raises(InputError, match="can't be read") as error:
            keys.load(path, wrong)
        assert "EDGE_FLEET_PASSPHRASE" in error.value.hint


def test_what_is_no_key_is_named(tmp_path):
    (tmp_path / "a.pem").write_text("nothing")
    (tmp_path / "a.pem").chmod(0o600)
    for path in ("a.pem", "none.pem"):
        with pytest.raises(InputError):
            keys.load(tmp_path / path)
        with pytest.raises(InputError, match="no public key"):
            keys.load_public(tmp_path / path)


def test_a_role_or_key_that_is_none_is_named(fleet):
    public = new_key(fleet, "other")
    assert "is no role" in fleet.say("keys", "rotate", "king", public, "--fleet", fleet.space, code=66)["message"]
    error = fleet.say("keys", "rotate", "root", public, "--out", "zzzz", "--fleet", fleet.space, code=66)
    assert "not the beginning of one of the keys" in error["message"]


def test_as_a_program_of_its_own_with_encrypted_keys(tmp_path):
    def say(*words, code=0, **more):
        environment = {**os.environ, **more}
        command = [sys.executable, "-m", "edge_agent.fleet", *map(str, words)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    home = tmp_path / "fleet"
    say("init", home, EDGE_FLEET_PASSPHRASE="open sesame")
    assert b"ENCRYPTED" in (home / "keys" / "ops.pem").read_bytes()
    assert "EDGE_FLEET_PASSPHRASE" in say("publish", "--fleet", home, code=66)
    assert "kB written.\n" in say("publish", "--fleet", home, EDGE_FLEET_PASSPHRASE="open sesame")
    assert "Usage: edge-fleet" in say("--help")
    assert "edge-fleet: " in say("nonsense", code=2)


SCARCE = """
import resource, sys
from edge_agent.fleet.cli import perform
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), -1))  # as a disk that is full
sys.exit(perform(sys.argv[2:]))
"""


@pytest.mark.parametrize("bytes_", [0, 150, 600], ids=["no key", "no public half", "no root"])
def test_what_can_not_be_begun_to_its_end_can_be_begun_again(tmp_path, bytes_):
    folder = tmp_path / "fleet"
    command = [sys.executable, "-c", SCARCE, str(bytes_), "init", folder]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 73, done.stderr
    assert not [path for path in folder.rglob("*") if path.is_file()]
    founding.found(Workspace(folder), datetime.now(UTC), None)


def test_a_key_that_was_carried_away_leaves_a_public_half_that_is_kept(tmp_path):
    path = tmp_path / "a.pem"
    keys.create(path)
    path.unlink()
    with pytest.raises(OutputError, match=r"a\.pub is there already"):
        keys.create(path)
