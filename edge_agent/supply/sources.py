"""Where bytes come from: a folder, an https server, a wheel. One job each: yield a part's bytes from a position on.

A source promises nothing about the bytes: whoever reads it checks the hash. It promises to be honest about failing:

1. What can't be read, reached or found is a `NetworkError` of one line that names the place.
2. A server that breaks off is asked again for the rest. After a few times in a row that brought next to nothing,
   it has failed.
3. Nothing unsafe is followed: a redirect to plain http, certificates that don't verify.
4. Everything stops soon after `stop` is set.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from edge_agent.base.errors import EdgeAgentError, NetworkError, OutputError
from edge_agent.supply.addresses import is_safe_address
from edge_agent.supply.catalogue import Part, SourceKind
from edge_agent.supply.store import READ_BYTES, plainly

if TYPE_CHECKING:
    import httpx

CONNECT_TIMEOUT_S = 10
STALL_TIMEOUT_S = 8
"""Without a byte for this long a connection counts as broken. Also the longest that Ctrl-C can take."""
TRIES = 5
"""In a row without getting on, with pauses of 0.5, 1, 2 and 4 s: up to half a minute without a network is survived."""
TRIES_UNANSWERED = 2
"""For a server that never answered at all: it is not there, and the next source is waiting."""
GETTING_ON_BYTES = 1 << 20
"""A try that brings less counts as fruitless, so that a server can't keep us for ever with a byte at a time."""
_PIP_POLL_S = 0.3


class Opener(Protocol):
    """Yields a part's bytes from `start` on."""

    def __call__(self, part: Part, start: int) -> Iterator[bytes]: ...


class Stopped(Exception):
    """The pull was called off."""


class Sources:
    """The three kinds of places; `wheels` is a folder for what pip brings, `stop` calls everything off.

    `on_arriving` is told how many bytes of which wheel are here while pip downloads it.
    """

    def __init__(self, wheels: Path, stop: threading.Event, on_arriving: Callable[[str, int], None]) -> None:
        self._wheels = _Wheels(wheels, stop, on_arriving)
        self._stop = stop

    def opener(self, kind: SourceKind) -> Opener:
        """Say who reads sources of this kind."""
        match kind:
            case SourceKind.FOLDER:
                return _read_folder
            case SourceKind.HTTPS:
                return self._read_https
            case SourceKind.WHEEL:
                return self._wheels.read

    def _read_https(self, part: Part, start: int) -> Iterator[bytes]:
        import httpx

        url = f"{part.at.rstrip('/')}/{part.path}"
        timeout = httpx.Timeout(STALL_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        hooks = {"request": [_refuse_unsafe]}
        fruitless, tries = 0, TRIES_UNANSWERED
        with httpx.Client(timeout=timeout, follow_redirects=True, event_hooks=hooks) as client:
            while start < part.size:
                begun = start
                why = "it broke off"
                try:
                    for block in _read_once(client, url, part, start):
                        tries = TRIES
                        yield block
                        start += len(block)
                except httpx.TransportError as error:
                    why = str(error) or type(error).__name__
                except _Unwell as error:
                    tries = TRIES
                    why = str(error)
                fruitless = 0 if start - begun >= GETTING_ON_BYTES else fruitless + 1
                if start < part.size and fruitless >= tries:
                    raise NetworkError(f"{url}: {why} ({tries} times)")
                if start < part.size and self._stop.wait(0.25 * 2**fruitless):
                    raise Stopped


class _Unwell(Exception):
    """The server answered that it can't just now."""


def _read_once(client: "httpx.Client", url: str, part: Part, start: int) -> Iterator[bytes]:
    """Ask once for what is missing. A server that ignores the range sends everything; what is here is skipped."""
    import httpx

    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={start}-"} if start else {})}
    try:
        with client.stream("GET", url, headers=headers) as response:
            position, size = _position(response, start)
            if size not in (None, part.size):
                raise NetworkError(f"{url} is {size} bytes long instead of {part.size}")
            # As they come: blocks of a fixed size would lose what is in the last one when the line breaks.
            for block in response.iter_raw():
                fresh = block[max(0, start - position) : part.size - position]
                position += len(block)
                if fresh:
                    yield fresh
                if position >= part.size:
                    return
    except (httpx.TooManyRedirects, httpx.InvalidURL) as error:
        raise NetworkError(f"{url}: {error}") from error


def _position(response: "httpx.Response", start: int) -> tuple[int, int | None]:
    """Say where in the file the answer begins, and how long the file is if the server tells."""
    status = response.status_code
    if status == 206:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if not found or int(found[1]) > start:
            raise NetworkError(f"{response.url} was asked for the bytes from {start} on and sent others")
        return int(found[1]), None if found[2] == "*" else int(found[2])
    if status == 200:
        length = response.headers.get("Content-Length")
        return 0, int(length) if length else None
    if status in (408, 425, 429) or status >= 500:
        raise _Unwell(f"it answered {status} {response.reason_phrase}")
    raise NetworkError(f"{response.url} answered {status} {response.reason_phrase}")


def _refuse_unsafe(request: "httpx.Request") -> None:
    if not is_safe_address(str(request.url)):
        raise NetworkError(f"{request.url} is not an https address; it was redirected there")


def _read_folder(part: Part, start: int) -> Iterator[bytes]:
    path = Path(part.at, part.path)
    try:
        with path.open("rb") as file:
            file.seek(start)
            yield from _blocks(file, part.size - start)
    except OSError as error:
        raise NetworkError(f"{path}: {error.strerror}") from error


def _blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0 and (block := file.read(min(READ_BYTES, size))):
        yield block
        size -= len(block)


class _Wheels:
    """Wheels that pip brings: each at most once per pull, kept until the whole pull is over."""

    def __init__(self, folder: Path, stop: threading.Event, on_arriving: Callable[[str, int], None]) -> None:
        self._folder = folder
        self._stop = stop
        self._on_arriving = on_arriving
        self._locks: dict[str, threading.Lock] = {}
        self._failed: dict[str, EdgeAgentError] = {}

    def read(self, part: Part, start: int) -> Iterator[bytes]:
        with self._locks.setdefault(part.at, threading.Lock()):
            wheel = self._wheel(part.at)
        try:
            with zipfile.ZipFile(wheel) as archive, archive.open(part.path) as member:
                member.seek(start)
                yield from _blocks(member, part.size - start)  # type: ignore[arg-type]
        except KeyError:
            raise NetworkError(f"{part.at} has no {part.path}") from None
        except (zipfile.BadZipFile, EOFError, OSError) as error:
            wheel.unlink(missing_ok=True)
            raise NetworkError(f"{wheel.name} is damaged: {error}") from error

    def _wheel(self, requirement: str) -> Path:
        """Return the wheel, which lies in a folder of its own that gets its name when pip has finished."""
        folder = self._folder / requirement
        if wheels := list(folder.glob("*.whl")):
            return wheels[0]
        if requirement in self._failed:
            raise self._failed[requirement]
        try:
            self._download(requirement, folder)
        except EdgeAgentError as error:
            self._failed[requirement] = error
            raise
        return next(folder.glob("*.whl"))

    def _download(self, requirement: str, folder: Path) -> None:
        with plainly(self._folder):
            shutil.rmtree(folder, ignore_errors=True)
            self._folder.mkdir(parents=True, exist_ok=True)
            arriving = Path(tempfile.mkdtemp(prefix="arriving-", dir=self._folder))
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--progress-bar=off"]
        command += ["--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "-d", str(arriving / "here")]
        # What pip unpacks on its way goes to the disk that was checked for room, not to a small /tmp.
        environment = {**os.environ, "TMPDIR": str(arriving)}
        log = arriving / "log"
        try:
            with plainly(arriving):
                with log.open("wb") as output:
                    code = self._run([*command, requirement], environment, output, arriving)
                said = log.read_text(errors="replace")
                if code or not list(arriving.glob("here/*.whl")):
                    raise pip_failed(requirement, said)
                (arriving / "here").rename(folder)
        finally:
            shutil.rmtree(arriving, ignore_errors=True)
            self._on_arriving(requirement, 0)

    def _run(self, command: list[str], environment: dict[str, str], log: BinaryIO, arriving: Path) -> int:
        with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as pip:
            try:
                while True:
                    try:
                        return pip.wait(_PIP_POLL_S)
                    except subprocess.TimeoutExpired:
                        self._on_arriving(command[-1], _bytes_in(arriving))
                    if self._stop.is_set():
                        raise Stopped
            finally:
                pip.terminate()


def _bytes_in(folder: Path) -> int:
    """Count what pip has written so far; files may vanish meanwhile."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(root, name).stat().st_size
            except FileNotFoundError:
                continue
    return total


def pip_failed(requirement: str, said: str) -> EdgeAgentError:
    """Condense what pip said to one line. Passwords in addresses of indexes pip leaves out by itself."""
    if "No space left on device" in said:
        return OutputError(f"the disk filled up while pip fetched {requirement}", hint="Free some space.")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    broken = any("connection broken" in line for line in lines)
    why = "the package index can't be reached" if broken else (errors or lines or ["it said nothing"])[-1]
    return NetworkError(f"pip could not fetch {requirement}: {why}")
