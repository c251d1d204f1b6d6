"""An agent that listens while its key is held and never else: real engines, a room in real time."""

import pytest

from edge_agent.app.happenings import AttentionChanged
from edge_agent.base.events import FloorTaken
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.layers import load
from edge_agent.talk.ear.room import Room
from edge_agent.talk.floor.state import State
from tests.sim.live import PATIENT, SOON_MS, Live

pytestmark = [pytest.mark.models, pytest.mark.alone]


@pytest.fixture(scope="module")
def live(runner, tiny):
    agent = Live(Room())
    life = agent.begun(load({**PATIENT, "ear.wake": "button"}))
    runner.run(life.__aenter__())
    yield agent
    runner.run(life.__aexit__(None, None, None))


def test_without_the_key_nobody_is_heard_and_no_answer_opens_it(scene, lines):
    async def story(it):
        end = await it.asked(lines["time"])
        await it.person.passes(end + RATE_HZ)
        assert it.seen == []
        it.agent.attending.press()
        await it.asked(lines["time"])
        it.agent.attending.release()
        (turn,) = await it.answers()
        assert turn.kind == "skill"
        await it.until(lambda: it.listens)
        assert [change.awake for change in it.of(AttentionChanged)] == [True, False]
        end = await it.asked(lines["france"])
        await it.person.passes(end + 2 * RATE_HZ)
        assert len(it.ended) == 1

    scene(story)


def test_the_key_takes_the_floor_from_an_answer(scene, lines):
    async def story(it):
        it.agent.attending.press()
        await it.asked(lines["story"])
        it.agent.attending.release()
        await it.until(lambda: it.speaks)
        pressed = it.room.position
        it.agent.attending.press()
        await it.until(lambda: it.listens)
        assert await it.person.hears_silence(0.5)
        assert it.silent_after_ms(pressed) < SOON_MS
        await it.asked(lines["time"])
        it.agent.attending.release()
        first, second = await it.answers(2)
        assert first.interrupted
        assert second.kind == "skill"

    scene(story)


def test_a_key_that_is_let_go_of_in_mid_sentence_ends_the_turn_there(scene, lines):
    async def story(it):
        it.agent.attending.press()
        it.person.says(lines["explain"])
        await it.until(lambda: it.agent.conversation.state is State.HEARING)
        await it.person.passes(it.room.position + 2 * RATE_HZ)
        it.agent.attending.release()
        assert it.agent.conversation.state is State.THINKING
        assert not it.agent.attending.awake
        await it.until(lambda: it.speaks)
        it.agent.post(FloorTaken())  # It explains at length.
        (turn,) = await it.answers()
        assert "explain" in turn.user.lower()

    scene(story)
