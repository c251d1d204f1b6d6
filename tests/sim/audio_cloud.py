"""An OpenAI-compatible endpoint for sound, on loopback, that can be made to fail.

It hears the same words in everything, and says a tone for every letter.
"""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from edge_agent.base.settings_cloud import CloudVoice, Transcriber

RATE_HZ = 24_000
LETTER_S = 0.05


class Trouble(Enum):
    """What happens to a request."""

    NONE = "none"
    HANG = "hang"
    BROKEN = "broken"  # 500
    BUSY = "busy"  # 429
    CUT = "cut"  # the connection ends in the middle of the answer
    NONSENSE = "nonsense"  # a page
    LONG = "long"  # more than anybody could have said
    EMPTY = "empty"


def tone(text):
    """What it says, as samples."""
    size = int(LETTER_S * RATE_HZ * max(1, len(text)))
    return (8000 * np.sin(np.arange(size) / 8)).astype("<i2")


@dataclass
class AudioCloud:
    """To be opened on a running loop."""

    words: str = "the cloud heard this"
    trouble: Trouble = Trouble.NONE
    heard: list = field(default_factory=list)
    """Bodies of transcriptions."""
    said: list = field(default_factory=list)
    """Texts that were to be spoken."""
    probed: int = 0
    open: set = field(default_factory=set)

    async def serve(self, reader, writer):
        self.open.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                size = next(
                    (int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length")), 0
                )
                await self._answer(head.split()[1], await reader.readexactly(size), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, path, body, writer):
        kind, answer = "application/json", b'{"object":"list","data":[]}'
        if path.endswith("/transcriptions"):
            self.heard.append(body)
            answer = json.dumps({"text": self.words * (1000 if self.trouble is Trouble.LONG else 1)}).encode()
        elif path.endswith("/speech"):
            self.said.append(json.loads(body)["input"])
            kind, answer = "audio/pcm", tone(self.said[-1]).tobytes() * (200 if self.trouble is Trouble.LONG else 1)
        else:
            self.probed += 1
        status = "200 OK"
        match self.trouble:
            case Trouble.HANG:
                await asyncio.Event().wait()
            case Trouble.BROKEN:
                status = "500 Internal Server Error"
            case Trouble.BUSY:
                status = "429 Too Many Requests"
            case Trouble.NONSENSE:
                kind, answer = "text/html", b"<html>Please log in.</html>"
            case Trouble.EMPTY:
                answer = b""
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n\r\n".encode()
        writer.write(head + answer[: len(answer) // 2 if self.trouble is Trouble.CUT else None])
        await writer.drain()
        if self.trouble is Trouble.CUT:
            writer.close()


@asynccontextmanager
async def audio_cloud(**fields):
    """One that is open, and its base URL."""
    cloud = AudioCloud(**fields)
    server = await asyncio.start_server(cloud.serve, "127.0.0.1", 0)
    try:
        yield cloud, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()
        for writer in cloud.open:
            writer.transport.abort()


def ear(url, name="ear", **fields):
    return Transcriber(name=name, base_url=url, model="any", **fields)


def mouth(url, name="mouth", **fields):
    return CloudVoice(name=name, base_url=url, model="any", rate_hz=RATE_HZ, **fields)
