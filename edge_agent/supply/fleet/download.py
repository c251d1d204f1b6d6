"""The bytes of a release: from the disk where they are there already, else from a mirror, each chunk checked by itself.

1. The file that grows is its own record: a chunk whose hash is right is there, whoever put it. So a process that is
   killed costs the chunk it was at.
2. Chunks that another generation has, or a pulled model of the same size, are copied, after the same check.
3. Mirrors are asked in order, beginning with the one that last had what was asked. One that sends other bytes is not
   asked again in this run, one whose line breaks is asked once more. Nobody is believed.
4. Never faster than `rate` on the average, and no chunk is asked for outside of the hours that the owner named.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from edge_agent.base.errors import NetworkError
from edge_agent.supply.fleet import durable
from edge_agent.supply.fleet.generations import Generations
from edge_agent.supply.fleet.release import Chunk, Release
from edge_agent.supply.fleet.transport import RefusedError, Transport

Place = tuple[Path, int]
"""A file, and bytes from its start."""


KEPT = "kept"
"""Where bytes came from: they were there from an earlier try,"""
LOCAL = "local"
"""they lay elsewhere on this device,"""
MIRROR = "mirror"
"""in a folder that holds a copy of the repository,"""
NET = "net"
"""or were sent over the network."""


class Mirrors:
    """Where chunks are asked for: https addresses, or `file:///` folders."""

    def __init__(self, places: Sequence[str], transport: Transport) -> None:
        self._places = [place.rstrip("/") for place in places]
        self._transport = transport

    def chunk(self, chunk: Chunk) -> tuple[bytes, str]:
        """Return its bytes, and where they came from.

        NetworkError if nobody has them, with the longest Retry-After that was named.
        """
        failures, wait_s = [], 0
        for place in list(self._places):
            url = f"{place}/{address(chunk.sha256)}"
            try:
                data = self._get(url, chunk.size)
            except NetworkError as error:
                failures.append(str(error))
                wait_s = max(wait_s, getattr(error, "retry_after_s", None) or 0)
                continue
            if len(data) == chunk.size and hashlib.sha256(data).hexdigest() == chunk.sha256:
                self._prefer(place)
                return data, MIRROR if place.startswith("file:") else NET
            failures.append(f"{url} has other bytes")
            self._places.remove(place)
        raise RefusedError("; ".join(failures) or "every mirror sent other bytes", 0, wait_s or None)

    def _get(self, url: str, size: int) -> bytes:
        try:
            return self._transport.get(url, size)
        except RefusedError:
            raise
        except NetworkError:
            return self._transport.get(url, size)

    def _prefer(self, place: str) -> None:
        self._places.remove(place)
        self._places.insert(0, place)


def address(sha256: str) -> str:
    """Return where in a repository a chunk lies."""
    return f"chunks/{sha256[:2]}/{sha256[2:4]}/{sha256}"


class Download:
    """One release on its way."""

    def __init__(
        self,
        generations: Generations,
        mirrors: Mirrors,
        pulled: Path,
        *,
        rate: int = 0,
        wait: Callable[[float], object] = time.sleep,
        allowed: Callable[[], object] = lambda: None,
    ) -> None:
        """At most `rate` bytes per second (0: no limit); `allowed` raises where nothing may be fetched just now."""
        self._generations = generations
        self._mirrors = mirrors
        self._pulled = pulled
        self._rate = rate
        self._wait = wait
        self._allowed = allowed
        self._known: dict[str, Place] = {}
        self._began = 0.0
        self.counts = dict.fromkeys((KEPT, LOCAL, MIRROR, NET), 0)
        """Bytes so far, by where they came from."""

    def run(self, release: Release) -> None:
        """Fill every file; OSError from the disk, NetworkError from the mirrors."""
        if not self._generations.is_sealed(release.id):
            self._began = time.monotonic()
            self._known = self._index()
            for path, file in release.files():
                self._fill(self._generations.making(release.id) / path, file.chunks, file.size)

    def _index(self) -> dict[str, Place]:
        known: dict[str, Place] = {}
        for name in self._generations.sealed():
            for path, file in self._generations.release(name).files():
                at = 0
                for chunk in file.chunks:
                    known[chunk.sha256] = (self._generations.folder(name) / path, at)
                    at += chunk.size
        return known

    def _fill(self, path: Path, chunks: Iterable[Chunk], size: int) -> None:
        alike = [other for other in self._pulled.glob("*/*") if other.is_file() and other.stat().st_size == size]
        at = 0
        with path.open("r+b") as file:
            for chunk in chunks:
                how = self._place(file.fileno(), chunk, at, [(other, at) for other in alike])
                self.counts[how] += chunk.size
                self._known.setdefault(chunk.sha256, (path, at))
                at += chunk.size
            os.fsync(file.fileno())

    def _place(self, handle: int, chunk: Chunk, at: int, alike: Sequence[Place]) -> str:
        if _is(chunk, os.pread(handle, chunk.size, at)):
            return KEPT
        known = self._known.get(chunk.sha256)
        for place in (*([known] if known else []), *alike):
            if data := _read(place, chunk):
                durable.put(handle, data, at)
                return LOCAL
        self._allowed()
        data, where = self._mirrors.chunk(chunk)
        durable.put(handle, data, at)
        self._slow_down(chunk.size)
        return where

    def _slow_down(self, more: int) -> None:
        if self._rate:
            ahead_s = (self.counts[MIRROR] + self.counts[NET] + more) / self._rate - (time.monotonic() - self._began)
            if ahead_s > 0:
                self._wait(ahead_s)


def _read(place: Place, chunk: Chunk) -> bytes:
    path, at = place
    try:
        with path.open("rb") as file:
            data = os.pread(file.fileno(), chunk.size, at)
    except OSError:
        return b""  # what can't be read here can be fetched
    return data if _is(chunk, data) else b""


def _is(chunk: Chunk, data: bytes) -> bool:
    return len(data) == chunk.size and hashlib.sha256(data).hexdigest() == chunk.sha256
