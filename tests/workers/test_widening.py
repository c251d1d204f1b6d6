"""Weights that are read as others: what the model says stays what it said."""

import numpy as np
import pytest

from edge_agent.workers.gguf import Gguf
from edge_agent.workers.widening import file_type, multiplies_bytes, widened
from tests.sim.engines import model_folder

FOUR_BITS, EIGHT_BITS = 3, 7
"""As a GGUF names them."""

TEXT = "The moon goes round the earth once in a month, and the sea rises and falls with it twice in a day."


@pytest.fixture(scope="module")
def narrow():
    return next(model_folder("smollm2-135m").glob("*.gguf"))


def likelihoods(path):
    """What a model finds likely after each beginning of `TEXT`; shape (tokens, vocabulary)."""
    model = Gguf(path, 256, 1)
    told = []
    for token in model.tokenize(TEXT):
        model.evaluate([token])
        weights = np.exp(model.logits().astype(np.float64))
        told.append(weights / weights.sum())
    return np.array(told)


@pytest.mark.models
@pytest.mark.skipif(not multiplies_bytes(), reason="this processor has no 8-bit products")
def test_weights_of_four_bits_are_read_as_eight_and_the_model_knows_the_same(narrow):
    with widened(narrow, 1) as wide:
        assert (file_type(narrow), file_type(wide)) == (FOUR_BITS, EIGHT_BITS)
        known, told = likelihoods(narrow), likelihoods(wide)
    # In bits that the one would lose by believing the other, of some four that a token tells.
    assert (known * np.log2(known / told)).sum(axis=1).mean() < 0.03


@pytest.mark.parametrize(
    ("cpuinfo", "fast"),
    [
        ("flags : sse2 avx2", False),
        ("flags : sse2 avx512_vnni", True),
        ("flags : avx_vnni", True),
        ("Features : asimddp", False),
    ],
)
def test_only_x86_with_8_bit_products_widens(tmp_path, cpuinfo, fast):
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    assert multiplies_bytes(tmp_path / "cpuinfo") == fast
    assert not multiplies_bytes(tmp_path / "nowhere")


def test_what_is_no_model_is_left_as_it_is(tmp_path):
    (broken := tmp_path / "model.gguf").write_bytes(b"GGUF" + bytes(64))
    with widened(broken, 1) as there:
        assert there == broken
    assert file_type(broken) is None
