"""What is lost with a process is asked of the next one: once, and only where nobody has a part of it."""

import asyncio

import pytest

from edge_agent.base.errors import EngineError, EngineLostError
from edge_agent.workers.again import once_more


def asked(*tries):
    """Each try is what it brings, and perhaps the error that it ends with; returns what came, and how often."""
    count = 0

    async def ask():
        nonlocal count
        parts = tries[count]
        count += 1
        for part in parts:
            if isinstance(part, Exception):
                raise part
            yield part

    async def told():
        return [part async for part in once_more(ask)]

    try:
        return asyncio.run(told()), count
    except EngineError as error:
        return error, count


LOST = EngineLostError("the engine was killed")


def test_what_is_lost_before_anything_came_is_asked_again():
    assert asked([LOST], [1, 2]) == ([1, 2], 2)


def test_what_kills_two_processes_is_itself_the_reason():
    assert asked([LOST], [LOST]) == (LOST, 2)


@pytest.mark.parametrize("first", [[1, LOST], [EngineError("two and two made five")]])
def test_what_is_begun_or_was_refused_is_not_asked_again(first):
    assert asked(first) == (first[-1], 1)
