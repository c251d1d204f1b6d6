"""A reply that was lost on the way and begun again: only what is new of it is said."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import EngineError
from edge_agent.talk.mind.llm import rest


def left_of(said, pieces):
    async def told():
        async def again():
            for piece in pieces:
                yield piece

        return "".join([piece async for piece in rest(said, again())])

    return asyncio.run(told())


@given(st.lists(st.text(max_size=4), max_size=8), st.data())
def test_wherever_it_was_lost_and_however_it_comes_again_nothing_is_said_twice_or_missing(pieces, data):
    whole = "".join(pieces)
    said = whole[: data.draw(st.integers(0, len(whole)))]
    assert said + left_of(said, pieces) == whole


@pytest.mark.parametrize("again", [["The sun"], ["The mo", "st"], ["The"], []])
def test_another_answer_is_not_stuck_to_the_first(again):
    with pytest.raises(EngineError, match="successor"):
        left_of("The moon is", again)
