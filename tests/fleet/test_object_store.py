"""Published to an object store: nothing is ever missing there, and nothing is sent twice."""

import json
from datetime import UTC, datetime

import pytest

from edge_agent.base.errors import NetworkError
from edge_agent.fleet import keys, publishing
from edge_agent.fleet.bringing import TIMESTAMP
from edge_agent.fleet.object_store import ObjectStore
from edge_agent.fleet.workspace import Workspace
from edge_agent.supply.fleet.channel import Channel
from edge_agent.supply.fleet.download import address
from edge_agent.supply.fleet.manifest import parse
from edge_agent.supply.fleet.transport import Transport
from tests.sim.object_store import BUCKET, ENVIRONMENT, object_store

MB = 1 << 20
THERE = f"s3://{BUCKET}/some/where"
ONLY_NEW = 6
"""Requests of publishing where nothing is new: what is there, twice, and the timestamp."""


@pytest.fixture
def store(in_environment):
    with object_store() as running:
        in_environment(**ENVIRONMENT, AWS_ENDPOINT_URL=running.url)
        yield running


def to_store(fleet, *words, code=0):
    return fleet.say("publish", THERE, "--fleet", fleet.space, *words, code=code)


def publish(fleet, store):
    """Publish without waiting where the store is busy."""
    space, now = Workspace(fleet.space), datetime.now(UTC)
    online, ops = keys.load(fleet.key("online")), keys.load(fleet.key("ops"))
    place = ObjectStore(THERE, ENVIRONMENT | {"AWS_ENDPOINT_URL": store.url}, wait=lambda _: None)
    return publishing.publish(space, online, ops, now, place)


def started(fleet, version, data):
    """A release that is signed and started, and was not published yet."""
    fleet.build(version, data)
    fleet.sign("releases", "release-1", "release-2")
    fleet.publish()
    fleet.rollout("start", f"spring-{version}", "--steps", "100%@0")


def lacking(objects):
    """Name what a device that reads the timestamp would not find."""
    files = {name.removeprefix("some/where/"): data for name, data in objects.items()}
    if TIMESTAMP not in files:
        return []
    stamp = json.loads(files[TIMESTAMP])["signed"]
    wanted = [f"metadata/{stamp['meta']['snapshot.json']['version']}.snapshot.json", "metadata/1.root.json"]
    snapshot = json.loads(files[wanted[0]])["signed"]
    wanted += [f"metadata/{meta['version']}.{name}" for name, meta in snapshot["meta"].items()]
    for name in [name for name in wanted if name in files]:
        for path, target in json.loads(files[name])["signed"].get("targets", {}).items():
            folder, _, last = path.rpartition("/")
            place = f"targets/{folder}/{target['hashes']['sha256']}.{last}"
            wanted.append(place)
            if folder == "releases" and place in files:
                wanted += [address(chunk.sha256) for _, file in parse(files[place]).files() for chunk in file.chunks]
    return [name for name in wanted if name not in files]


def test_a_device_finds_there_what_was_published(fleet, store):
    device = fleet.device("device")
    started(fleet, "1.0.0", bytes(range(256)) * 5000)
    assert to_store(fleet)["files"] > 6
    with Transport() as line:
        channel = Channel(device, [f"{store.url}/{BUCKET}/some/where"], "stable", line)
        known = channel.refresh(datetime.now(UTC), synchronized=True)
        (pace,) = known.policy.paces
        (path_and_file,) = channel.manifest(known.signed[pace.sha256]).files()
    chunk = path_and_file[1].chunks[0]
    assert len(store.objects[f"some/where/{address(chunk.sha256)}"]) == chunk.size


def test_caches_are_told_what_never_changes(fleet, store):
    started(fleet, "1.0.0", b"weights")
    to_store(fleet)
    short = {name for name, (_, kept) in store.headers.items() if "immutable" not in kept}
    assert short == {f"some/where/{TIMESTAMP}"}
    kinds = {kind for name, (kind, _) in store.headers.items() if "/chunks/" in name}
    assert kinds == {"application/octet-stream"}


def test_publishing_costs_what_changed(fleet, store):
    data = b"".join(bytes([number]) * MB for number in range(20))
    started(fleet, "1.0.0", data)
    to_store(fleet)
    store.asked.clear()
    assert to_store(fleet)["files"] == 1
    assert store.puts() == [f"some/where/{TIMESTAMP}"]
    assert len(store.asked) <= 2 * ONLY_NEW
    store.asked.clear()
    started(fleet, "1.0.1", data[:-MB] + b"x" * MB)
    assert to_store(fleet)["bytes"] < 1.1 * MB
    assert [name for method, name in store.asked if method == "HEAD"] == [
        name for name in store.puts() if "/chunks/" in name
    ]


def test_nothing_is_ever_missing_and_what_was_interrupted_is_resumed(fleet, store):
    started(fleet, "1.0.0", b"".join(bytes([number]) * MB for number in range(4)))
    to_store(fleet)
    started(fleet, "1.1.0", b"".join(bytes([number]) * MB for number in range(2, 9)))
    for allowed in range(40):
        left = iter(range(allowed))
        store.refuse = lambda method, _, left=left: 500 if method == "PUT" and next(left, None) is None else 0
        store.asked.clear()
        try:
            publish(fleet, store)
            break
        except NetworkError:
            assert len(store.puts()) > 0
    else:
        raise AssertionError("it is never done")
    assert allowed > 2
    assert [lacking(state) for state in store.states if lacking(state)] == []
    assert len([name for name in store.objects if "/chunks/" in name]) == 9
    changes = [len(state) for state in store.states]
    assert len(changes) - len(set(changes)) == 1, "only the timestamp is written twice"


def test_what_was_lost_there_is_found_and_brought_again(fleet, store):
    started(fleet, "1.0.0", b"".join(bytes([number]) * MB for number in range(3)))
    to_store(fleet)
    lost = next(name for name in store.objects if "/chunks/" in name)
    del store.objects[lost]
    to_store(fleet)
    assert lost not in store.objects
    to_store(fleet, "--again")
    assert lost in store.objects


def test_a_store_that_is_busy_is_asked_again(fleet, store):
    moods = iter([503, 0, 500, 0, 429])
    store.refuse = lambda *_: next(moods, 0)
    publish(fleet, store)
    assert lacking(store.objects) == []
    assert len(store.asked) > len(set(store.asked))


def test_one_that_stays_busy_or_is_not_there_is_told(fleet, store):
    store.refuse = lambda *_: 503
    with pytest.raises(NetworkError, match="503 InternalError no"):
        publish(fleet, store)
    store.port = 1
    with pytest.raises(NetworkError, match="does not answer"):
        publish(fleet, store)


def test_who_may_not_write_there_is_told_why(fleet, store, in_environment):
    in_environment(AWS_SECRET_ACCESS_KEY="another")
    error = to_store(fleet, code=77)
    assert "SignatureDoesNotMatch" in error["message"]
    assert "AWS_SECRET_ACCESS_KEY" in error["hint"]
    assert "another" not in error["message"]
    in_environment(AWS_SECRET_ACCESS_KEY="")
    assert "AWS_ACCESS_KEY_ID" in to_store(fleet, code=77)["hint"]


@pytest.mark.parametrize("address", ["s3://", "s3://Big/x", "s3://ab?x=1", "ftp://host/x"])
def test_an_address_that_is_none_is_told(fleet, store, address):
    assert "s3://BUCKET" in fleet.say("publish", address, "--fleet", fleet.space, code=66)["hint"]


@pytest.mark.parametrize(
    ("bucket", "environment", "url"),
    [
        ("kiosks", {}, "https://kiosks.s3.us-east-1.amazonaws.com"),
        ("kiosks", {"AWS_REGION": "eu-west-1"}, "https://kiosks.s3.eu-west-1.amazonaws.com"),
        ("a.dot", {"AWS_REGION": "eu-west-1"}, "https://s3.eu-west-1.amazonaws.com/a.dot"),
        ("kiosks", {"AWS_ENDPOINT_URL": "http://nas:9000/"}, "http://nas:9000/kiosks"),
    ],
)
def test_where_a_bucket_is(bucket, environment, url):
    assert ObjectStore(f"s3://{bucket}", ENVIRONMENT | environment).url == url
