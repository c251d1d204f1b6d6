"""A phrase that is begun before all of it is known: its two parts make one sound."""

import numpy as np
import pytest

from edge_agent.workers.piper import PiperEngine
from tests.sim.engines import model_folder

pytestmark = pytest.mark.models

WHOLE = ("I'm", "sorry", "for", "any", "misunderstanding,", "but", "I", "can't", "help", "with", "that.")
STAND_IN = ("and", "so", "on.")


@pytest.fixture(scope="module")
def joe():
    return PiperEngine(model_folder("piper-joe"), threads=1)


def said(engine, units, first=None, end=None, lively=False):
    """The pieces, their sound joined, and the units that lie in them."""
    part = None if first is None else range(first, end)
    pieces = list(engine.speak(units, 1.0, part, lively=lively))
    units = [unit for piece in pieces for unit, _, _ in piece.units]
    return pieces, np.concatenate([piece.samples for piece in pieces]), units


def test_the_two_parts_of_a_phrase_that_was_known_are_the_whole(joe):
    _, whole, _ = said(joe, WHOLE)
    begun, first, units = said(joe, WHOLE, 0, 3)
    rest, second, others = said(joe, WHOLE, 3, len(WHOLE))
    assert (units, others) == ([0, 1, 2], list(range(3, len(WHOLE))))
    assert [piece.continues for piece in (*begun, *rest)] == [True] * (len(begun) + len(rest) - 1) + [False]
    np.testing.assert_allclose(np.concatenate([first, second]), whole, atol=1e-4)


def test_a_beginning_is_followed_by_the_rest_of_whatever_became_known(joe):
    begun, first, _ = said(joe, (*WHOLE[:4], *STAND_IN), 0, 3, lively=True)
    rest, second, units = said(joe, WHOLE, 3, len(WHOLE), lively=True)
    assert units == list(range(3, len(WHOLE)))
    assert begun[-1].continues
    assert not rest[-1].continues
    joint, typical = np.abs(second[0] - first[-1]), np.abs(np.diff(np.concatenate([first, second])))
    assert joint <= typical.max()
    for piece in (*begun, *rest):
        edges = [edge for _, start, end in piece.units for edge in (start, end)]
        assert edges == sorted(edges)
        assert edges[-1] <= piece.samples.size


def test_a_rest_whose_beginning_is_not_remembered_is_said_all_the_same(joe):
    said(joe, ("Quite", "another", "phrase", *STAND_IN), 0, 3)
    _, sound, units = said(joe, WHOLE, 3, len(WHOLE))
    _, whole, _ = said(joe, WHOLE)
    assert units == list(range(3, len(WHOLE)))
    np.testing.assert_allclose(sound, whole[-sound.size :], atol=1e-4)


def test_a_beginning_does_not_end_as_a_sentence_does(joe):
    """The last word of a sentence is long."""
    last = [said(joe, units, 0, 3)[0][-1].units[-1] for units in (WHOLE, (*WHOLE[:4], *STAND_IN), (*WHOLE[:2], "for."))]
    whole, begun, alone = (end - start for _, start, end in last)
    assert begun < 1.3 * whole
    assert alone > 1.5 * whole
