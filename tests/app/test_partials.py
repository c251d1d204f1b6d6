"""Words while they are being spoken, with a listener whose time is ours."""

import asyncio

import numpy as np
import pytest

from edge_agent.app.costs import Costs
from edge_agent.app.partials import SHARE, Partials
from edge_agent.base.errors import EngineError
from edge_agent.base.frames import RATE_HZ
from tests.sim.rooms import FakeStt, settled

EVERY_S = 0.5


class Watched:
    """Partials, and what came of them."""

    def __init__(self, stt):
        self.stt = stt
        self.words = []
        self.partials = Partials(stt, EVERY_S, Costs(), self.words.append)

    def grow(self, seconds):
        self.partials.grow(int(seconds * RATE_HZ), seconds, lambda: np.zeros(int(seconds * RATE_HZ), np.float32))

    def lull(self, seconds):
        self.partials.lull(int(seconds * RATE_HZ), seconds, lambda: np.zeros(int(seconds * RATE_HZ), np.float32))

    @property
    def asked_at_s(self):
        return [seconds for seconds, _ in self.stt.heard]


def talk(story, **stt):
    async def held():
        await story(Watched(FakeStt(**stt)))

    asyncio.run(held())


def test_nothing_is_asked_before_enough_was_said():
    async def story(it):
        it.grow(0.4)
        await settled()
        assert it.stt.heard == []
        it.grow(0.5)
        await settled()
        assert it.stt.heard == [(0.5, False)]
        assert it.words == [it.partials.words] == ["hello"]

    talk(story, text="hello")


def test_each_glance_is_at_the_whole_turn_so_far_and_half_a_second_after_the_last():
    async def story(it):
        for seconds in np.arange(0.1, 2.0, 0.1):
            it.grow(float(seconds))
            await settled()
        assert it.asked_at_s == pytest.approx([0.5, 1.0, 1.5], abs=0.01)

    talk(story, text="hello")


def test_a_slow_machine_rests_so_that_glances_take_their_share_of_the_time_and_no_more():
    async def story(it):
        for seconds in np.arange(0.1, 9.0, 0.1):
            it.grow(float(seconds))
            await settled()
        gaps = np.diff(it.asked_at_s)
        assert gaps.size >= 2
        assert gaps == pytest.approx(it.stt.ms / 1000 / SHARE, abs=0.11)

    talk(story, text="hello", ms=600.0)


def test_there_is_one_glance_at_a_time():
    async def story(it):
        it.grow(0.5)
        await settled()
        it.grow(5.0)
        await settled()
        assert it.asked_at_s == [0.5]
        it.stt.gate.set()
        await settled()
        it.grow(5.0)
        await settled()
        assert it.asked_at_s == [0.5, 5.0]

    talk(story, text="hello", gate=asyncio.Event())


def test_words_that_come_after_the_turn_are_thrown_away():
    async def story(it):
        it.grow(0.5)
        await settled()
        it.partials.reset()
        await settled()
        it.stt.gate.set()
        await settled()
        assert it.stt.given_up == 1
        assert (it.words, it.partials.words) == ([], "")

    talk(story, text="hello", gate=asyncio.Event())


def test_a_glance_that_is_given_up_does_not_end_the_one_of_the_next_turn():
    async def story(it):
        it.grow(0.5)
        await settled()
        it.partials.reset()
        it.grow(0.6)
        await settled()
        it.grow(5.0)
        await settled()
        assert it.asked_at_s == [0.5, 0.6]

    talk(story, text="hello", gate=asyncio.Event())


def test_a_new_turn_begins_to_count_anew():
    async def story(it):
        it.grow(3.0)
        await settled()
        it.partials.reset()
        it.grow(0.5)
        await settled()
        assert it.asked_at_s == [3.0, 0.5]

    talk(story, text="hello")


def test_a_glance_that_fails_says_nothing_and_the_next_one_is_tried():
    async def story(it):
        it.grow(0.5)
        await settled()
        it.grow(1.0)
        await settled()
        assert it.asked_at_s == [0.5, 1.0]
        assert it.words == []

    talk(story, error=EngineError("gone"))


def test_a_glance_that_finds_no_words_leaves_those_that_were_found():
    async def story(it):
        it.grow(0.5)
        await settled()
        it.stt.text = ""
        it.grow(1.0)
        await settled()
        assert (it.words, it.partials.words) == (["hello"], "hello")

    talk(story, text="hello")


# At a lull.


def test_a_lull_is_listened_to_at_once_and_before_everything_else():
    async def story(it):
        it.grow(0.2)
        it.lull(0.23)
        await settled()
        assert it.stt.heard == [(0.23, True)]

    talk(story, text="hello")


def test_a_lull_in_which_nothing_more_was_said_is_not_listened_to_again():
    async def story(it):
        it.grow(0.2)
        for seconds in (0.23, 0.26, 0.29):
            it.lull(seconds)
            await settled()
        assert len(it.stt.heard) == 1
        it.grow(0.4)
        it.lull(0.43)
        await settled()
        assert len(it.stt.heard) == 2

    talk(story, text="hello")


def test_a_lull_gives_up_the_glance_that_is_under_way():
    async def story(it):
        it.grow(0.5)
        it.grow(0.6)
        await settled()
        it.lull(0.63)
        await settled()
        assert it.stt.given_up == 1
        it.stt.gate.set()
        await settled()
        assert it.words == ["hello"]

    talk(story, text="hello", gate=asyncio.Event())


def test_only_a_glance_that_reached_past_the_voice_covers_the_turn():
    async def story(it):
        assert it.partials.covering(0) is None
        it.grow(0.5)
        it.grow(0.6)
        assert it.partials.covering(int(0.6 * RATE_HZ)) is None
        it.lull(0.63)
        glance = it.partials.covering(int(0.6 * RATE_HZ))
        await settled()
        assert glance.transcript.result().text == "hello"
        it.partials.reset()
        assert it.partials.covering(0) is None

    talk(story, text="hello")


def test_a_processor_that_is_to_be_spared_gets_half_as_many_glances():
    async def story(it):
        it.partials.sparing = True
        for tenth in range(1, 31):
            it.grow(tenth / 10)
            await settled()
        assert it.asked_at_s == pytest.approx([1.0, 2.0, 3.0])

    talk(story)
