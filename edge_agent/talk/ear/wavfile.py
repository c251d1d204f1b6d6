"""A wav file as the microphone, another one as the loudspeaker, at the pace of real time.

The device runs at 48 kHz whatever the file's rate is. After the file's end the microphone hears silence, so that the
last turn is answered; `ended` tells when that begins. The output gets its name when the device is finished with.
"""

import threading
from pathlib import Path

import numpy as np

from edge_agent.base.errors import OutputError
from edge_agent.base.frames import BLOCK_MS, RATE_HZ, Samples
from edge_agent.talk.ear.pace import Pace
from edge_agent.talk.ear.resample import Resampler
from edge_agent.talk.ear.rings import Exchange
from edge_agent.talk.ear.wav import WavReader, WavWriter


class WavFile:
    """A Device. Opened anew it goes on where it was closed: a machine too busy to serve it takes it for lost."""

    rate_hz = 48_000
    digital = True
    latency_s = 0.0

    def __init__(self, heard: Path, spoken: Path | None = None) -> None:
        """Hear the file `heard`; what the agent says is written to `spoken`, which must be another one."""
        self.name = heard.name
        self.ended = threading.Event()
        """Set once the whole file was heard."""
        self._reader = WavReader(heard)
        if spoken and spoken.exists() and spoken.samefile(heard):
            raise OutputError(f"{spoken} is the recording itself", hint="name another file for what the agent says")
        self._writer = WavWriter(spoken, self.rate_hz) if spoken else None
        self._block = self.rate_hz * BLOCK_MS // 1000
        self._resampler = Resampler(self._reader.rate_hz, self.rate_hz, self._block)
        self._ready: list[Samples] = []
        self._failure: OutputError | None = None
        self._exchange: Exchange | None = None
        self._muted = self._begun = False
        self._pace: Pace | None = None

    @property
    def length(self) -> int:
        """Of the file, in samples at `RATE_HZ`."""
        return self._reader.frames * RATE_HZ // self._reader.rate_hz

    def find(self) -> None:
        """It is always there."""

    def mute(self, muted: bool) -> None:
        """The file goes on, and nothing of it is heard."""
        self._muted = muted

    def open(self, exchange: Exchange) -> None:
        """Begin at the file's first sample, or go on."""
        self._exchange = exchange
        self._begun = True
        self._pace = Pace(self._swap, "wav")

    def close(self) -> None:
        """Time stops in the file."""
        if self._pace is not None:
            self._pace.stop()
        self._pace = None

    def finish(self) -> None:
        """Let both files go, the output under its name; OutputError if it could not be written. For its owner, once.

        What was never opened leaves nothing.
        """
        self.close()
        self._reader.close()
        if self._writer is None:
            return
        if not self._begun:
            self._writer.discard()
        elif self._failure is not None:
            raise self._failure
        else:
            self._writer.close()

    def _swap(self) -> None:
        assert self._exchange is not None
        played = np.empty(self._block, np.float32)
        heard = self._next()
        self._exchange.swap(np.zeros_like(heard) if self._muted else heard, played)
        if self._writer is not None and self._failure is None:
            try:
                self._writer.write(played)
            except OutputError as error:
                self._failure = error  # told by `finish`: this is not the owner's thread

    def _next(self) -> Samples:
        while not self._ready:
            samples = self._reader.read(self._reader.rate_hz * BLOCK_MS // 1000)
            if samples.size == 0:
                self.ended.set()
                return np.zeros(self._block, np.float32)
            self._ready.extend(self._resampler.process(samples))
        return self._ready.pop(0)
