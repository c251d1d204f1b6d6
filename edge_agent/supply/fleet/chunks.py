"""Where files are cut, so that what did not change is not fetched again.

Cutting every MiB is enough for most files: a new version has the same layout. A GGUF begins with a header of its own
(chat template, vocabulary, list of tensors), and one more letter in it moves everything that follows. So it is cut
where its parts begin, and the grid starts anew at each of them: at a large entry of the header, at the list of tensors,
at the first tensor, and at every tensor of a MiB or more. A longer chat template then costs the few kB around it.

Nothing depends on the cuts but how much is fetched. A file whose header can't be read is cut every MiB.
"""

import hashlib
import struct
from collections.abc import Iterable
from itertools import pairwise
from typing import BinaryIO

from edge_agent.supply.fleet.release import CHUNK_BYTES, Chunk, File, Format

LARGE_ENTRY_BYTES = 32 << 10
"""An entry of the header from which on it gets chunks of its own."""

_MAGIC = b"GGUF"
_STRING, _ARRAY = 8, 9
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of each type of a number."""
_ALIGNMENT = 32
_COUNT_MAX = 1 << 24
_DEPTH_MAX = 4


def cut(file: BinaryIO, path: str, form: Format) -> File:
    """Read the whole file and describe it as `path`, in chunks."""
    size = file.seek(0, 2)
    begin = gguf_parts(file, size) if form is Format.GGUF else [0]
    file.seek(0)
    whole, chunks = hashlib.sha256(), []
    for length in _lengths(begin, size):
        data = file.read(length)
        whole.update(data)
        chunks.append(Chunk(hashlib.sha256(data).hexdigest(), length))
    return File(path, size, whole.hexdigest(), tuple(chunks))


def _lengths(begin: Iterable[int], size: int) -> Iterable[int]:
    for start, end in pairwise([*begin, size]):
        for at in range(start, end, CHUNK_BYTES):
            yield min(CHUNK_BYTES, end - at)


def gguf_parts(file: BinaryIO, size: int) -> list[int]:
    """Say where the parts of a GGUF begin, bytes from its start; just 0 for what is none."""
    file.seek(0)
    try:
        return sorted(place for place in _parts(file, size) if 0 <= place < size)
    except (ValueError, struct.error):
        return [0]


def _parts(file: BinaryIO, size: int) -> set[int]:
    if file.read(4) != _MAGIC:
        raise ValueError("no GGUF")
    version, tensors, entries = struct.unpack("<IQQ", file.read(20))
    if version not in (2, 3) or max(tensors, entries) > _COUNT_MAX:
        raise ValueError("an unknown version of GGUF")
    parts, alignment = {0}, _ALIGNMENT
    for _ in range(entries):
        start = file.tell()
        name = _text(file)
        value = _skip(file, _number(file, 4))
        if name == b"general.alignment" and value:
            alignment = value
        if file.tell() - start >= LARGE_ENTRY_BYTES:
            parts |= {start, file.tell()}
    parts.add(file.tell())
    offsets = sorted(_tensor(file) for _ in range(tensors))
    data = -(-file.tell() // alignment) * alignment
    # The padding before the data belongs to the header: its length depends on it.
    parts.add(data)
    last = data
    for start, end in pairwise([*(data + offset for offset in offsets), size]):
        if end - start >= CHUNK_BYTES or start - last >= CHUNK_BYTES:
            parts.add(start)
            last = start
    return parts


def _tensor(file: BinaryIO) -> int:
    """Skip one entry of the list of tensors and return where its data begins, from the first."""
    _text(file)
    file.seek(8 * _bounded(_number(file, 4), 8) + 4, 1)
    return _number(file, 8)


def _skip(file: BinaryIO, kind: int, depth: int = 0) -> int:
    """Skip a value; return it if it is a small whole number, else 0."""
    if kind == _STRING:
        _text(file)
    elif kind == _ARRAY and depth < _DEPTH_MAX:
        inner, count = _number(file, 4), _bounded(_number(file, 8), _COUNT_MAX)
        if inner in _SIZES:
            file.seek(count * _SIZES[inner], 1)
        else:
            for _ in range(count):
                _skip(file, inner, depth + 1)
    elif kind in _SIZES:
        return _number(file, _SIZES[kind]) if kind in (4, 10) else file.seek(_SIZES[kind], 1) * 0
    else:
        raise ValueError("an unknown type of GGUF")
    return 0


def _text(file: BinaryIO) -> bytes:
    length = _bounded(_number(file, 8), CHUNK_BYTES)
    return file.read(length)


def _number(file: BinaryIO, size: int) -> int:
    data = file.read(size)
    if len(data) < size:
        raise ValueError("the header is cut off")
    return int.from_bytes(data, "little")


def _bounded(number: int, most: int) -> int:
    if number > most:
        raise ValueError("a length that no header has")
    return number
