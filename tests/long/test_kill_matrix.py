"""Each engine killed in every state of a turn: 24 cases, with real engines in a room in real time."""

import asyncio

import pytest

from edge_agent.talk.ear.room import Room
from edge_agent.talk.floor.state import State
from tests.app.conftest import lines, tiny  # noqa: F401 (fixtures)
from tests.sim.kills import ENGINES, End, kill_at, table
from tests.sim.live import Live

pytestmark = [pytest.mark.models, pytest.mark.long, pytest.mark.timeout(2400)]

HEARS_S = 2.0
"""Longest that it may be deaf after the death of a worker."""


@pytest.mark.parametrize("engine", ENGINES)
def test_whenever_it_is_killed_the_agent_hears_on_and_no_turn_is_lost(capsys, tiny, lines, engine):  # noqa: F811
    async def matrix():
        cases = []
        live = Live(Room())
        async with live.begun(tiny):
            for state in State:
                await live.rests()
                cases.append(await kill_at(live, lines, engine, state))
        return cases

    cases = asyncio.run(matrix())
    with capsys.disabled():
        print(f"\n{table(cases)}\ndeaf for at most {max(case.hears_s for case in cases):.2f} s")
    assert [case for case in cases if case.end is End.LOST] == []
    assert [case for case in cases if not case.goes_on] == []
    assert [case for case in cases if case.hears_s > HEARS_S] == []
