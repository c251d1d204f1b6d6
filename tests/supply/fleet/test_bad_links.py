"""A line that breaks, again and again: what has come is kept, and nobody waits longer for every time it broke."""

import random
import socket
import struct
from collections import Counter
from contextlib import contextmanager

import pytest

from edge_agent.supply.fleet.release import CHUNK_BYTES
from edge_agent.supply.fleet.words import Phase, Policy
from tests.sim.loopback import Quiet, served

MODEL = {"model.bin": random.Random(3).randbytes(9 * CHUNK_BYTES + 7)}
CHUNKS = 10
RESET = struct.pack("ii", 1, 0)  # closed at once, what is on its way is lost


@contextmanager
def breaking(folder, breaks):
    """Serve a folder; where `breaks(path)` says so the line is cut in the middle. Yields address and what was asked."""
    asked = Counter()

    class Handler(Quiet):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            asked[self.path] += 1
            data = (folder / self.path.lstrip("/")).read_bytes()
            self.send_response(200)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            if breaks(self.path):
                self.wfile.write(data[: len(data) // 2])
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                self.connection.close()
                self.close_connection = True
            else:
                self.wfile.write(data)

        def finish(self):
            if self.connection.fileno() >= 0:
                super().finish()

    with served(Handler) as port:
        yield f"http://127.0.0.1:{port}", asked


def test_a_line_that_breaks_once_in_every_chunk_holds_up_nothing(device):
    release = device.fleet.publish(1, MODEL)
    seen = set()

    def first(path):
        return path not in seen and not seen.add(path)

    with breaking(device.fleet.folder, first) as (url, asked):
        device.mirrors = [url]
        device.update()
    assert device.pointers.good == release.id
    assert list(asked.values()) == [2] * CHUNKS


@pytest.mark.parametrize("whole", [1, 3])
def test_a_line_that_breaks_for_ever_is_waited_for_but_not_longer_and_longer(device, whole):
    """`whole` chunks arrive each time, then nothing more until the device comes back."""
    release = device.fleet.publish(1, MODEL)
    left = whole
    runs = 0

    def worn_out(_):
        nonlocal left
        left -= 1
        return left < 0

    with breaking(device.fleet.folder, worn_out) as (url, asked):
        device.mirrors = [url]
        record = device.update()
        while device.pointers.good != release.id:
            assert record.phase is Phase.IDLE
            assert record.wake_at - device.now <= Policy().back_off_s
            left, runs, device.now = whole, runs + 1, record.wake_at
            record = device.updater().run()
    assert runs <= CHUNKS // whole
    assert sum(asked.values()) <= CHUNKS + 2 * runs


def test_a_line_over_which_nothing_comes_is_asked_more_and_more_rarely(device):
    device.fleet.publish(1, MODEL)
    with breaking(device.fleet.folder, lambda _: True) as (url, asked):
        device.mirrors = [url]
        failures = [device.update().failures for _ in range(4)]
    assert failures == [1, 2, 3, 4]
    assert list(asked.values()) == [8]
