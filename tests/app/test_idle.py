"""Idle work is begun when nobody has spoken for a while, and broken off when somebody does."""

import asyncio

import pytest

from edge_agent.app.idle import Idle
from edge_agent.base.errors import EngineError
from edge_agent.talk.floor.state import State
from tests.sim.rooms import settled


class Work:
    """Work that goes on until it is broken off."""

    def __init__(self, error=None):
        self.begun = self.broken_off = 0
        self.error = error

    async def __call__(self):
        self.begun += 1
        if self.error:
            raise self.error
        try:
            await asyncio.Event().wait()
        finally:
            self.broken_off += 1


def told(*states, work, quiet_s):
    async def story():
        lazy = Idle(work, quiet_s)
        for state in states:
            lazy.floor(state)
            await settled()
        counts = (work.begun, work.broken_off)
        lazy.close()
        await settled()
        return counts

    return asyncio.run(story())


def test_it_begins_when_nobody_speaks():
    assert told(State.LISTENING, work=Work(), quiet_s=0) == (1, 0)


@pytest.mark.parametrize("state", [state for state in State if state is not State.LISTENING])
def test_it_is_broken_off_when_somebody_speaks_or_is_about_to(state):
    assert told(State.LISTENING, state, work=Work(), quiet_s=0) == (1, 1)


def test_it_begins_again_when_they_are_done():
    assert told(State.LISTENING, State.HEARING, State.LISTENING, work=Work(), quiet_s=0) == (2, 1)


def test_a_moment_of_quiet_is_not_enough():
    assert told(State.LISTENING, State.HEARING, State.LISTENING, work=Work(), quiet_s=60) == (0, 0)


def test_an_engine_that_is_not_there_is_not_its_matter():
    assert told(State.LISTENING, work=Work(EngineError("gone")), quiet_s=0) == (1, 0)


def test_closed_it_does_nothing_more():
    async def story():
        work = Work()
        lazy = Idle(work, 0)
        lazy.floor(State.LISTENING)
        lazy.close()
        await settled()
        return work.begun

    assert asyncio.run(story()) == 0
