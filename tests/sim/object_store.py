"""A fake object store on loopback: the requests that publishing makes, with their signatures, and files for anybody.

What a real one does with them is tested in tests/fleet/test_real_object_store.py, where there is one.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from edge_agent.fleet.sigv4 import Credentials, signed
from tests.sim.loopback import Quiet, served

WHO = Credentials("the-id", "the-secret", "us-east-1")
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": WHO.key_id, "AWS_SECRET_ACCESS_KEY": WHO.secret}
BUCKET = "kiosks"
PAGE = 3
"""Names in one listing: few, so that there are pages."""


@dataclass
class Store:
    """What it holds, what it was asked, and how it fails."""

    objects: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, tuple[str, str]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and name of each request that was signed."""
    states: list[dict[str, bytes]] = field(default_factory=list)
    """What it held after each change."""
    refuse: Callable[[str, str], int] = lambda *_: 0
    """The status with which a request is refused, for its method and name; 0 for none."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def puts(self) -> list[str]:
        return [name for method, name in self.asked if method == "PUT"]


class Handler(Quiet):
    store: Store
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        name = unquote(parts.path).removeprefix(f"/{BUCKET}").removeprefix("/")
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        with self.store.lock:
            if "authorization" in self.headers:
                self.store.asked.append((self.command, name or parse_qs(parts.query)["prefix"][0]))
                if not self._is_signed():
                    return self._say(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
                if status := self.store.refuse(self.command, name):
                    return self._say(status, b"<Error><Code>InternalError</Code><Message>no</Message></Error>")
            if not parts.path.startswith(f"/{BUCKET}"):
                return self._say(404, b"<Error><Code>NoSuchBucket</Code></Error>")
            if self.command == "PUT":
                self.store.objects[name] = body
                self.store.headers[name] = (self.headers["content-type"], self.headers["cache-control"])
                self.store.states.append(dict(self.store.objects))
                return self._say(200, b"")
            if "list-type=2" in parts.query:
                return self._say(200, self._listing(parse_qs(parts.query)))
            if name in self.store.objects:
                return self._say(200, self.store.objects[name])
            return self._say(404, b"")

    def _is_signed(self) -> bool:
        """Whether what arrived is what was signed."""
        said = self.headers["authorization"]
        names = said.split("SignedHeaders=")[1].split(",")[0].split(";")
        given = {name: self.headers[name] for name in names if not name.startswith("x-amz-") and name != "host"}
        when = datetime.strptime(self.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        url, digest = self.store.url + self.path, self.headers["x-amz-content-sha256"]
        return signed(self.command, url, given, digest, by=WHO, now=when)["authorization"] == said

    def _listing(self, query: dict[str, list[str]]) -> bytes:
        after = query.get("continuation-token", [""])[0]
        names = [name for name in sorted(self.store.objects) if name.startswith(query["prefix"][0]) and name > after]
        shown = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>{len(self.store.objects[name])}</Size></Contents>"
            for name in names[:PAGE]
        )
        more = f"<NextContinuationToken>{escape(names[PAGE - 1])}</NextContinuationToken>" if names[PAGE:] else ""
        space = "http://s3.amazonaws.com/doc/2006-03-01/"
        return f'<ListBucketResult xmlns="{space}">{shown}{more}</ListBucketResult>'.encode()

    def _say(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_HEAD = do_PUT = handle_any


@contextmanager
def object_store() -> Iterator[Store]:
    """Run one."""
    store = Store()
    handler = type("Bound", (Handler,), {"store": store})
    with served(handler) as store.port:
        yield store
