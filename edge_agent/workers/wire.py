"""How the agent and a worker talk: framed messages over a pair of pipes. No I/O here, bytes in and bytes out.

1. One message is ``MAGIC``, two lengths (unsigned, 32 bits, big-endian), a header and a payload. The header is JSON:
   kind, id, fields. The payload is raw: samples have no business in JSON.
2. Both lengths have a limit, so that a broken peer can't make us wait for, or store, 4 GiB.
3. A byte that does not belong is an `EngineError`, and the stream is not looked at again: after a wrong length nothing
   that follows can be trusted.

What is said over it::

    agent → worker   start {options}    job {…} payload    taken    cancel    ping
    worker → agent   ready {memory_mb, load_s}    refused {text, hint}
                     item {…} payload    done {cpu_ms}    failed {error, text, hint, cpu_ms}    pong {memory_mb}

Every job gets exactly one ``done`` or ``failed``, cancelled ones too. A worker stops when its input ends. It is never
more than `AHEAD` items ahead of those that were ``taken``: what nobody reads yet is not worth the processor's time.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from edge_agent.base.errors import EngineError, InputError

JSON: TypeAlias = Any
"""What JSON can carry. Whoever reads a field knows what to expect there; the type checker can't."""

MAGIC = b"\xeaW"
"""Begins every message. 0xEA starts no ASCII text, so a line that was printed by accident is told apart at once."""

AHEAD = 2
"""Items that wait for a reader who is busy. One would leave the engine idle while the next is asked for."""

HEADER_BYTES_MAX = 1 << 20
"""A whole conversation of 32k tokens is about 130 kB of text."""

PAYLOAD_BYTES_MAX = 1 << 24
"""30 s at 16 kHz are 2 MB of float32, two minutes of a 22 kHz voice are 11 MB."""

_LENGTHS = struct.Struct(">2sII")

_TOLD: Mapping[str, Mapping[str, type]] = {
    "ready": {"memory_mb": float, "load_s": float},
    "refused": {"error": str, "text": str, "hint": str},
    "item": {},
    "done": {"cpu_ms": float},
    "failed": {"error": str, "text": str, "hint": str, "cpu_ms": float},
    "pong": {"memory_mb": float},
}
"""What a worker may say, and what belongs to it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said, in either direction."""

    kind: str
    id: int = 0
    """Of the job or ping that it is about."""
    fields: Mapping[str, JSON] = field(default_factory=dict)
    payload: bytes = b""


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of a job's result."""

    fields: Mapping[str, JSON] = field(default_factory=dict)
    payload: bytes = b""


def encode(message: Message) -> bytes:
    """Return the bytes of `message`; InputError if it is larger than what the other side would take."""
    said = {"kind": message.kind, "id": message.id, "fields": dict(message.fields)}
    header = json.dumps(said, separators=(",", ":"), allow_nan=False).encode()
    if len(header) > HEADER_BYTES_MAX or len(message.payload) > PAYLOAD_BYTES_MAX:
        raise InputError(
            f"a {message.kind} of {len(header)} + {len(message.payload)} bytes is too large for a worker",
            hint="Give it shorter text or audio, or cut it into pieces.",
        )
    return _LENGTHS.pack(MAGIC, len(header), len(message.payload)) + header + message.payload


def check(message: Message) -> None:
    """Refuse what no worker says, or what lacks a part: EngineError."""
    parts = _TOLD.get(message.kind)
    if parts is None:
        raise EngineError(f"it said {message.kind!r}, which no worker says")
    for name, kind in parts.items():
        part = message.fields.get(name)
        if not isinstance(part, (int, float) if kind is float else kind):
            raise EngineError(f"it said {message.kind!r} with {part!r} for {name}")


class Decoder:
    """Puts messages together from whatever pieces the pipe delivers."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that `data` completes; EngineError if the peer talks garbage, now and ever after."""
        self._buffer += data
        messages = []
        while (message := self._take()) is not None:
            messages.append(message)
        return messages

    def _take(self) -> Message | None:
        if not MAGIC.startswith(bytes(self._buffer[: len(MAGIC)])):
            raise EngineError(f"a worker said {bytes(self._buffer[:16])!r}, which is no message")
        if len(self._buffer) < _LENGTHS.size:
            return None
        _, header_bytes, payload_bytes = _LENGTHS.unpack_from(self._buffer)
        if header_bytes > HEADER_BYTES_MAX or payload_bytes > PAYLOAD_BYTES_MAX:
            raise EngineError(f"a worker announced a message of {header_bytes} + {payload_bytes} bytes")
        header_end = _LENGTHS.size + header_bytes
        end = header_end + payload_bytes
        if len(self._buffer) < end:
            return None
        message = _parse(bytes(self._buffer[_LENGTHS.size : header_end]), bytes(self._buffer[header_end:end]))
        # Only a message that was understood leaves the buffer: garbage stays in front, and fails again.
        del self._buffer[:end]
        return message


def _parse(header: bytes, payload: bytes) -> Message:
    try:
        said = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise EngineError(f"a worker sent a header that is not JSON: {error}") from None
    match said:
        case {"kind": str(kind), "id": int(number), "fields": dict(fields), **rest} if not rest:
            return Message(kind, number, fields, payload)
    raise EngineError(f"a worker sent a header of another form: {header[:80]!r}")
