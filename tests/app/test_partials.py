"""Words while they are being spoken, with a listener whose time is ours."""

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.app.costs import Costs
from edge_agent.app.partials import SHARE, SURE, TAIL, Partials
from edge_agent.base.errors import EngineError
from edge_agent.base.frames import CHUNK, RATE_HZ
from tests.sim.rooms import FakeStt, settled

EVERY_S = 0.5
OFF = 0.35


class Watched:
    """Partials, and what came of them."""

    def __init__(self, stt):
        self.stt = stt
        self.words = []
        self.partials = Partials(stt, EVERY_S, OFF, Costs(), self.words.append)

    def hear(self, voice, seconds):
        size = int(seconds * RATE_HZ)
        self.partials.hear(voice, size, seconds, lambda: np.zeros(size, np.float32))

    def grow(self, seconds):
        self.hear(SURE, seconds)

    def fade(self, seconds):
        self.hear((SURE + OFF) / 2, seconds)

    def lull(self, seconds):
        self.hear(0.0, seconds)

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
        assert it.words == ["hello"]

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
        assert it.words == []

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
        assert it.words == ["hello"]

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


def test_a_voice_that_fades_is_listened_to_before_it_is_gone_and_not_again_when_it_is():
    async def story(it):
        it.grow(0.2)
        it.fade(0.23)
        await settled()
        assert it.stt.heard == [(0.23, True)]
        it.fade(0.26)
        it.lull(0.29)
        await settled()
        assert len(it.stt.heard) == 1
        assert it.partials.covering(int(0.26 * RATE_HZ))

    talk(story, text="hello")


def test_a_voice_that_fades_and_comes_back_is_listened_to_at_its_next_end():
    async def story(it):
        it.grow(0.2)
        it.fade(0.23)
        it.grow(0.26)
        it.fade(0.29)
        await settled()
        assert len(it.stt.heard) == 1  # One end is listened to already.
        assert it.partials.covering(int(0.29 * RATE_HZ)) is None
        it.lull(0.32)
        await settled()
        assert it.stt.heard[-1] == (0.32, True)
        assert it.partials.covering(int(0.29 * RATE_HZ))

    talk(story, text="hello", gate=asyncio.Event())


def test_a_voice_of_which_nobody_is_ever_sure_is_listened_to_as_it_goes_on_and_when_it_is_gone():
    async def story(it):
        for seconds in np.arange(0.1, 1.15, 0.1):
            it.fade(float(seconds))
            await settled()
        it.lull(1.2)
        await settled()
        assert it.stt.heard == [(0.5, False), (1.0, False), (1.2, True)]

    talk(story, text="hello")


@given(
    voices=st.lists(st.sampled_from([0.0, 0.2, OFF, 0.6, SURE, 1.0]), min_size=1, max_size=60), answers=st.booleans()
)
def test_a_glance_that_covers_a_turn_misses_no_sure_voice_and_no_more_than_the_tail_of_a_fading_one(voices, answers):
    async def story(it):
        for number, voice in enumerate(voices, start=1):
            it.hear(voice, number * CHUNK / RATE_HZ)
            await settled()
        voiced = [number * CHUNK for number, voice in enumerate(voices, start=1) if voice >= OFF]
        if not voiced:
            assert it.stt.heard == []
            return
        glance = it.partials.covering(voiced[-1])
        if voices[-1] < OFF:
            assert glance, "an end is always listened to"
        if glance:
            unheard = voices[glance.until // CHUNK :]
            assert all(voice < SURE for voice in unheard)
            assert glance.until + TAIL >= voiced[-1]

    talk(story, text="hello", **({} if answers else {"gate": asyncio.Event()}))


def test_only_a_glance_that_reached_the_end_of_the_voice_covers_the_turn():
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
