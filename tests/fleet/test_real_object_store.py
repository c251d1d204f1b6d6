"""A store that is not ours takes what is published, from whoever may write; `make object-store` installs one."""

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from edge_agent.supply.fleet.channel import Channel
from edge_agent.supply.fleet.download import address
from edge_agent.supply.fleet.transport import Transport

ROOT = Path(__file__).parents[2]
PYTHON = Path(os.environ.get("EDGE_AGENT_OBJECT_STORE", ROOT / "out" / "object-store" / "bin" / "python"))
THERE = "s3://kiosks/with+plus"

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="no store is installed: `make object-store` does that")


@pytest.fixture(scope="module")
def running():
    """What a store that runs says of itself."""
    command = [PYTHON, ROOT / "tests" / "sim" / "moto_store.py"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield json.loads(process.stdout.readline())
        process.stdin.close()


@pytest.fixture
def store(running, in_environment):
    """Ask it as `store(who)`."""

    def asked_by(who, **change):
        in_environment(**({"AWS_ENDPOINT_URL": running["url"]} | running[who] | change))

    asked_by.url = running["url"]
    return asked_by


def lock(url, after):
    """Let the store ask who it is that asks, after so many requests: where it does, moto takes nobody for a device."""
    assert httpx.post(f"{url}/moto-api/reset-auth", content=after).is_success


def test_it_takes_what_is_published_and_a_device_reads_it(fleet, store):
    store("writer")
    device = fleet.device("device")
    fleet.released("1.0.0", b"".join(bytes([number]) * 70_000 for number in range(40)))
    first = fleet.say("publish", THERE, "--fleet", fleet.space)
    assert first["bytes"] > 2_800_000
    assert fleet.say("publish", THERE, "--fleet", fleet.space)["files"] == 1
    lock(store.url, "inf")
    with Transport() as line:
        place = f"{store.url}/kiosks/with%2Bplus"
        channel = Channel(device, [place], "stable", line)
        known = channel.refresh(datetime.now(UTC), synchronized=True)
        (pace,) = known.policy.paces
        for _, file in channel.manifest(known.signed[pace.sha256]).files():
            for chunk in file.chunks:
                line.get(f"{place}/{address(chunk.sha256)}", chunk.size)
    lock(store.url, "0")


@pytest.mark.parametrize(
    ("who", "change", "told"),
    [
        ("stranger", {}, "403 AccessDenied"),
        ("writer", {"AWS_SECRET_ACCESS_KEY": "another"}, "403 SignatureDoesNotMatch"),
        ("writer", {"AWS_ACCESS_KEY_ID": "AKIANOBODY"}, "403 InvalidAccessKeyId"),
    ],
)
def test_it_refuses_whoever_may_not_write(fleet, store, who, change, told):
    store(who, **change)
    assert told in fleet.say("publish", THERE, "--fleet", fleet.space, code=77)["message"]


def test_a_bucket_that_is_not_there_is_told(fleet, store):
    store("writer")
    assert "NoSuchBucket" in fleet.say("publish", "s3://nowhere", "--fleet", fleet.space, code=66)["message"]
