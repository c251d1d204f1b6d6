import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import EngineError
from edge_agent.workers.sampling import CANDIDATES, RECENT_TOKENS, Sampler


def flat(size=1000, **peaks):
    logits = np.zeros(size, dtype=np.float32)
    for token, value in peaks.items():
        logits[int(token.removeprefix("t"))] = value
    return logits


def draws(temperature, logits, count=200):
    sampler = Sampler(temperature)
    return [sampler.choose(logits, []) for _ in range(count)]


def test_at_temperature_zero_the_likeliest_token_is_taken():
    assert set(draws(0, flat(t7=3, t8=2.9))) == {7}


def test_with_some_temperature_others_have_a_chance_too():
    assert set(draws(1, flat(t7=9, t8=8.5))) == {7, 8}


def test_the_higher_the_temperature_the_more_it_wanders():
    logits = flat(t7=9, t8=8)
    assert draws(0.3, logits).count(8) < draws(1, logits).count(8) < draws(2, logits).count(8)


def test_the_tail_is_never_drawn():
    logits = flat(t7=10, t8=6.9)  # e ** -3.1 of the best is less than a twentieth
    assert set(draws(1, logits)) == {7}
    assert len(set(draws(2, np.zeros(1000, dtype=np.float32), 2000))) == CANDIDATES


def test_every_reply_begins_from_the_same_seed():
    logits = flat(t7=9, t8=8.9, t9=8.8)
    assert draws(1, logits) == draws(1, logits)


def test_what_was_said_lately_loses_against_what_is_nearly_as_likely():
    logits = flat(t7=10, t8=9.5)
    assert Sampler(0).choose(logits, [7]) == 8
    assert Sampler(0).choose(logits, [7] + [1] * RECENT_TOKENS) == 7, "that was long ago"
    assert Sampler(0).choose(-20 + flat(2, t0=0.5), [0]) == 1, "below zero, too, less likely means lower"


def test_choosing_leaves_the_models_own_memory_alone():
    logits = flat(t7=10)
    Sampler(1).choose(logits, [7])
    assert logits[7] == 10


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("temperature", [0, 0.7])
def test_logits_that_are_no_numbers_are_an_error(bad, temperature):
    with pytest.raises(EngineError, match="not a number"):
        Sampler(temperature).choose(flat(t500=bad), [])


@given(
    st.lists(st.floats(-50, 50, width=32), min_size=2, max_size=100),
    st.floats(0, 2),
    st.lists(st.integers(0, 1), max_size=80),
)
def test_whatever_the_logits_a_token_of_the_vocabulary_comes_out(values, temperature, said):
    assert 0 <= Sampler(temperature).choose(np.array(values, dtype=np.float32), said) < len(values)
