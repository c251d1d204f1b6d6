"""Requests signed as an object store wants them: AWS Signature Version 4, which S3-compatible ones understand. Pure.

The secret signs and is not sent. What is signed is the method, the address, every header given here and the hash of the
body, at a moment that may be a quarter of an hour away from the store's own, no more.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlsplit

_METHOD = "AWS4-HMAC-SHA256"
_UNRESERVED = "-_.~"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks."""

    key_id: str
    secret: str = field(repr=False)
    region: str
    token: str = field(default="", repr=False)
    """Of a session that somebody else vouches for; empty for a key that stands by itself."""


def escaped(path: str) -> str:
    """Return a path as it stands in an address, and in what is signed: everything escaped but slashes."""
    return quote(path, safe="/" + _UNRESERVED)


def signed(
    method: str, url: str, headers: Mapping[str, str], body_sha256: str, *, by: Credentials, now: datetime
) -> dict[str, str]:
    """Return the headers, with those that prove who asks; the path of `url` must be `escaped` already, `now` in UTC."""
    parts, stamp = urlsplit(url), now.strftime("%Y%m%dT%H%M%SZ")
    sent = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    sent |= {"host": parts.netloc, "x-amz-content-sha256": body_sha256, "x-amz-date": stamp}
    if by.token:
        sent["x-amz-security-token"] = by.token
    names = ";".join(sorted(sent))
    pairs = sorted((_escape(name), _escape(value)) for name, value in parse_qsl(parts.query, keep_blank_values=True))
    lines = [method, parts.path or "/", "&".join(f"{name}={value}" for name, value in pairs)]
    lines += [f"{name}:{sent[name]}" for name in sorted(sent)]
    request = "\n".join([*lines, "", names, body_sha256])
    scope = f"{stamp[:8]}/{by.region}/s3/aws4_request"
    told = "\n".join([_METHOD, stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{by.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, told.encode(), "sha256").hex()
    return sent | {
        "authorization": f"{_METHOD} Credential={by.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    }


def _escape(text: str) -> str:
    return quote(text, safe=_UNRESERVED)
