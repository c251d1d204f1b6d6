"""HTTP/1.1 as far as the local socket speaks it: one small request, one answer, and the connection is over. Pure.

Whatever is not plainly a request of this kind is refused with the status that says why. Nothing here grows with what
is sent: the head is bounded by whoever reads it, the body by `BODY_MAX`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

HEAD_MAX: Final = 8192
"""Bytes of request line and headers together."""

HEADERS_MAX: Final = 64

BODY_MAX: Final = 4096
"""Bytes. No command needs more."""

REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}

_LINE = re.compile(rb"(GET|POST) (/[!-~]*) HTTP/1\.[01]")
_HEADER = re.compile(rb"([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([ -~\t]*)")


class Refused(Exception):
    """The request is answered with `status`, and the message says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One request without its body; none of the commands has one that matters."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By name in small letters."""
    length: int
    """Bytes of the body that follows."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    body: bytes
    status: int = 200
    kind: str = "application/json"

    def encoded(self) -> bytes:
        """As it goes over the wire."""
        head = (
            f"HTTP/1.1 {self.status} {REASONS[self.status]}\r\nContent-Type: {self.kind}\r\n"
            f"Content-Length: {len(self.body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + self.body


def told(data: object, status: int = 200) -> Answer:
    """Return `data` as JSON."""
    return Answer(json.dumps(data, ensure_ascii=False, default=str).encode() + b"\n", status)


def refusal(refused: Refused) -> Answer:
    """Return what a client hears that is refused."""
    return told({"error": str(refused)}, refused.status)


def parse(head: bytes) -> Request:
    """Return the request whose line and headers these are, up to the empty line; Refused if it is none of ours."""
    line, *rest = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    match = _LINE.fullmatch(line)
    if not match:
        raise Refused(400, "only GET and POST of a path are understood")
    if len(rest) > HEADERS_MAX:
        raise Refused(431, f"more than {HEADERS_MAX} headers")
    headers = dict(_header(one) for one in rest)
    if len(headers) < len(rest):
        raise Refused(400, "a header came twice")
    if "transfer-encoding" in headers:
        raise Refused(400, "bodies must come with their length")
    method, target = match[1].decode(), match[2].decode()
    path, _, asked = target.partition("?")  # As it is: `//host/path` is a path as well, and none of ours.
    try:
        query = dict(parse_qsl(asked, max_num_fields=16))
    except ValueError:
        raise Refused(400, "the query can't be read") from None
    return Request(method, path, query, headers, _length(headers.get("content-length", "0")))


def _header(line: bytes) -> tuple[str, str]:
    match = _HEADER.fullmatch(line)
    if not match:
        raise Refused(400, "a header can't be read")
    return match[1].decode().lower(), match[2].decode().strip()


def _length(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Refused(400, "the body's length can't be read")
    if int(text) > BODY_MAX:
        raise Refused(413, f"more than {BODY_MAX} bytes")
    return int(text)
