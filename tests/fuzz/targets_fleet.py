"""What comes from a fleet: signed or not, it is read as if somebody meant harm."""

import json
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from fuzzing import Target, mutated, written
from hypothesis import strategies as st

from edge_agent.fleet import reported
from edge_agent.supply.fleet import (
    chunks,
    floors,
    journal,
    manifest,
    metadata_files,
    policy,
    release,
    remembered,
    reports,
    trust,
)
from edge_agent.supply.fleet.floors import Floors
from edge_agent.supply.fleet.journal import Report
from edge_agent.supply.fleet.policy import Pace, Policy, Signed, Step
from edge_agent.supply.fleet.release import Chunk, Component, File, Format, Part, Release
from edge_agent.supply.fleet.remembered import Remembered
from edge_agent.supply.fleet.words import Phase, Record, Tell
from tests.sim.tuf_repository import Repository

SHA = "ab" * 32
JSON_WORDS = [b"null", b"1e999", b"-1", b"[", b'"', b"{}", b"true", b"NaN", b"../", b"\\u0000", b"99999999999999999999"]

_FILE = File("model.gguf", 3, SHA, (Chunk(SHA, 3),))
_RELEASE = Release("spring", "1.0.0", 3, (Component("words", Part.LLM, Format.GGUF, "MIT", "x", (_FILE,)),))
_POLICY = Policy("stable", 1, (SHA,), SHA, (Pace(SHA, "0" * 16, 5, (Step(0, 5), Step(9, 10)), canaries=("lab",)),))
_SIGNED = {SHA: Signed(SHA, 3, False, "releases/spring.json", 100)}
_TOLD = [Report("a-1", 1.0, "probation", "commit", SHA, 3, "")]
_REPORT = json.dumps({"key": "1", "release": SHA, "before": "probation", "after": "commit"}).encode()
_METRICS = reports.otlp(_TOLD, _TOLD)
_GGUF = (
    b"GGUF\x03\0\0\0" + b"\x01" + b"\0" * 7 + b"\x01" + b"\0" * 7 + b"\x01" + b"\0" * 7 + b"k\x04\0\0\0\x05\0\0\0" * 4
)


def _manifest(data, _):
    assert release.encode(manifest.parse(data)) == data


def _policy(data, _):
    told = policy.parse(data, "stable")
    assert policy.encode(told) == data
    policy.choose(told, _SIGNED, policy.Device("a", counter=1), 10)


def _floors(data, _):
    floors.parse(data)


def _remembered(data, _):
    remembered.parse(data, "stable")


def _reports(data, _):
    reported.tally(data.splitlines(), SHA)


def _cut(data, folder):
    path = written(folder, "model.gguf", data)
    with path.open("rb") as file:
        cut = chunks.cut(file, "model.gguf", Format.GGUF)
    assert sum(chunk.size for chunk in cut.chunks) == len(data)


def _metadata(data, folder):
    written(folder, "timestamp.json", data)
    metadata_files.expiries(folder)
    metadata_files.mend(folder)
    trust.read_floors(folder)


@cache
def _signed():
    """A first root, what vouches for one release, and that release's hash."""
    repository = Repository()
    repository.delegate("releases", ["releases/*"])
    repository.add_target("releases/spring.json", release.encode(_RELEASE), "releases")
    repository.publish("targets", "releases", bump=False)
    told = {role: repository.roles[role].to_bytes().decode() for role in ("targets", "releases")}
    root = repository.public["metadata/1.root.json"]
    evidence = json.dumps({"roots": [root.decode()]} | told).encode()
    assert trust.vouches(evidence, root, _RELEASE.sha256)
    return evidence, root


def _evidence(data, _):
    _, root = _signed()
    trust.vouches(data, root, _RELEASE.sha256)
    assert not trust.vouches(data, root, SHA)


@cache
def _database():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with closing(journal.Journal(folder)) as kept:
            kept.store(Record(Phase.CHECK), [Tell(1, 0.0, Phase.IDLE, Phase.CHECK, "", 0, "", "due")])
            kept.arrived({"net": 5})
        return (folder / journal.FILE).read_bytes()


def _counts(data, folder):
    written(folder, journal.FILE, data)
    journal.seen(folder)


TARGETS = [
    Target("release manifest", mutated([release.encode(_RELEASE)], JSON_WORDS), _manifest),
    Target("rollout policy", mutated([policy.encode(_POLICY)], JSON_WORDS), _policy),
    Target("floors", mutated([floors.encode(Floors(3, "k", {"root": 2}))], JSON_WORDS), _floors, (ValueError,)),
    Target(
        "a fleet's last answer",
        mutated([remembered.encode(Remembered(SHA, 9, _POLICY, _SIGNED, 2))], JSON_WORDS),
        _remembered,
    ),
    Target("reports", mutated([_METRICS, _REPORT + b"\n" + _REPORT], [*JSON_WORDS, b"\n"]), _reports),
    Target("GGUF to cut", mutated([_GGUF]) | st.binary(max_size=200), _cut),
    Target("what vouches for a generation", st.deferred(lambda: mutated([_signed()[0]], JSON_WORDS)), _evidence),
    Target("the updater's database", st.deferred(lambda: mutated([_database()])), _counts),
    Target("metadata on the disk", mutated([b'{"signed": {"version": 3}}'], JSON_WORDS), _metadata),
]
