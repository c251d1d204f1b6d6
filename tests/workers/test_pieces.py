"""Where a sentence is divided, and what is cut from its ends."""

from itertools import accumulate, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.workers.pieces import Piece, ends, shared, trimmed

RATE_HZ = 1000

lengths = st.lists(st.integers(0, 50), min_size=1, max_size=20)


def units_of(lengths, gap=3):
    """Units of these lengths with a gap before each; one of no length is silent and lies where the last one ended."""
    units, at = [], 0
    for index, length in enumerate(lengths):
        start = at + gap if length else at
        units.append((index, start, start + length))
        at = start + length
    return units


@given(lengths, st.integers(1, 60), st.integers(1, 100))
def test_pieces_end_where_words_end_and_are_as_long_as_they_must_be(words, first, longest):
    units = units_of(words)
    cuts = list(ends(units, first, longest))
    spoken = [unit for unit in units if unit[1] < unit[2]]
    assert set(cuts) <= {end for _, _, end in spoken[:-1]}
    if cuts:
        assert cuts[0] - spoken[0][1] >= first
    least = accumulate(cuts[1:], lambda length, _: min(2 * length, longest), initial=min(2 * first, longest))
    assert all(after - before >= length for (before, after), length in zip(pairwise(cuts), least, strict=False))


def test_a_piece_ends_at_the_first_word_that_makes_it_long_enough():
    assert list(ends(units_of([10] * 11), 20, 30)) == [26, 65, 104]


@given(lengths, st.integers(1, 60), st.integers(1, 100))
def test_every_unit_lies_in_one_piece_and_where_it_lay(words, first, longest):
    units = units_of(words)
    edges = [*ends(units, first, longest), units[-1][2] + 5]
    pieces = list(shared(units, edges))
    starts = [0, *edges]
    moved = [(unit, a + at, b + at) for at, own in zip(starts, pieces, strict=False) for unit, a, b in own]
    assert moved == units
    assert all(own[0][1] >= 0 for own in pieces if own)


def tone(*stretches):
    """Sound and silence in turn, of so many samples."""
    return np.concatenate([np.full(size, 0.5 * (n % 2), np.float32) for n, size in enumerate(stretches)])


@pytest.mark.parametrize(("ending", "pause"), [(".", 200), (",", 120), ("a", 30), ("", 30)])
def test_four_milliseconds_stay_in_front_and_the_pause_of_the_ending_behind(ending, pause):
    whole = Piece(tone(100, 50, 400), ((0, 90, 160), (1, 160, 550)), continues=False)
    cut = trimmed(whole, RATE_HZ, opens=True, ending=ending)
    assert cut.samples.size == 4 + 50 + pause
    assert cut.units == ((0, 0, 64), (1, 64, 54 + pause))


def test_silence_inside_a_sentence_stays():
    piece = Piece(tone(100, 50, 400), ((0, 100, 150),), continues=True)
    same = trimmed(piece, RATE_HZ, opens=False, ending=".")
    assert (same.samples.size, same.units) == (piece.samples.size, piece.units)


def test_silence_alone_stays_as_it_is():
    silence = Piece(np.zeros(300, np.float32), ((0, 0, 300),), continues=False)
    assert trimmed(silence, RATE_HZ, opens=True, ending=".").samples.size == 300


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 50)), min_size=2, max_size=6), st.integers(0, 400))
def test_trimmed_pieces_joined_are_the_trimmed_whole(words, tail):
    # Each word with the silence before it is a piece.
    sounds = [tone(*word) for word in words]
    sounds[-1] = np.concatenate([sounds[-1], np.zeros(tail, np.float32)])
    last = len(sounds) - 1
    edges = list(accumulate((sound.size for sound in sounds), initial=0))
    units = [(n, edges[n] + words[n][0], edges[n] + sum(words[n])) for n in range(len(words))]
    whole = trimmed(Piece(np.concatenate(sounds), tuple(units), False), RATE_HZ, opens=True, ending=".")
    pieces = [
        trimmed(Piece(sound, own, n < last), RATE_HZ, opens=n == 0, ending=".")
        for n, (sound, own) in enumerate(zip(sounds, shared(units, edges[1:]), strict=True))
    ]
    assert (np.concatenate([piece.samples for piece in pieces]) == whole.samples).all()
    starts = accumulate((piece.samples.size for piece in pieces), initial=0)
    found = [(unit, a + at, b + at) for at, piece in zip(starts, pieces, strict=False) for unit, a, b in piece.units]
    assert tuple(found) == whole.units
