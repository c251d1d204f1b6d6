"""Wav files as a stream: an hour of sound is never in memory at once.

Read are PCM of 8, 16, 24 and 32 bits and floats of 32 and 64, of any number of channels (mixed to one), from 8 to
192 kHz. A file that is something else, holds nothing, or is shorter than it says, is an InputError that says which.
Written is 16-bit PCM, into a temporary file that gets its name only when it is whole. Only a file is ever replaced.
"""

import os
import struct
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from edge_agent.base.errors import InputError, OutputError
from edge_agent.base.frames import Samples

RATE_HZ_MIN, RATE_HZ_MAX = 8_000, 192_000

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
"""Format codes. The third says that the real one stands in an extension."""

UNKNOWN_SIZE = 0xFFFFFFFF
"""What programs write that did not know how long it would be: everything up to the end of the file."""

HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


class WavReader:
    """One file, from its start to its end: `frames` samples at `rate_hz`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rate_hz = self.frames = self._left = 0
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise InputError(f"{path} can't be read: {error.strerror}", hint="give the path of a wav file") from error
        try:
            self._read_header()
        except BaseException:
            self._file.close()
            raise

    def read(self, frames: int) -> Samples:
        """The next so many samples, mixed to mono; fewer at the end, none after it."""
        width = self._channels * self._bits // 8
        raw = self._file.read(min(frames, self._left) * width)
        got = len(raw) // width
        self._left = self._left - got if got else 0
        samples = _decode(raw[: got * width], self._format, self._bits).reshape(-1, self._channels)
        return np.asarray(samples.mean(axis=1), np.float32)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _read_header(self) -> None:
        file, size = self._file, self.path.stat().st_size
        if size == 0:
            raise InputError(f"{self.path} is empty", hint="give a wav file with sound in it")
        if (riff := file.read(12))[:4] != b"RIFF" or riff[8:] != b"WAVE":
            raise InputError(f"{self.path} is not a wav file", hint=f"convert it: `ffmpeg -i {self.path} sound.wav`")
        form = b""
        while len(head := file.read(8)) == 8:
            name, length = struct.unpack("<4sI", head)
            if name == b"data":
                break
            start = file.tell()
            form = file.read(min(length, 40)) if name == b"fmt " else form
            file.seek(start + length + length % 2)  # chunks are padded to even lengths
        else:
            raise self._truncated("it ends before its sound begins")
        self._read_format(form)
        left = size - file.tell()
        if length != UNKNOWN_SIZE and left < length:
            raise self._truncated(f"it holds {left} of {length} bytes of sound")
        self.frames = self._left = min(length, left) // (self._channels * self._bits // 8)
        if self.frames == 0:
            raise InputError(f"{self.path} holds no sound", hint="record it again")

    def _read_format(self, form: bytes) -> None:
        if len(form) < 16:
            raise self._truncated("its format is missing")
        self._format, self._channels, self.rate_hz, _, _, self._bits = struct.unpack("<HHIIHH", form[:16])
        if self._format == EXTENSIBLE and len(form) >= 26:
            self._format = struct.unpack("<H", form[24:26])[0]
        known = {PCM: (8, 16, 24, 32), FLOAT: (32, 64)}
        if self._bits not in known.get(self._format, ()) or self._channels == 0:
            raise InputError(
                f"{self.path} is a wav of an unknown kind (format {self._format}, {self._bits} bits)",
                hint=f"convert it: `ffmpeg -i {self.path} -c:a pcm_s16le sound.wav`",
            )
        if not RATE_HZ_MIN <= self.rate_hz <= RATE_HZ_MAX:
            raise InputError(
                f"{self.path} has {self.rate_hz} samples per second",
                hint=f"between {RATE_HZ_MIN} and {RATE_HZ_MAX} are read: `ffmpeg -i {self.path} -ar 48000 sound.wav`",
            )

    def _truncated(self, how: str) -> InputError:
        return InputError(f"{self.path} is truncated: {how}", hint="copy or record it again")


def _decode(raw: bytes, form: int, bits: int) -> Samples:
    """Interleaved samples in [-1, 1]."""
    if form == FLOAT:
        given = np.nan_to_num(np.frombuffer(raw, np.dtype(f"<f{bits // 8}")), posinf=1.0, neginf=-1.0)
        return np.asarray(np.clip(given, -1, 1), np.float32)  # What is no number would never leave a filter again.
    if bits == 8:
        # The only unsigned one.
        return np.asarray(np.frombuffer(raw, np.uint8) / 128 - 1, np.float32)
    if bits == 24:
        wide = np.zeros((len(raw) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
        return _decode(wide.tobytes(), form, 32)
    return np.asarray(np.frombuffer(raw, np.dtype(f"<i{bits // 8}")) / 2 ** (bits - 1), np.float32)


class WavWriter:
    """One file, 16 bits. It gets its name when closed; left by an error, it leaves nothing."""

    def __init__(self, path: Path, rate_hz: int, channels: int = 1) -> None:
        self.path = path
        self._rate_hz = rate_hz
        self._channels = channels
        self._bytes = 0
        if path.exists() and not path.is_file():
            # Root could replace /dev/null by a file.
            raise OutputError(f"{path} is no file that could be replaced", hint="name a wav file")
        try:
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        except OSError as error:
            raise self._refused(error) from error
        self._temporary = Path(name)
        self._file: BinaryIO = os.fdopen(handle, "wb")
        self._file.write(self._header())

    def write(self, samples: Samples) -> None:
        """Append samples, of shape (n,) or (n, channels)."""
        pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
        try:
            self._file.write(pcm)
        except OSError as error:
            self.discard()
            raise self._refused(error) from error
        self._bytes += len(pcm)

    def close(self) -> None:
        """Give the file its name."""
        try:
            self._file.seek(0)
            self._file.write(self._header())
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            # A temporary file is its owner's alone; this one gets what any new file gets.
            umask = os.umask(0)
            os.umask(umask)
            self._temporary.chmod(0o666 & ~umask)
            self._temporary.replace(self.path)
        except OSError as error:
            self.discard()
            raise self._refused(error) from error

    def discard(self) -> None:
        """Leave nothing."""
        self._temporary.unlink(missing_ok=True)
        with suppress(OSError):  # On a full disk what is left in the buffer fails again.
            self._file.close()

    def __enter__(self) -> "WavWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def _header(self) -> bytes:
        width = 2 * self._channels
        size = min(self._bytes, UNKNOWN_SIZE - 36)
        return HEADER.pack(
            b"RIFF", size + 36, b"WAVE", b"fmt ", 16, PCM, self._channels,
            self._rate_hz, self._rate_hz * width, width, 16, b"data", size,
        )  # fmt: skip

    def _refused(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self.path} can't be written: {error.strerror}", hint="free some space, or choose another place"
        )
