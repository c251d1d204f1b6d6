"""Where other programs of this machine reach a running agent: a Unix socket, and loopback where the owner asked for it.

1. The socket is in the runtime folder, for this user and its group (0660). It is always tried first whether another
   agent answers on it; what a dead one left behind is taken away.
2. Loopback needs a token of 32 random bytes (`Authorization: Bearer …`), compared in constant time. It is a credential
   called `api-token`, or a file of that name in the state folder, made for this user alone (0600). Where the disk can't
   take it, or another program has the port, nothing listens there and the log says so: nobody's talk depends on it.
3. Browsers are refused: whatever has an `Origin`, and on loopback whatever asks for another host's name.
4. A client has `PATIENCE_S` for its request, `request.HEAD_MAX` bytes for its head, and its rate (`rate.py`); there
   are no more than `CLIENTS_MAX` at once. One that is too slow, too large or too many loses its connection.
5. A connection carries one request. What the handler is asked runs on the loop, so it must be short.
"""

import asyncio
import errno
import hmac
import logging
import os
import secrets
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from edge_agent.base.errors import AccessError, BusyError, EdgeAgentError, OutputError
from edge_agent.host.rate import Rate
from edge_agent.host.request import HEAD_MAX, Answer, Refused, Request, parse, refusal

FILE = "agent.sock"
"""In the runtime folder."""

TOKEN = "api-token"

PATIENCE_S = 5.0
CLIENTS_MAX = 16

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Peer:
    """Who asks."""

    owner: bool
    """Whether it is this process's own user, or root: they could do anything to it anyway."""
    local: bool
    """Whether it came through the socket, whose permissions it has passed."""
    name: str
    """For its rate."""


Handler = Callable[[Request, Peer], Answer]
"""Raises Refused where the answer is no."""


@asynccontextmanager
async def served(handler: Handler, runtime: Path, listen: str, state: Path) -> AsyncIterator[None]:
    """Serve until the end of the block. BusyError if another agent has the socket, AccessError if denied."""
    door = _Door(handler)
    servers = [await _on_socket(door, runtime / FILE)]
    try:
        if listen:
            try:
                servers.append(await _on_loopback(door, listen, token(state)))
            except (OutputError, BusyError) as error:
                log.error("nothing listens on %s: %s", listen, error)
        yield
    finally:
        for server in servers:
            server.close()
        await door.close()
        (runtime / FILE).unlink(missing_ok=True)


async def _on_socket(door: "_Door", path: Path) -> asyncio.Server:
    return await asyncio.start_unix_server(door.local, sock=bound(path), limit=HEAD_MAX)


def bound(path: Path) -> socket.socket:
    """Return a socket there, for this user and its group. BusyError if another answers there, AccessError if denied."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        _clear(path)
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        before = os.umask(0o117)
        try:
            made.bind(str(path))
        except OSError:
            made.close()
            raise
        finally:
            os.umask(before)
    except OSError as error:
        raise AccessError(f"the socket {path} can't be made: {error}", hint="Look at the folder's owner.") from error
    return made


def user_of(writer: asyncio.StreamWriter) -> int:
    """Return the user whose process is at the other end of a Unix socket."""
    credentials = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int(struct.unpack("3i", credentials)[1])


def is_owner(user: int) -> bool:
    """Whether it is this process's own user, or root: they could do anything to it anyway."""
    return user in (0, os.getuid())


def _clear(path: Path) -> None:
    """Take away what a dead agent left; BusyError if it is not dead."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PATIENCE_S)
        try:
            probe.connect(str(path))
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
    raise BusyError(f"another agent answers on {path}", hint="One device has one agent: stop the other first.")


async def _on_loopback(door: "_Door", listen: str, key: str) -> asyncio.Server:
    host, _, port = listen.rpartition(":")
    door.key = key
    try:
        return await asyncio.start_server(door.remote, host.strip("[]"), int(port), limit=HEAD_MAX)
    except OSError as error:
        kind = BusyError if error.errno == errno.EADDRINUSE else AccessError
        raise kind(
            f"{listen} can't be listened on: {error.strerror}", hint="Change api.listen, or end what has it."
        ) from error


def token(state: Path) -> str:
    """Return the token of loopback clients; it is made where there is none.

    AccessError if it may not be read or is none, OutputError if it can't be kept.
    """
    given = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent"), TOKEN)
    path = given if given.is_file() else state / TOKEN
    try:
        found = path.read_text(encoding="utf-8").strip() if path.exists() else ""
    except (OSError, ValueError) as error:
        raise AccessError(f"the token {path} can't be read: {error}", hint="Look at its owner.") from error
    if not found and path != given:  # or a power cut took what an earlier one wrote
        found = secrets.token_hex(32)
        _keep(path, found)
    if len(found) < 32:
        raise AccessError(f"the token in {path} is too short", hint="Delete it; the next start makes another.")
    return found


def _keep(path: Path, key: str) -> None:
    """Write it down for this user alone. It has its name when it is on the disk, or not at all."""
    unfinished = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise OutputError(f"the token {path} can't be kept: {error.strerror}", hint="Free some space.") from error


class _Door:
    """Lets clients in."""

    def __init__(self, handler: Handler) -> None:
        self.key = ""
        self._handler = handler
        self._rate = Rate()
        self._guests: set[asyncio.Task[None]] = set()

    async def local(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client of the socket."""
        user = user_of(writer)
        await self._serve(reader, writer, Peer(owner=is_owner(user), local=True, name=f"user {user}"))

    async def remote(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client of loopback."""
        await self._serve(reader, writer, Peer(owner=False, local=False, name="loopback"))

    async def close(self) -> None:
        """Let everybody go."""
        for guest in self._guests:
            guest.cancel()
        await asyncio.gather(*self._guests, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Peer) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._guests) >= CLIENTS_MAX:
            writer.close()
            return
        self._guests.add(task)
        try:
            async with asyncio.timeout(PATIENCE_S):
                answer = await self._answer(reader, peer)
                writer.write(answer.encoded())
                await writer.drain()
        except (TimeoutError, ConnectionError, EOFError):
            log.debug("a client of the socket was too slow, or left")
        finally:
            self._guests.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, peer: Peer) -> Answer:
        try:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.LimitOverrunError:
                raise Refused(431, f"more than {HEAD_MAX} bytes of headers") from None
            # Not before: whoever closes with something unread takes his own answer back.
            if not self._rate.allows(peer.name, asyncio.get_running_loop().time()):
                raise Refused(429, "too many requests")
            request = parse(head)
            await reader.readexactly(request.length)
            self._check(request, peer)
            return self._handler(request, peer)
        except Refused as refused:
            return refusal(refused)
        except EdgeAgentError as error:
            return refusal(Refused(503, str(error)))
        except (EOFError, ConnectionError):
            raise
        except Exception:
            log.exception("a request failed by a mistake of ours")
            return refusal(Refused(500, "a mistake of ours; the log has it"))

    def _check(self, request: Request, peer: Peer) -> None:
        if "origin" in request.headers:
            raise Refused(403, "this is not for browsers")
        if peer.local:
            return
        if request.headers.get("host", "").rpartition(":")[0] not in ("127.0.0.1", "localhost", "[::1]"):
            raise Refused(403, "that host's name is not this machine's")
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self.key.encode()):
            raise Refused(401, f"the token in the file {TOKEN} is wanted, as `Authorization: Bearer …`")
