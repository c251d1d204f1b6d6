"""What is said meanwhile."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.mind.cloud.holding import ALL, Holding


@given(st.lists(st.booleans(), min_size=2))
def test_never_twice_the_same_in_a_row(firsts):
    holding, said = Holding(), []
    for first in firsts:
        line, holding = holding.line(first=first)
        said.append(line)
    assert all(one != other for one, other in pairwise(said))
    assert set(said) <= set(ALL)


def test_they_are_short():
    assert all(len(line.split()) <= 4 for line in ALL[:7])
