"""Each engine killed, and stopped, in each state of a turn: 48 cases, with real engines in a room in real time."""

import asyncio
import signal
from itertools import product

import pytest

from edge_agent.talk.ear.room import Room
from edge_agent.talk.floor.state import State
from tests.app.conftest import lines, tiny  # noqa: F401 (fixtures)
from tests.sim.kills import ENGINES, End, kill_at
from tests.sim.live import Live

pytestmark = [pytest.mark.models, pytest.mark.long, pytest.mark.timeout(300)]

HEARS_S = 2.0
"""Longest that it may be deaf after the death of a worker."""


BLOWS = list(product((signal.SIGKILL, signal.SIGSTOP), ENGINES, State))


@pytest.mark.parametrize("blow", BLOWS, ids=lambda blow: f"{blow[0].name} {blow[1]} {blow[2].value}")
def test_whenever_an_engine_dies_or_stalls_the_agent_hears_on_and_no_turn_is_lost(capsys, tiny, lines, blow):  # noqa: F811
    by, engine, state = blow

    async def story():
        live = Live(Room())  # A new one: what dies twice within half a minute is started again later each time.
        async with live.begun(tiny):
            await live.rests()
            return await kill_at(live, lines, engine, state, by)

    case = asyncio.run(story())
    with capsys.disabled():
        told = f"{case.end.value}, the engine back after {case.back_s:.1f} s, deaf for {1000 * case.hears_s:.0f} ms"
        print(f"\n{engine} {by.name} while {state.value}: {told}")
    assert case.end is not End.LOST
    assert case.goes_on
    assert case.hears_s <= HEARS_S
