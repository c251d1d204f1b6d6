"""Reads what is in a CTranslate2 model file, without CTranslate2: arrays by name.

Nothing is copied: the arrays lie in the file, and what nobody looks at is never read. `forget` lets the kernel take
back what was looked at; it is read again where it is wanted again.

The layout, little-endian throughout: u32 version; name of the specification; u32 revision; u32 count of arrays, each a
name, u8 rank, u32 per dimension, u8 kind of number, u32 bytes, bytes; u32 count of aliases, each two names. A name is
a u16 length, and that many bytes, of which the last is 0.
"""

import mmap
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_agent.base.errors import ModelError

_VERSION = 6
_KINDS = (np.float32, np.int8, np.int16, np.int32, np.float16)


class Ct2File(Mapping[str, NDArray[Any]]):
    """The arrays of one model. ModelError if the file is of another kind or version, or was cut off."""

    def __init__(self, path: Path) -> None:
        self._at = 0
        try:
            with path.open("rb") as file:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._arrays = dict(self._read_all())
        except (struct.error, ValueError, IndexError, KeyError) as error:
            raise ModelError(f"{path} is no CTranslate2 model that can be read: {error}") from error

    def __getitem__(self, name: str) -> NDArray[Any]:
        """The array of this name; it can't be written to."""
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._arrays)

    def __len__(self) -> int:
        """How many arrays there are."""
        return len(self._arrays)

    def forget(self) -> None:
        """Give back the memory of what was read."""
        self._bytes.madvise(mmap.MADV_DONTNEED)

    def _read_all(self) -> Iterator[tuple[str, NDArray[Any]]]:
        (version,) = self._numbers("I")
        if version != _VERSION:
            raise ValueError(f"version {version}")
        self._name()
        self._numbers("I")
        arrays = {}
        for _ in range(*self._numbers("I")):
            name = self._name()
            (rank,) = self._numbers("B")
            shape = self._numbers(f"{rank}I")
            kind, size = self._numbers("BI")
            self._at += size
            read = np.frombuffer(self._bytes, _KINDS[kind], size // np.dtype(_KINDS[kind]).itemsize, self._at - size)
            arrays[name] = read.reshape(shape)
        yield from arrays.items()
        for _ in range(*self._numbers("I")):
            alias = self._name()
            yield alias, arrays[self._name()]

    def _numbers(self, form: str) -> tuple[int, ...]:
        read = struct.unpack_from(f"<{form}", self._bytes, self._at)
        self._at += struct.calcsize(f"<{form}")
        return read

    def _name(self) -> str:
        (length,) = self._numbers("H")
        self._at += length
        if self._at > len(self._bytes):
            raise ValueError("it was cut off")
        return self._bytes[self._at - length : self._at - 1].decode()
