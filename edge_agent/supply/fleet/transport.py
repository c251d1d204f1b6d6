"""Small files of a fleet's repository, by https, from this machine itself, or out of a folder.

1. https, or http to this very machine; a folder is `file:///…`. Nothing else is asked.
2. No answer is longer than was asked for. One that comes too slowly is broken off, however steadily it drips.
3. A redirect is followed on the same host only, and never from https to http.
4. "Come back later" (429, 503 with Retry-After) reaches the caller as seconds.
5. Nothing is believed here: whoever asked checks the bytes.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from edge_agent.base.errors import NetworkError, SettingsError
from edge_agent.supply.addresses import is_safe_address

REDIRECTS_MAX = 3
RETRY_AFTER_MAX_S = 24 * 3600
BLOCK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """How long is waited for a server."""

    connect_s: float = 10
    gap_s: float = 20
    """Between two pieces of an answer."""
    grace_s: float = 20
    """From then on the answer must have come at `least_bytes_s` on the average."""
    least_bytes_s: int = 500
    """Bytes per second; the slowest line that is any use."""


class RefusedError(NetworkError):
    """The server answered, but not with the file."""

    def __init__(self, message: str, status: int, retry_after_s: int | None = None) -> None:
        super().__init__(message, hint="Try again later, or name another mirror.")
        self.status = status
        self.retry_after_s = retry_after_s


class Transport:
    """Fetches small files; close it, or use it in a `with`."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        timeout = httpx.Timeout(self._limits.gap_s, connect=self._limits.connect_s)
        # A proxy that compresses nevertheless is understood; the caller's bound is on what comes out.
        headers = {"accept-encoding": "identity", "user-agent": "edge-agent"}
        # Whatever proxy the environment names, this machine is asked directly.
        direct = {f"all://{host}": None for host in ("127.0.0.1", "localhost", "[::1]")}
        self._client = httpx.Client(timeout=timeout, headers=headers, mounts=direct)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, url: str, most: int) -> bytes:
        """Return the file at `url`, of at most `most` bytes; NetworkError where there is none."""
        parts: list[bytes] = []
        size = 0
        for part in self.stream(url):
            size += len(part)
            if size > most:
                raise NetworkError(f"{url} sends more than the {most} bytes that it should have")
            parts.append(part)
        return b"".join(parts)

    def stream(self, url: str) -> Iterator[bytes]:
        """Yield the bytes at `url` as they come."""
        if allowed(url).startswith("file:"):
            yield from _folder(url)
            return
        try:
            yield from self._over_http(url)
        except httpx.TimeoutException as error:
            raise NetworkError(f"{url} does not answer in time", hint="Try again later.") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise NetworkError(f"{url}: {error or type(error).__name__}", hint="Try again later.") from error

    def _over_http(self, url: str) -> Iterator[bytes]:
        began = time.monotonic()
        at = url
        for _ in range(REDIRECTS_MAX + 1):
            with self._client.stream("GET", at) as response:
                if not response.has_redirect_location:
                    yield from self._body(at, response, began)
                    return
                at = _followed(at, response.headers["location"])
        raise NetworkError(f"{url} leads on and on to other addresses")

    def _body(self, url: str, response: httpx.Response, began: float) -> Iterator[bytes]:
        if response.status_code != httpx.codes.OK:
            later = retry_after_s(response.headers.get("retry-after", ""), datetime.now(UTC))
            raise RefusedError(f"{url} answers {response.status_code}", response.status_code, later)
        size = 0
        # Not `iter_bytes(BLOCK)`: that waits for a whole block, and so would never see how slowly it drips.
        for part in response.iter_bytes():
            size += len(part)
            took = time.monotonic() - began
            if took > self._limits.grace_s and size < took * self._limits.least_bytes_s:
                raise NetworkError(f"{url} sends {size / took:.0f} bytes per second, which is too slow")
            yield part


def allowed(url: str) -> str:
    """Return the address if it may be asked; SettingsError otherwise."""
    if is_safe_address(url) or url.startswith("file:///"):
        return url
    raise SettingsError(
        f"{url} can't be a fleet's repository", hint="Give an https:// address, or file:///folder for a folder."
    )


def retry_after_s(said: str, now: datetime) -> int | None:
    """Read a Retry-After header, seconds or a date, as seconds from 0 to a day; None where it says nothing."""
    if said.strip().isdecimal():
        return min(int(said.strip()[:9]), RETRY_AFTER_MAX_S)
    try:
        wait = (parsedate_to_datetime(said) - now).total_seconds()
    except (ValueError, TypeError):
        return None
    return round(min(max(wait, 0), RETRY_AFTER_MAX_S))


def _followed(url: str, location: str) -> str:
    target = urljoin(url, location)
    old, new = urlsplit(url), urlsplit(target)
    if (new.scheme, new.hostname, new.port) != (old.scheme, old.hostname, old.port):
        raise NetworkError(
            f"{url} leads elsewhere, to {new.scheme}://{new.netloc}", hint="A login page of the network?"
        )
    return target


def _folder(url: str) -> Iterator[bytes]:
    path = Path(unquote(urlsplit(url).path))
    if ".." in path.parts:
        raise RefusedError(f"{url} leads out of the folder", 404)
    try:
        with path.open("rb") as file:
            while part := file.read(BLOCK_BYTES):
                yield part
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise RefusedError(f"{path} is not there", 404) from error
    except OSError as error:
        raise NetworkError(f"{path}: {error.strerror}") from error
