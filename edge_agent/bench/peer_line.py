"""A peer's sound card: the line between a room's device and a process that speaks and hears over a socket.

A message is its kind (one byte), the size of its content (four bytes, little-endian) and the content. Sound is mono,
16-bit, little-endian.

====  =================  ===========================================================
kind  direction          content
====  =================  ===========================================================
`m`   to the peer        what the microphone heard: 10 ms at 16 kHz
`i`   to the peer        be silent now
`f`   both               forget the conversation, another person is next; and: done
`r`   from the peer      ready: a JSON object with `version` and `rate_hz`
`s`   from the peer      sound to be played, at that rate; it goes out at once
====  =================  ===========================================================

The line does what our own listener does for our agent, with the same resamplers and the same lead at the loudspeaker,
and nothing else: no echo cancelling, no voice detection.
"""

import socket
import struct
import threading
from collections.abc import Callable, Iterator

import numpy as np

from edge_agent.base.frames import BLOCK_MS, Samples
from edge_agent.talk.ear.device import Device
from edge_agent.talk.ear.resample import Resampler
from edge_agent.talk.ear.rings import Block, Exchange

MICROPHONE, INTERRUPT, FORGET, READY, SOUND = b"m", b"i", b"f", b"r", b"s"

HEADER = struct.Struct("<cI")

READ_BYTES = 1 << 16

STOP_S = 0.1
"""Longest that `stop` waits for a block that does not come."""

STUCK_S = 5
"""A peer that takes no sound for so long does not run any more."""


def encode(kind: bytes, content: bytes = b"") -> bytes:
    """One message, as it is sent."""
    return HEADER.pack(kind, len(content)) + content


class Decoder:
    """Messages out of whatever pieces arrive."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield kind and content of every message that is whole by now."""
        self._waiting += data
        while len(self._waiting) >= HEADER.size:
            kind, size = HEADER.unpack_from(self._waiting)
            end = HEADER.size + size
            if len(self._waiting) < end:
                return
            content = bytes(self._waiting[HEADER.size : end])
            del self._waiting[:end]
            yield kind, content


class Line:
    """Carries sound both ways in a thread of its own, from `start` to `stop`."""

    def __init__(
        self, device: Device, channel: socket.socket, rate_hz: int, lead_ms: int, on_news: Callable[[bytes], None]
    ) -> None:
        """`rate_hz` is the peer's. `on_news`, called in the line's thread, gets the kind of each message that is not
        sound, and `b""` once when the peer is gone."""
        self._device = device
        self._channel = channel
        self._on_news = on_news
        self._decoder = Decoder()
        self._exchange = Exchange(device.rate_hz, lead_ms)
        self._near = Resampler(device.rate_hz)
        self._out = Resampler(rate_hz, device.rate_hz, self._exchange.block)
        self._taken = rate_hz * BLOCK_MS // 1000
        self._voice = np.zeros(0, np.float32)  # came, and is not played yet
        self._sending = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="line", daemon=True)

    def start(self) -> None:
        """Open the device and begin."""
        # Not `settimeout`, which would have `_receive` wait as well.
        self._channel.setblocking(True)
        self._channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", STUCK_S, 0))
        self._fill()
        self._device.open(self._exchange)
        self._thread.start()

    def stop(self) -> None:
        """Close the device. The socket stays open."""
        self._stopped.set()
        self._thread.join()
        self._device.close()

    def tell(self, kind: bytes, content: bytes = b"") -> None:
        """Send a message; OSError when nobody takes it."""
        with self._sending:
            self._channel.sendall(encode(kind, content))

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                block = self._exchange.read(STOP_S)
                if block is not None:
                    self._receive()
                    self._fill()
                    self._hear(block)
        except OSError:
            # Why it is gone is known to whoever has the process.
            self._on_news(b"")

    def _receive(self) -> None:
        """Take what has come. Nothing is waited for."""
        while True:
            try:
                data = self._channel.recv(READ_BYTES, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            if not data:
                raise ConnectionResetError
            for kind, content in self._decoder.feed(data):
                if kind == SOUND:
                    self._voice = np.concatenate((self._voice, _floats(content)))
                else:
                    self._on_news(kind)

    def _fill(self) -> None:
        while self._exchange.wanted >= self._exchange.block:
            given = np.zeros(self._taken, np.float32)
            sound = self._voice[: self._taken]
            given[: sound.size] = sound
            self._voice = self._voice[self._taken :]
            for samples in self._out.process(given):
                self._exchange.write(samples)

    def _hear(self, block: Block) -> None:
        for near in self._near.process(block.near):
            self.tell(MICROPHONE, (np.clip(near, -1, 1) * 32767).astype("<i2").tobytes())


def _floats(content: bytes) -> Samples:
    return np.frombuffer(content, "<i2").astype(np.float32) / np.float32(32768)
