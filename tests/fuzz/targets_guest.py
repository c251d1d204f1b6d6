"""What arrives from the machine around: requests at the local socket, an agent's answers to them, lines for the log."""

import asyncio
import tempfile
from pathlib import Path

from fuzzing import Target, mutated, pieces, texts

from edge_agent.base.errors import EdgeAgentError
from edge_agent.host.asking import ask
from edge_agent.host.lamp import FILE as LAMP
from edge_agent.host.lamp import Lamp, connectable
from edge_agent.host.request import REASONS, Refused, parse, told
from edge_agent.host.secrets import without_secrets
from edge_agent.host.server import FILE, served

ASKED = b"GET /v1/journal?last=3 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nAccept: */*\r\n\r\n"
ANSWERED = told({"turns": [{"kind": "skill", "stages_ms": {"stt": 1.5}}]}).encoded()
HTTP_WORDS = (b"\r\n", b"\r\n\r\n", b": ", b"%00", b"Content-Length: 99999999\r\n", b"Transfer-Encoding: chunked\r\n")
LINES = [
    "Authorization: Bearer abcdefgh12345678",
    "https://user:pass@host/v1?token=abcdefgh",
    "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----",
]


def _request(head, _):
    request = parse(head)
    assert request.path.startswith("/")
    assert 0 <= request.length <= 4096


def _socket(parts, folder):
    """A real socket gets the bytes as they come; whatever they are, the next client is served."""

    async def visited():
        async with served(lambda request, peer: told(request.path), folder, "", folder):
            reader, writer = await asyncio.open_unix_connection(folder / FILE)
            try:
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                writer.write_eof()
                answer = await reader.read()
            except ConnectionError:
                answer = b""
            writer.close()
            assert not answer or int(answer.split()[1]) in REASONS
            assert await asyncio.to_thread(ask, "GET", "/alive", folder / FILE) == "/alive"

    asyncio.run(visited())


def _answer(answer, _):
    """What something else that listens on the socket's place may say."""

    async def told_so():
        async def serve(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            writer.close()

        with tempfile.TemporaryDirectory() as place:
            path = Path(place, FILE)
            async with await asyncio.start_unix_server(serve, path):
                await asyncio.to_thread(ask, "GET", "/v1/status", path)

    asyncio.run(told_so())


def _lamp(parts, folder):
    """Whatever a lamp's program says: only the very line that it was asked for lights it."""

    async def connected():
        lamp = Lamp(lambda: None, may_open=False, dead_s=0.05)
        lamp.show(open=True)
        async with connectable(lamp, folder):
            reader, writer = await asyncio.open_unix_connection(folder / LAMP)
            try:
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                writer.write_eof()
                while await reader.readline():
                    assert not lamp.lit or b"open 1\n" in b"".join(parts)
            except ConnectionError:
                pass
            writer.close()
        assert not lamp.lit

    asyncio.run(connected())


def _line(line, _):
    assert without_secrets(without_secrets(line)) == without_secrets(line)


TARGETS = [
    Target("a request of the local socket", mutated([ASKED], HTTP_WORDS), _request, (Refused,)),
    Target("the local socket", mutated([ASKED], HTTP_WORDS).flatmap(pieces), _socket),
    Target("an answer of the local socket", mutated([ANSWERED], HTTP_WORDS), _answer, (EdgeAgentError,)),
    Target("a lamp's answers", mutated([b"open 1\n" * 3], (b"open", b"closed 1\n", b" 1\n")).flatmap(pieces), _lamp),
    Target("secrets in a log line", texts(LINES, ("Bearer ", "key=", "sk-", "eyJ", "://")), _line),
]
