"""Each engine killed in each state of a turn: 24 cases, with real engines in a room in real time."""

import asyncio

import pytest

from edge_agent.talk.ear.room import Room
from edge_agent.talk.floor.state import State
from tests.app.conftest import lines, tiny  # noqa: F401 (fixtures)
from tests.sim.kills import ENGINES, End, kill_at
from tests.sim.live import Live

pytestmark = [pytest.mark.models, pytest.mark.long, pytest.mark.timeout(300)]

HEARS_S = 2.0
"""Longest that it may be deaf after the death of a worker."""


@pytest.mark.parametrize("state", State, ids=lambda state: state.value)
@pytest.mark.parametrize("engine", ENGINES)
def test_whenever_it_is_killed_the_agent_hears_on_and_no_turn_is_lost(capsys, tiny, lines, engine, state):  # noqa: F811
    async def story():
        live = Live(Room())  # A new one: what dies twice within half a minute is started again later each time.
        async with live.begun(tiny):
            await live.rests()
            return await kill_at(live, lines, engine, state)

    case = asyncio.run(story())
    with capsys.disabled():
        told = f"{case.end.value}, the engine back after {case.back_s:.1f} s, deaf for {1000 * case.hears_s:.0f} ms"
        print(f"\n{engine} killed while {state.value}: {told}")
    assert case.end is not End.LOST
    assert case.goes_on
    assert case.hears_s <= HEARS_S
