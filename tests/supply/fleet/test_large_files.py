"""Files of more than 4 GiB: what lies beyond 2^32 is cut, fetched, resumed and copied like the rest.

Their middle is a hole, so that they take no room where they are made; a device reserves all of it.
"""

import hashlib
import os
import random
import shutil
import signal
import struct

import pytest
from releases import release

from edge_agent.supply.fleet import durable
from edge_agent.supply.fleet.chunks import gguf_parts
from edge_agent.supply.fleet.download import address
from edge_agent.supply.fleet.release import CHUNK_BYTES, Component, Format, Part
from tests.sim.fleet_faults import in_a_process

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

HOLE = (4 << 30) + CHUNK_BYTES + 64
"""Bytes of the first tensor: the others begin beyond 2^32."""
NOISE = random.Random(4)
OTHERS = [NOISE.randbytes(size) for size in (3 * CHUNK_BYTES + 64, 960, 2 * CHUNK_BYTES)]


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def gguf(path, template: bytes) -> int:
    """Write a model with a hole for its first tensor; return where the second one begins."""
    entries = text(b"general.alignment") + struct.pack("<II", 4, 64)
    entries += text(b"tokenizer.chat_template") + struct.pack("<I", 8) + text(template)
    at, infos = 0, b""
    for number, size in enumerate([HOLE, *map(len, OTHERS)]):
        infos += text(b"blk.%d" % number) + struct.pack("<IQIQ", 1, size, 0, at)
        at += size
    header = struct.pack("<4sIQQ", b"GGUF", 3, 1 + len(OTHERS), 2) + entries + infos
    header += bytes(-len(header) % 64)
    with path.open("wb") as file:
        file.write(header)
        file.seek(HOLE, os.SEEK_CUR)
        file.write(b"".join(OTHERS))
    return len(header) + HOLE


def publish(fleet, path, counter):
    """Publish that file, chunk by chunk: it does not fit into memory."""
    with path.open("rb") as source:
        file = fleet.store(source, path.name, Format.GGUF)
    model = Component("words", Part.LLM, Format.GGUF, "MIT", "nowhere", (file,))
    return fleet.announce(release(counter, components=(model,), answers=()))


class Puts:
    """Counts what is written; ends the process at the nth."""

    def __init__(self, deadly: int = 0) -> None:
        self.count, self.deadly = 0, deadly

    def __call__(self, point: str) -> None:
        self.count += point == "put"
        if point == "put" and self.count == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)


def counted(device) -> int:
    puts = Puts()
    durable.watch(puts)
    try:
        device.update()
    finally:
        durable.watch(None)
    return puts.count


def test_beyond_four_gibibytes(device, tmp_path):
    path = tmp_path / "model.gguf"
    second = gguf(path, b"{{ messages }}")
    assert second > 1 << 32
    with path.open("rb") as file:
        parts = gguf_parts(file, path.stat().st_size)
    assert parts[-3:] == [second, second + len(OTHERS[0]), second + len(OTHERS[0]) + len(OTHERS[1])]
    first = publish(device.fleet, path, 1)

    # A hole is there already. What is written is the header and what lies beyond it: 2, then 4, 1 and 2 chunks.
    in_a_process(device.update, Puts(deadly=6))
    assert not device.pointers.current
    device.now += 8 * 3600
    assert counted(device) == 4, "the five that were written are kept"
    assert device.pointers.current == first.id
    there = device.generations.folder(first.id) / "words" / "model.gguf"
    with there.open("rb") as file:
        file.seek(second)
        assert file.read() == b"".join(OTHERS)

    # A longer template moves everything by 64 bytes. The mirror now has nothing but what is new.
    gguf(path, b"{{ messages }}" + b"{{ more }}" * 7)
    shutil.rmtree(device.fleet.folder / "chunks")
    newer = publish(device.fleet, path, 2)
    old = {chunk.sha256 for _, file in first.files() for chunk in file.chunks}
    new = [chunk for _, file in newer.files() for chunk in file.chunks if chunk.sha256 not in old]
    for sha256 in old:
        (device.fleet.folder / address(sha256)).unlink(missing_ok=True)
    assert sum(chunk.size for chunk in new) < 2000
    device.now += 8 * 3600
    device.update()
    assert device.pointers.current == newer.id
    with (device.generations.folder(newer.id) / "words" / "model.gguf").open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == newer.components[0].files[0].sha256
