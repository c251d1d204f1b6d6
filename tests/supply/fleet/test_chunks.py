"""What did not change is not fetched again."""

import io
import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.supply.fleet.chunks import cut, gguf_parts
from edge_agent.supply.fleet.release import CHUNK_BYTES, Format

MIB = 1 << 20


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def gguf(template: bytes, tensors: list[bytes], words: int = 49_152) -> bytes:
    """Write a model: a vocabulary, a chat template and its tensors."""
    vocabulary = b"".join(text(b"word%d" % n) for n in range(words))
    entries = [
        text(b"general.alignment") + struct.pack("<II", 4, 64),
        text(b"tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, words) + vocabulary,
        text(b"tokenizer.ggml.scores") + struct.pack("<IIQ", 9, 6, words) + bytes(4 * words),
        text(b"tokenizer.chat_template") + struct.pack("<I", 8) + text(template),
    ]
    infos, data = [], b""
    for number, tensor in enumerate(tensors):
        infos.append(text(b"blk.%d" % number) + struct.pack("<IQIQ", 1, len(tensor), 0, len(data)))
        data += tensor + bytes(-len(tensor) % 64)
    header = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(entries)) + b"".join(entries + infos)
    return header + bytes(-len(header) % 64) + data


def fetched(old: bytes, new: bytes, form: Format) -> float:
    """Return the share of the new file whose chunks the old one does not have."""
    have = {chunk.sha256 for chunk in cut(io.BytesIO(old), "m", form).chunks}
    want = {chunk.sha256: chunk.size for chunk in cut(io.BytesIO(new), "m", form).chunks}
    return sum(size for sha256, size in want.items() if sha256 not in have) / len(new)


@pytest.fixture(scope="module")
def tensors():
    noise = random.Random(1)
    return [noise.randbytes(size) for size in (3 * MIB + 17, 4000, 900, 2 * MIB, 5000, MIB - 1, 16 * MIB)]


def test_a_longer_chat_template_costs_less_than_2_percent(tensors):
    old, new = gguf(b"{{ messages }}", tensors), gguf(b"{{ messages }}{{ and more }}" * 9, tensors)
    assert fetched(old, new, Format.GGUF) < 0.02
    assert fetched(old, new, Format.PLAIN) > 0.9


def test_a_changed_tensor_costs_itself(tensors):
    changed = [*tensors[:3], random.Random(2).randbytes(2 * MIB), *tensors[4:]]
    assert fetched(gguf(b"t", tensors), gguf(b"t", changed), Format.GGUF) < 2.2 * MIB / sum(map(len, tensors))


def test_the_chunks_are_the_file(tensors):
    whole = gguf(b"t", tensors)
    described = cut(io.BytesIO(whole), "m.gguf", Format.GGUF)
    assert described.size == len(whole) == sum(chunk.size for chunk in described.chunks)
    assert all(0 < chunk.size <= CHUNK_BYTES for chunk in described.chunks)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 400), st.binary(max_size=40), st.integers(0, 400))
def test_a_broken_header_is_cut_like_anything_else(at, noise, end):
    broken = gguf(b"t", [b"weights"], words=3)
    broken = (broken[:at] + noise + broken[at + len(noise) :])[: max(end, 4)]
    parts = gguf_parts(io.BytesIO(broken), len(broken))
    assert parts[0] == 0
    assert sum(chunk.size for chunk in cut(io.BytesIO(broken), "m", Format.GGUF).chunks) == len(broken)


class Zeros(io.RawIOBase):
    """A file that is too large to write down."""

    def __init__(self, size: int) -> None:
        self.size, self.at = size, 0

    def seek(self, to: int, whence: int = 0) -> int:
        self.at = to + (self.size if whence == 2 else 0)
        return self.at

    def read(self, count: int = -1) -> bytes:
        count = min(count, self.size - self.at)
        self.at += count
        return bytes(count)


@pytest.mark.long
def test_more_than_four_gigabytes_are_cut_to_the_last_byte():
    described = cut(Zeros((4 << 30) + 5), "large", Format.PLAIN)
    assert len(described.chunks) == 4097
    assert described.chunks[-1].size == 5
    assert described.size == (4 << 30) + 5


def test_an_empty_file_has_no_chunks():
    assert cut(io.BytesIO(b""), "empty", Format.PLAIN).chunks == ()
