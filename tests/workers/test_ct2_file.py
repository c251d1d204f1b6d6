"""Arrays come out of a CTranslate2 file as they were put in; what is no such file is refused."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import ModelError
from edge_agent.workers.ct2_file import Ct2File

KINDS = [np.float32, np.int8, np.int16, np.int32, np.float16]


def name(text):
    return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"


def written(arrays, aliases=(), version=6):
    parts = [struct.pack("<I", version), name("WhisperSpec"), struct.pack("<II", 3, len(arrays))]
    for key, array in arrays.items():
        parts += [name(key), struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape)]
        parts += [struct.pack("<BI", KINDS.index(array.dtype), array.nbytes), array.tobytes()]
    parts.append(struct.pack("<I", len(aliases)))
    return b"".join([*parts, *(name(text) for pair in aliases for text in pair)])


@given(
    st.dictionaries(
        st.text("abc/_0", min_size=1, max_size=9),
        st.tuples(st.sampled_from(KINDS), st.lists(st.integers(0, 3), max_size=3)),
        min_size=1,
        max_size=5,
    )
)
def test_what_was_put_in_comes_out(tmp_path_factory, kinds):
    rng = np.random.default_rng(0)
    arrays = {key: rng.integers(-9, 9, shape).astype(kind) for key, (kind, shape) in kinds.items()}
    path = tmp_path_factory.mktemp("ct2") / "model.bin"
    path.write_bytes(written(arrays, [("another name", next(iter(arrays)))]))
    model = Ct2File(path)
    model.forget()
    assert set(model) == {*arrays, "another name"}
    for key, array in arrays.items():
        assert model[key].dtype == array.dtype
        assert np.array_equal(model[key], array)
    assert np.array_equal(model["another name"], next(iter(arrays.values())))


@pytest.mark.parametrize("length", [0, 3, 30, -1])
def test_half_a_file_is_none(tmp_path, length):
    path = tmp_path / "model.bin"
    path.write_bytes(written({"weights": np.ones((2, 3), np.float32)}, [("same", "weights")])[:length])
    with pytest.raises(ModelError, match=r"model\.bin is no CTranslate2 model"):
        Ct2File(path)


def test_a_version_that_may_be_laid_out_otherwise_is_refused(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(written({}, version=7))
    with pytest.raises(ModelError, match="version 7"):
        Ct2File(path)
