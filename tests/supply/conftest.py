"""A server on loopback that misbehaves on demand, and a catalogue of one small model that comes from it."""

import hashlib
import json
import os
import random
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from edge_agent.supply.catalogue import Model, parse
from edge_agent.supply.store import Store


@dataclass
class Page:
    """What the server does when it is asked for one path."""

    data: bytes
    ranges: bool = True
    length: bool = True  # tells how long the answer is
    breaks_after: int | None = None  # bytes of each answer, then the line is cut
    breaks: int = 1_000_000  # how often it does that
    holds_after: int | None = None  # bytes of each answer, then it falls silent until `go`
    holds: int = 1
    statuses: list[int] = field(default_factory=list)  # answered first, one per request
    location: str = ""  # redirects there
    shift: int = 0  # sends a range other than the one that was asked for
    asked: list[int] = field(default_factory=list)  # where each request wanted to begin
    held: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "ModelServer"

    def log_message(self, *_):
        pass

    def do_GET(self):
        page = self.server.pages.get(self.path)
        if page is None:
            return self.send_error(404)
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(found[1]) if found else 0
        page.asked.append(start)
        if page.statuses:
            return self.send_error(page.statuses.pop(0))
        if page.location:
            self.send_response(302)
            self.send_header("Location", page.location)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        start = start + page.shift if found and page.ranges else 0
        self.close_connection = True
        self._send(page, start, partial=bool(found and page.ranges))
        return None

    def _send(self, page, start, *, partial):
        size = len(page.data)
        self.send_response(HTTPStatus.PARTIAL_CONTENT if partial else HTTPStatus.OK)
        if partial:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        if page.length:
            self.send_header("Content-Length", str(size - start))
        self.send_header("Connection", "close")
        self.end_headers()
        body = page.data[start:]
        if page.holds_after is not None and page.holds > 0:
            page.holds -= 1
            self.wfile.write(body[: page.holds_after])
            page.held.set()
            page.go.wait(60)
            body = body[page.holds_after :]
        if page.breaks_after is not None and page.breaks > 0:
            page.breaks -= 1
            body = body[: page.breaks_after]
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            return  # the client was killed, which is what some tests do


class ModelServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, Page] = {}
        self.address = f"http://127.0.0.1:{self.server_port}"

    def serve(self, path: str, data: bytes, **manners) -> Page:
        self.pages[path] = Page(data, **manners)
        return self.pages[path]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        for page in server.pages.values():
            page.go.set()
        server.shutdown()
        thread.join()


class Shelf:
    """Makes what the tests put into catalogues."""

    @staticmethod
    def bytes(size: int, seed: int = 0) -> bytes:
        return random.Random(seed).randbytes(size)

    @staticmethod
    def https(server: ModelServer, **more) -> dict:
        return {"kind": "https", "at": server.address, "under": "m", **more}

    @staticmethod
    def model(files: dict[str, bytes], *sources: dict) -> dict:
        return {
            "kind": "stt",
            "about": "a model of nothing",
            "licence": "CC0-1.0",
            "memory_mb": 1,
            "files": [
                {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
                for name, data in files.items()
            ],
            "sources": list(sources),
        }

    @staticmethod
    def table(**models: dict) -> dict:
        """A catalogue as the table that a TOML file would give."""
        return {"schema": 1, "models": models, "profiles": {}}

    @staticmethod
    def models(table: dict) -> list[Model]:
        return list(parse(table, where="test").models.values())

    @classmethod
    def one_file(cls, server: ModelServer, data: bytes, **manners) -> tuple[Page, list[Model]]:
        """One model of one file on the server: its page there, and the model."""
        page = server.serve("/m/a.bin", data, **manners)
        return page, cls.models(cls.table(m=cls.model({"a.bin": data}, cls.https(server))))

    @staticmethod
    def names_below(root: Path) -> list[str]:
        found = (path for path in root.rglob("*") if path.is_file() and path.name != ".lock")
        return sorted(str(path.relative_to(root)) for path in found)


@pytest.fixture
def shelf() -> type[Shelf]:
    return Shelf


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "models")


class Puller(subprocess.Popen):
    """A pull in a process of its own."""

    def lines(self) -> Iterator[dict]:
        return (json.loads(line) for line in self.stdout)


@pytest.fixture
def puller(tmp_path, store) -> Callable[..., Puller]:
    def start(table: dict, **environment: str) -> Puller:
        catalogue = tmp_path / "catalogue.json"
        catalogue.write_text(json.dumps(table))
        return Puller(
            [sys.executable, str(Path(__file__).with_name("puller.py")), str(store.root), str(catalogue)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )

    return start
