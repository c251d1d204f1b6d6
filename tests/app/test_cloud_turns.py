"""The whole agent with a cloud on loopback: real engines, a room in real time, a network that does what it likes."""

import os

import pytest

from edge_agent.app.happenings import Noted
from edge_agent.app.timeline import Stage
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.layers import load
from edge_agent.base.paths import paths
from edge_agent.talk.ear.room import Room
from edge_agent.talk.mind.cloud.holding import BROKE_OFF, OWN_GUESS
from tests.sim.clouds import WORDS, Fault, FaultyProxy
from tests.sim.live import PATIENT, Live

pytestmark = [pytest.mark.models, pytest.mark.alone]


@pytest.fixture(scope="module")
def sky(runner):
    opened = runner.run(FaultyProxy().open())
    yield opened
    runner.run(opened.close())


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """A state folder of its own: nobody's real budget is spent."""
    before = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
    yield paths().state
    del os.environ["XDG_STATE_HOME"]
    if before is not None:
        os.environ["XDG_STATE_HOME"] = before


@pytest.fixture(scope="module")
def live(runner, tiny, sky, state):
    named = [{"name": "sky", "base_url": sky.url, "model": "any"}]
    agent = Live(Room())
    life = agent.begun(load({**PATIENT, "cloud.providers": named, "cloud.deadline_ms": 6000, "mind.reply_tokens": 16}))
    runner.run(life.__aenter__())
    yield agent
    runner.run(life.__aexit__(None, None, None))


@pytest.fixture(autouse=True)
def fair_weather(sky):
    sky.faults, sky.fault, sky.latency_s, sky.words = [], Fault.NONE, 0.0, WORDS
    sky.seen.clear()


def test_a_question_goes_to_the_cloud_and_its_answer_is_heard(scene, lines, sky):
    async def story(it):
        end = await it.asked(lines["compare"])
        (turn,) = await it.answers()
        assert (turn.kind, turn.provider, turn.heard) == ("cloud", "sky", WORDS)
        assert "moon" in sky.asked[-1].messages[-1]["content"].lower()
        assert it.sounds_at(end) is not None

    scene(story)


def test_a_command_does_not(scene, lines, sky):
    async def story(it):
        await it.asked(lines["time"])
        (turn,) = await it.answers()
        assert turn.kind == "skill"
        assert sky.asked == []

    scene(story)


def test_a_slow_cloud_is_held_for_and_the_line_is_not_remembered(scene, lines, sky):
    sky.latency_s = 3.0

    async def story(it):
        end = await it.asked(lines["compare"])
        (turn,) = await it.answers()
        assert turn.heard == turn.reply == WORDS
        assert Stage.HOLD in turn.stamps
        assert (it.sounds_at(end) - end) / RATE_HZ < sky.latency_s  # before the cloud's first word can be there
        sky.latency_s = 0.0
        await it.asked(lines["explain"])
        await it.answers(2)
        said = [message["content"] for message in sky.asked[-1].messages if message["role"] == "assistant"]
        assert said == [WORDS]

    scene(story)


def test_the_floor_can_be_taken_from_a_holding_line_and_the_connection_is_closed(scene, lines, sky):
    sky.faults = [Fault.HANG]

    async def story(it):
        await it.asked(lines["compare"])
        await it.until(lambda: it.speaks)
        await it.person.hears_silence(0.1)
        await it.asked(lines["stop"])
        turns = await it.answers(2)
        assert turns[0].heard == "" != turns[1].heard
        assert sky.asked[0].gone_at is not None

    scene(story)


def test_what_breaks_off_is_apologised_for_and_the_next_question_knows_what_was_said(scene, lines, sky):
    sky.faults = [Fault.CUT]

    async def story(it):
        await it.asked(lines["compare"])
        (turn,) = await it.answers()
        assert (turn.heard, turn.broke_off) == ("The moon is far away.", True)
        assert BROKE_OFF in " ".join(it.said)
        await it.asked(lines["explain"])
        await it.answers(2)
        assert sky.asked[-1].messages[-2]["content"] == "The moon is far away.—"

    scene(story)


def test_unplugged_it_answers_by_itself_and_plugged_in_again_the_cloud_is_told_all_that_was_said(scene, lines, sky):
    async def story(it):
        await sky.unplug()
        for number in (1, 2):
            await it.asked(lines["compare"])
            turns = await it.answers(number)
            assert turns[-1].kind == "local"
            assert turns[-1].heard != ""
        await sky.plug()
        await it.until(lambda: any("again" in note.text for note in it.of(Noted)))
        await it.asked(lines["explain"])
        turns = await it.answers(3)
        assert turns[-1].kind == "cloud"
        roles = [message["role"] for message in sky.asked[-1].messages]
        assert roles == ["system", *["user", "assistant"] * 2, "user"]

    scene(story)


def test_a_guess_is_said_to_be_one(scene, lines, sky):
    sky.fault = Fault.BROKEN

    async def story(it):
        await it.asked(lines["compare"])
        (turn,) = await it.answers()
        assert OWN_GUESS in " ".join(it.said)
        assert turn.kind == "local"
        assert OWN_GUESS not in turn.heard

    scene(story)
