"""An agent that sleeps: real wake word, real engines, a room in real time. One agent lives through the file."""

import asyncio

import pytest

from edge_agent.app.happenings import AttentionChanged
from edge_agent.base.events import Announced, Unmuted
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.layers import load
from edge_agent.bench.rehearsal import synthetic_lines
from edge_agent.talk.ear.room import Room
from tests.sim.engines import model_folder
from tests.sim.live import BREATH_S, PATIENT, Live

pytestmark = [pytest.mark.models, pytest.mark.alone]

FOLLOW_UP_S = 3.0

TEXTS = {
    "one breath": "Okay Nabu, what time is it?",
    "word": "Okay Nabu.",
    "question": "What time is it?",
    "story": "Tell me what the day is.",
}


@pytest.fixture(scope="module")
def said(tiny):
    return {line.name: line.samples for line in asyncio.run(synthetic_lines(tiny, TEXTS.items()))}


@pytest.fixture(scope="module")
def live(runner, tiny):
    model_folder("okay_nabu")
    agent = Sleeper(Room())
    life = agent.begun(load({**PATIENT, "ear.wake": "okay_nabu", "ear.follow_up_s": FOLLOW_UP_S}))
    runner.run(life.__aenter__())
    yield agent
    runner.run(life.__aexit__(None, None, None))


class Sleeper(Live):
    """An agent whose scenes begin when it sleeps."""

    async def rests(self):
        self.agent.post(Unmuted())
        await self.until(lambda: self.listens and not self.awake)
        await self.person.hears_silence(BREATH_S)
        self.agent.conversation.forget()
        self.seen.clear()

    @property
    def awake(self):
        return self.agent.attending.awake

    @property
    def wakings(self):
        return [(change.awake, change.by) for change in self.of(AttentionChanged)]


def test_asleep_it_hears_nobody(scene, said):
    async def story(it):
        end = await it.asked(said["question"])
        await it.person.passes(end + 2 * RATE_HZ)
        assert it.seen == []

    scene(story)


def test_its_word_and_an_order_in_one_breath_are_answered(scene, said):
    async def story(it):
        await it.asked(said["one breath"])
        (turn,) = await it.answers()
        assert (turn.kind, turn.reason) == ("skill", "a command: Time"), turn.user
        assert it.wakings[0] == (True, "word")

    scene(story)


def test_it_says_that_it_was_woken_and_that_it_sleeps_and_needs_no_word_in_between(scene, said):
    async def story(it):
        end = await it.asked(said["word"])
        await it.until(lambda: it.awake)
        await it.person.passes(end + RATE_HZ)
        assert it.sounds_at(end - RATE_HZ // 4) is not None
        await it.asked(said["question"])
        await it.answers(1)
        await it.asked(said["question"])
        turns = await it.answers(2)
        assert [turn.kind for turn in turns] == ["skill", "skill"]
        assert it.wakings == [(True, "word")]
        await it.until(lambda: not it.awake)
        assert it.wakings == [(True, "word"), (False, "")]

    scene(story)


def test_an_alarm_wakes_it(scene):
    async def story(it):
        it.agent.post(Announced("Your timer is up."))
        await it.until(lambda: it.speaks)
        assert it.awake
        await it.until(lambda: not it.awake)

    scene(story)


def test_the_talk_key_of_a_terminal_wakes_it(scene, said):
    async def story(it):
        it.agent.attending.toggle()
        assert it.awake
        await it.asked(said["question"])
        (turn,) = await it.answers()
        assert turn.kind == "skill"

    scene(story)
