"""Clouds for tests: llama.cpp's own server, and a proxy that does to any answer what networks and providers do.

`FaultyProxy` without an upstream answers by itself, in an OpenAI-compatible stream of given words. It is for tests that
must know every word; that a real server's stream is understood is proven with the real one behind it.
"""

import asyncio
import json
import re
import socket
import struct
import subprocess
import sys
import urllib.request
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum

from edge_agent.base.settings_cloud import CloudSettings, Provider
from tests.sim.engines import model_folder


class Fault(Enum):
    """What happens to one answer."""

    NONE = "none"
    RESET = "reset"  # the connection is torn down before a word
    CUT = "cut"  # and after some
    HALF = "half"  # the stream ends cleanly, without having said so
    BUSY = "busy"  # 429 with Retry-After
    BROKEN = "broken"  # 500
    REFUSED = "refused"  # 401
    HANG = "hang"  # nothing, ever
    HANG_MID = "hang mid"  # nothing more, after some words
    GARBAGE = "garbage"  # bytes that are no HTTP
    PORTAL = "portal"  # a page that wants one to log in
    NONSENSE = "nonsense"  # a stream whose JSON breaks off
    DRIP = "drip"  # a word at a time, slowly
    EMPTY = "empty"  # a complete answer without a word
    SLOW = "slow"  # late, but whole


@dataclass
class Seen:
    """One request, and what became of it."""

    path: str
    body: str
    fault: Fault
    at: float
    gone_at: float | None = None
    """When the client closed the connection before the answer was complete."""
    pieces: int = 0
    """Chunks of the stream that were sent."""
    cut_off: bool = False
    """Whether the answer came to the limit of tokens."""

    @property
    def limit(self):
        """Tokens of the longest answer."""
        return json.loads(self.body)["max_tokens"]

    @property
    def messages(self):
        return json.loads(self.body)["messages"]

    @property
    def tools(self):
        return json.loads(self.body).get("tools", [])


WORDS = "The moon is far away. It shines at night. People have been there."


@dataclass
class FaultyProxy:
    """On loopback. To be made on a running loop."""

    upstream: int | None = None
    """Port of a real server; None answers by itself with `words`."""
    words: str = WORDS
    latency_s: float = 0.0
    """Before the first byte of each answer."""
    slow_s: float = 3.0
    drip_s: float = 0.7
    after: int = 8
    """Chunks that are let through before CUT, HALF, HANG_MID and NONSENSE."""
    faults: list[Fault] = field(default_factory=list)
    """Of the next answers, the first one first; after them `fault`."""
    fault: Fault = Fault.NONE
    calls: list[list[tuple[str, str]]] = field(default_factory=list)
    """What the next answers want called instead of saying words: names, and arguments as JSON."""
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    """Ever opened."""
    plugged: bool = True

    async def open(self):
        self._tasks = set()
        self._writers = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", getattr(self, "port", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def close(self):
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def unplug(self):
        """The cable is out: what is open is torn, what is new is refused."""
        await self.close()

    async def plug(self):
        await self.open()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def asked(self):
        """The questions that came."""
        return [seen for seen in self.seen if seen.path.endswith("/chat/completions")]

    async def _serve(self, reader, writer):
        self.connections += 1
        task = asyncio.current_task()
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            while request := await _request(reader):
                seen = self._note(*request)
                sending = asyncio.create_task(self._answer(seen, request[2], writer))
                leaving = asyncio.create_task(reader.read(1))  # A client that waits for its answer sends nothing.
                try:
                    await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
                    if not sending.done():
                        seen.gone_at = asyncio.get_running_loop().time()
                        return
                    if not sending.result():
                        return
                    leaving.cancel()
                    with suppress(asyncio.CancelledError):
                        await leaving
                finally:
                    for work in (sending, leaving):
                        work.cancel()
                    await asyncio.gather(sending, leaving, return_exceptions=True)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.close()

    def _note(self, path, body, _):
        fault = Fault.NONE
        if path.endswith("/chat/completions"):
            fault = self.faults.pop(0) if self.faults else self.fault
        elif self.fault in (Fault.RESET, Fault.HANG, Fault.BROKEN, Fault.REFUSED, Fault.GARBAGE):
            fault = self.fault  # A server that is down is down for probes, too.
        self.seen.append(Seen(path, body, fault, asyncio.get_running_loop().time()))
        return self.seen[-1]

    async def _answer(self, seen, raw, writer):
        """Return whether the connection may be used again."""
        if self.latency_s:
            await _pause(self.latency_s)
        match seen.fault:
            case Fault.RESET:
                return _tear(writer)
            case Fault.BUSY:
                return await _status(writer, "429 Too Many Requests", "Retry-After: 1\r\n")
            case Fault.BROKEN:
                return await _status(writer, "500 Internal Server Error")
            case Fault.REFUSED:
                return await _status(writer, "401 Unauthorized")
            case Fault.HANG:
                await asyncio.Event().wait()
            case Fault.GARBAGE:
                writer.write(bytes(range(256)) * 4)
                await writer.drain()
                return False
            case Fault.PORTAL:
                return await _whole(writer, "200 OK", "text/html", b"<html><h1>Welcome! Please log in.</h1></html>")
            case Fault.SLOW:
                await _pause(self.slow_s)
        if not seen.path.endswith("/chat/completions"):
            return await _whole(writer, "200 OK", "application/json", b'{"object":"list","data":[]}')
        return await self._stream(seen, raw, writer)

    async def _stream(self, seen, raw, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        if seen.fault is Fault.EMPTY:
            events = _events([])
        elif self.calls:
            events = _wanting(self.calls.pop(0))
        elif self.upstream is None:
            events = _events([word + " " for word in self.words.split()], seen.limit)
        else:
            events = _real(self.upstream, raw)
        async for event in events:
            if seen.pieces == self.after and seen.fault in (Fault.CUT, Fault.HANG_MID, Fault.HALF, Fault.NONSENSE):
                await _pause(0.05)  # What was sent is heard before what follows.
                match seen.fault:
                    case Fault.CUT:
                        return _tear(writer)
                    case Fault.HANG_MID:
                        await asyncio.Event().wait()
                    case Fault.NONSENSE:
                        await _chunk(writer, b'data: {"choices": [{"delta": {"content": \n\n')
                break
            await _chunk(writer, event)
            seen.pieces += 1
            seen.cut_off = seen.cut_off or re.search(rb'"finish_reason": ?"length"', event) is not None
            if seen.fault is Fault.DRIP:
                await _pause(self.drip_s)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


async def _pause(seconds):
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)


async def _request(reader):
    """Path, body and all bytes of the next request; None when the client is gone."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lines = head.decode().split("\r\n")
    lengths = [int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:")]
    body = await reader.readexactly(lengths[0]) if lengths else b""
    return lines[0].split()[1], body.decode(), body


def _tear(writer):
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


async def _status(writer, status, headers=""):
    return await _whole(writer, status, "application/json", b'{"error": {"message": "no"}}', headers)


async def _whole(writer, status, kind, body, headers=""):
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    return True


async def _chunk(writer, data):
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
    await writer.drain()


async def _events(words, limit=0):
    """A stream of words, each a token."""
    said = words[:limit]
    for word in said:
        yield _event({"delta": {"content": word}, "index": 0, "finish_reason": None})
    yield _event({"delta": {}, "index": 0, "finish_reason": "length" if len(said) < len(words) else "stop"})
    usage = {"prompt_tokens": 20, "completion_tokens": len(said), "total_tokens": 20 + len(said)}
    yield b"data: " + json.dumps({"id": "1", "choices": [], "usage": usage}).encode() + b"\n\n"
    yield b"data: [DONE]\n\n"


async def _wanting(calls):
    """A stream that wants some calls, their arguments in two pieces."""
    for place, (name, arguments) in enumerate(calls):
        half = len(arguments) // 2
        for piece in (
            {"id": f"c{place}", "name": name, "arguments": arguments[:half]},
            {"arguments": arguments[half:]},
        ):
            call = {"index": place, "function": {key: text for key, text in piece.items() if key != "id"}}
            call |= {"id": piece["id"], "type": "function"} if "id" in piece else {}
            yield _event({"delta": {"tool_calls": [call]}, "index": 0, "finish_reason": None})
    yield _event({"delta": {}, "index": 0, "finish_reason": "tool_calls"})
    yield b"data: [DONE]\n\n"


def _event(choice):
    chunk = {"id": "1", "object": "chat.completion.chunk", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


async def _real(port, body):
    """The events of a real server's answer, as they come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        head += "Connection: close\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await reader.readuntil(b"\r\n\r\n")
        while size := int(await reader.readline(), 16):
            yield await reader.readexactly(size)
            await reader.readline()
    finally:
        writer.close()


@asynccontextmanager
async def proxy(**arguments):
    opened = await FaultyProxy(**arguments).open()
    try:
        yield opened
    finally:
        await opened.close()


def provider(name, url, **arguments):
    return Provider(name=name, base_url=url, model="any", **arguments)


def settings(*providers, **arguments):
    return CloudSettings(providers=providers, **arguments)


@contextmanager
def llama_server():
    """llama.cpp's OpenAI-compatible server with the smallest model, on a free port of loopback."""
    (model,) = model_folder("smollm2-135m").glob("*.gguf")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--host", "127.0.0.1"]
    command += ["--port", str(port), "--n_ctx", "1024", "--n_threads", "1", "--interrupt_requests", "false"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(port, server):
    for _ in range(600):
        assert server.poll() is None, "the server did not start"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
            break
        with suppress(subprocess.TimeoutExpired):
            server.wait(0.1)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=30) as answer:
        assert answer.status == 200


async def _stand(latency_s):
    async with proxy(latency_s=latency_s) as cloud:
        sys.stdout.write(f"{cloud.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":  # `python -m tests.sim.clouds 0.3`: a cloud for a benchmark, until it is ended.
    asyncio.run(_stand(float(sys.argv[1])))
