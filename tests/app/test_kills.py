"""An engine is killed in the middle of a turn: one case of each engine. `make long` plays every one of them."""

import pytest

from edge_agent.talk.floor.state import State
from tests.sim.kills import End, kill_at

pytestmark = pytest.mark.models


@pytest.mark.parametrize(
    ("engine", "state"), [("stt", State.PAUSED), ("llm", State.THINKING), ("tts", State.HELD)], ids=str
)
def test_a_killed_engine_neither_deafens_it_nor_loses_the_turn(scene, lines, engine, state):
    async def story(it):
        killed = await kill_at(it, lines, engine, state)
        print(killed)  # noqa: T201 (shown by pytest -s)
        assert killed.end in (End.ANSWERED, End.APOLOGY)
        assert killed.goes_on

    scene(story)
