"""`edge-agent update`: a fleet's repository in a folder, and a device that belongs to it."""

import io
import json

import pytest

from edge_agent.supply.fleet import policy
from edge_agent.supply.fleet.chunks import cut
from edge_agent.supply.fleet.download import address
from edge_agent.supply.fleet.policy import Pace, Policy, Step
from edge_agent.supply.fleet.release import Component, Format, Part, Release, encode
from tests.sim.tuf_repository import Repository


class Operator:
    """Publishes signed releases of a few bytes into a folder, for everybody at once."""

    def __init__(self, folder):
        self.folder = folder
        self.repository = Repository()
        self.repository.delegate("releases", ["releases/*"], terminating=True)
        self.repository.delegate("rollout", ["channels/*"], terminating=True)
        self.paces = ()

    def release(self, counter, data=b"grammar", **more):
        file = cut(io.BytesIO(data), "grammar.yaml", Format.PLAIN)
        grammar = Component("words", Part.DATA, Format.PLAIN, "MIT", "nowhere", (file,))
        release = Release("spring", f"1.0.{counter}", counter, (grammar,), **more)
        told = {"counter": counter, "barrier": False}
        self.repository.add_target(f"releases/spring-1.0.{counter}.json", encode(release), "releases", told)
        self.paces += (Pace(release.sha256, "0" * 16, 0, (Step(0, 1_000_000),)),)
        self.repository.add_target("channels/stable.json", policy.encode(Policy("stable", paces=self.paces)), "rollout")
        self.repository.release("releases", "rollout", "targets")
        self.repository.public[address(file.chunks[0].sha256)] = data
        for path, content in self.repository.public.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        return release


@pytest.fixture
def operator(tmp_path):
    return Operator(tmp_path / "stick")


@pytest.fixture
def member(home, operator):
    """A device whose owner has joined the fleet."""
    root = home.root / "root.json"
    root.write_bytes(operator.repository.public["metadata/1.root.json"])
    home.configure(f'[fleet]\nroot = "{root}"\ndevice = "one"\nkeep_free_mb = 0\nprobation_s = 10\n')
    return home


def test_a_device_that_belongs_to_no_fleet_asks_nobody(home):
    ended = home.run("update", "apply")
    assert ended.code == 78
    assert "fleet.mirrors" in ended.err
    assert home.run("update", "status").out.startswith("in use     the pulled models")
    assert home.run("models", "generations").code == 0
    assert home.run("update", "history").code == 0
    assert home.run("update", "history", "-n", "0").code == 2


def test_a_root_that_is_none_is_not_taken_for_good(member, operator):
    root, stick = member.root / "root.json", str(operator.folder)
    whole = root.read_bytes()
    operator.release(1)
    for broken in (
        b"",
        b'{"signed": 3}',
        whole.replace(b"2", b"3"),
        operator.repository.public["metadata/1.targets.json"],
    ):
        root.write_bytes(broken)
        ended = member.run("update", "check", "--from", stick)
        assert (ended.code, "is no fleet's root" in ended.err) == (78, True), ended.err
    root.write_bytes(whole)
    assert member.run("update", "check", "--from", stick).code == 0


def test_a_stick_with_the_repository_is_enough(member, operator):
    release = operator.release(1)
    told = member.run("update", "check", "--from", str(operator.folder), "--json").object["data"]
    assert told["release"]["id"] == release.id
    applied = member.run("update", "apply", "--from", str(operator.folder), "--json")
    assert applied.code == 0, applied.err
    assert applied.object["data"]["pointers"]["good"] == release.id
    assert f"{release.id} in use" not in member.run("models", "generations").err
    listed = member.run("models", "generations", "--json").object["data"]["generations"]
    assert [(one["id"], one["role"], one["whole"]) for one in listed] == [(release.id, "in use", True)]
    history = member.run("update", "history", "--json").object["data"]["reports"]
    assert [one["after"] for one in history][-2:] == ["commit", "idle"]
    assert len({one["key"] for one in history}) == len(history)
    back = member.run("update", "rollback", "--reason", "no good")
    assert back.out == f"Back from {release.id} to the pulled models.\n"
    again = member.run("update", "apply", "--from", str(operator.folder))
    assert "denied" in again.out
    assert member.run("update", "rollback").code == 66


def test_a_folder_that_is_no_repository_is_named(member, tmp_path):
    ended = member.run("update", "apply", "--from", str(tmp_path))
    assert ended.code == 66
    assert "metadata/" in ended.err


def test_whoever_changed_a_byte_is_not_believed(member, operator):
    operator.release(1)
    (path,) = (operator.folder / "metadata").glob("*.releases.json")
    table = json.loads(path.read_bytes())
    table["signed"]["targets"]["releases/spring-1.0.1.json"]["length"] += 1
    path.write_text(json.dumps(table))
    ended = member.run("update", "apply", "--from", str(operator.folder))
    assert ended.code == 1
    assert "Still the pulled models: " in ended.out
