"""The search for what was most likely said: it keeps its promises whatever a network finds likely."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.workers.search import Hypothesis, per_token, search

TOKENS = 4
END = 0
LENGTH = 3

worlds = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).normal(0, 2, (TOKENS + 1, TOKENS)))
"""Logits of what follows each token, and in the last row of what comes first."""


def searched(world, width):
    world = world.astype(np.float32)
    said = [()]

    def step(tokens, of):
        said[:] = [(*said[place], token) for token, place in zip(tokens, of, strict=True)]
        return world[list(tokens)]

    return search(world[-1:], step, END, width, LENGTH)


def nats(world, tokens):
    """By definition: the sum of the log-probabilities of the tokens, and of the end if there was room for one."""
    likely = world - np.log(np.exp(world).sum(axis=1, keepdims=True))
    said = [*tokens, END][:LENGTH]
    return sum(likely[before, token] for before, token in itertools.pairwise([-1, *said]))


@given(worlds)
def test_one_hypothesis_goes_on_with_the_likeliest_token_each_time(world):
    token, greedy = -1, []
    while len(greedy) < LENGTH and (token := int(world[token].argmax())) != END:
        greedy.append(token)
    (found,) = searched(world, 1)
    assert found.tokens == tuple(greedy)


@given(worlds, st.integers(1, 8))
def test_every_hypothesis_is_as_likely_as_is_said_and_the_likeliest_per_token_comes_first(world, width):
    found = searched(world, width)
    assert 1 <= len(found) <= width
    assert [per_token(way) for way in found] == sorted((per_token(way) for way in found), reverse=True)
    for way in found:
        assert END not in way.tokens
        assert np.isclose(way.nats, nats(world, way.tokens), atol=1e-4)


@given(worlds)
def test_who_keeps_all_finds_the_best(world):
    said = (way for length in range(LENGTH + 1) for way in itertools.product(range(1, TOKENS), repeat=length))
    best = max((Hypothesis(way, nats(world, way)) for way in said), key=per_token)
    assert np.isclose(per_token(searched(world, TOKENS**LENGTH)[0]), per_token(best), atol=1e-4)


@given(worlds, st.integers(1, 8))
def test_each_hypothesis_goes_on_from_what_it_said(world, width):
    said = [()]

    def step(tokens, of):
        said[:] = [(*said[place], token) for token, place in zip(tokens, of, strict=True)]
        return world[list(tokens)].astype(np.float32)

    found = search(world[-1:].astype(np.float32), step, END, width, LENGTH)
    # Whatever was not over when the last token was asked for had been told to the network, token by token.
    assert {way.tokens[:-1] for way in found if len(way.tokens) == LENGTH} <= set(said)


def test_what_may_not_be_said_is_not():
    first = np.array([[-np.inf, 0.0, -np.inf]], np.float32)
    (found,) = search(first, lambda tokens, of: np.array([[5.0, 0.0, 9.0]], np.float32)[:, [0, 1, 1]], 0, 1, 5)
    assert found.tokens == (1,)


def test_nothing_is_found_where_nothing_is_a_number():
    assert search(np.full((1, 3), np.nan, np.float32), lambda tokens, of: None, 0, 2, 5) == []
