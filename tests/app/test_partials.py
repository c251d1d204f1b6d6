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
FADING = (SURE + OFF) / 2
CHUNK_S = CHUNK / RATE_HZ


class Watched:
    """Partials, and what came of them."""

    def __init__(self, stt):
        self.stt = stt
        self.words = []
        self.until = 0
        self.partials = Partials(stt, EVERY_S, OFF, Costs(), self.words.append)

    def hear(self, *voices, over=False):
        """One chunk for each of these probabilities of a voice."""
        for voice in voices:
            self.until += CHUNK
            self.partials.hear(voice, self.until, lambda: np.zeros(self.until, np.float32), over=over)

    async def hears(self, voice, seconds, *, over=False):
        for _ in range(round(seconds / CHUNK_S)):
            self.hear(voice, over=over)
            await settled()

    async def grows(self, seconds, *, over=False):
        await self.hears(SURE, seconds, over=over)

    def reset(self):
        self.until = 0
        self.partials.reset()

    @property
    def asked_at_s(self):
        return [seconds for seconds, _ in self.stt.heard]

    @property
    def finals(self):
        return [final for _, final in self.stt.heard]


def talk(story, **stt):
    async def held():
        await story(Watched(FakeStt(**stt)))

    asyncio.run(held())


def about(*seconds):
    return pytest.approx(seconds, abs=0.1)


def test_nothing_is_asked_before_enough_was_said():
    async def story(it):
        await it.grows(0.4)
        assert it.stt.heard == []
        await it.grows(0.12)
        assert (it.asked_at_s, it.finals) == (about(0.5), [False])
        assert it.words == ["hello"]

    talk(story, text="hello")


def test_each_glance_is_at_the_whole_turn_so_far_and_the_longer_that_is_the_fewer_there_are():
    async def story(it):
        await it.grows(4.5)
        assert it.asked_at_s == about(0.5, 1.0, 2.0, 3.0, 4.0)

    talk(story, text="hello")


def test_a_pause_adds_nothing_to_what_was_said():
    async def story(it):
        await it.grows(0.7)
        await it.hears(0.0, 1.0)
        assert it.finals == [False, True]
        await it.grows(0.6)
        assert len(it.stt.heard) == 2
        await it.grows(0.2)
        assert it.finals == [False, True, False]

    talk(story, text="hello")


def test_over_the_agents_voice_there_are_four_times_as_many_and_they_do_not_get_fewer():
    async def story(it):
        await it.grows(1.1, over=True)
        assert np.diff([0.0, *it.asked_at_s]) == pytest.approx(EVERY_S / 4, abs=CHUNK_S)

    talk(story, text="hello")


def test_a_slow_machine_rests_so_that_glances_take_their_share_of_the_time_and_no_more():
    async def story(it):
        await it.grows(9.0)
        gaps = np.diff(it.asked_at_s)
        assert gaps.size >= 2
        assert gaps == pytest.approx(it.stt.ms / 1000 / SHARE, abs=0.11)

    talk(story, text="hello", ms=600.0)


def test_there_is_one_glance_at_a_time():
    async def story(it):
        await it.grows(5.0)
        assert it.asked_at_s == about(0.5)
        it.stt.gate.set()
        await settled()
        await it.grows(0.1)
        assert it.asked_at_s == about(0.5, 5.0)

    talk(story, text="hello", gate=asyncio.Event())


def test_words_that_come_after_the_turn_are_thrown_away():
    async def story(it):
        await it.grows(0.6)
        it.reset()
        await settled()
        it.stt.gate.set()
        await settled()
        assert it.stt.given_up == 1
        assert it.words == []

    talk(story, text="hello", gate=asyncio.Event())


def test_a_glance_that_is_given_up_does_not_end_the_one_of_the_next_turn():
    async def story(it):
        await it.grows(0.6)
        it.reset()
        await it.grows(5.0)
        assert it.asked_at_s == about(0.5, 0.5)  # A new turn counts anew.

    talk(story, text="hello", gate=asyncio.Event())


def test_a_glance_that_fails_says_nothing_and_the_next_one_is_tried():
    async def story(it):
        await it.grows(1.1)
        assert it.asked_at_s == about(0.5, 1.0)
        assert it.words == []

    talk(story, error=EngineError("gone"))


def test_a_glance_that_finds_no_words_leaves_those_that_were_found():
    async def story(it):
        await it.grows(0.6)
        it.stt.text = ""
        await it.grows(0.6)
        assert it.words == ["hello"]

    talk(story, text="hello")


# At a lull.


def test_a_lull_is_listened_to_at_once_and_before_everything_else():
    async def story(it):
        await it.grows(0.2)
        it.hear(0.0)
        await settled()
        assert (it.asked_at_s, it.finals) == (about(0.23), [True])

    talk(story, text="hello")


def test_a_lull_in_which_nothing_more_was_said_is_not_listened_to_again():
    async def story(it):
        await it.grows(0.2)
        await it.hears(0.0, 0.1)
        assert len(it.stt.heard) == 1
        await it.grows(0.2)
        it.hear(0.0)
        await settled()
        assert len(it.stt.heard) == 2

    talk(story, text="hello")


def test_a_lull_gives_up_the_glance_that_is_under_way():
    async def story(it):
        await it.grows(0.6)
        it.hear(0.0)
        await settled()
        assert it.stt.given_up == 1
        it.stt.gate.set()
        await settled()
        assert it.words == ["hello"]

    talk(story, text="hello", gate=asyncio.Event())


def test_a_voice_that_fades_is_listened_to_before_it_is_gone_and_not_again_when_it_is():
    async def story(it):
        await it.grows(0.2)
        it.hear(FADING)
        await settled()
        assert (it.asked_at_s, it.finals) == (about(0.23), [True])
        it.hear(FADING)
        voiced_until = it.until
        it.hear(0.0)
        await settled()
        assert len(it.stt.heard) == 1
        assert it.partials.covering(voiced_until)

    talk(story, text="hello")


def test_a_voice_that_fades_and_comes_back_is_listened_to_at_its_next_end():
    async def story(it):
        await it.grows(0.2)
        it.hear(FADING, SURE, FADING)
        voiced_until = it.until
        await settled()
        assert len(it.stt.heard) == 1  # One end is listened to already.
        assert it.partials.covering(voiced_until) is None
        it.hear(0.0)
        await settled()
        assert (it.asked_at_s[-1], it.finals[-1]) == (it.until / RATE_HZ, True)
        assert it.partials.covering(voiced_until)

    talk(story, text="hello", gate=asyncio.Event())


def test_a_voice_of_which_nobody_is_ever_sure_is_listened_to_as_it_goes_on_and_when_it_is_gone():
    async def story(it):
        await it.hears(FADING, 1.3)
        it.hear(0.0)
        await settled()
        assert (it.asked_at_s, it.finals) == (about(0.5, 1.0, 1.3), [False, False, True])

    talk(story, text="hello")


@given(
    voices=st.lists(st.sampled_from([0.0, 0.2, OFF, 0.6, SURE, 1.0]), min_size=1, max_size=60), answers=st.booleans()
)
def test_a_glance_that_covers_a_turn_misses_no_sure_voice_and_no_more_than_the_tail_of_a_fading_one(voices, answers):
    async def story(it):
        for voice in voices:
            it.hear(voice)
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
        await it.grows(0.6)
        voiced_until = it.until
        assert it.partials.covering(voiced_until) is None
        it.hear(0.0)
        glance = it.partials.covering(voiced_until)
        await settled()
        assert glance.transcript.result().text == "hello"
        it.reset()
        assert it.partials.covering(0) is None

    talk(story, text="hello")


def test_a_processor_that_is_to_be_spared_gets_half_as_many_glances():
    async def story(it):
        it.partials.sparing = True
        await it.grows(5.1)
        assert it.asked_at_s == about(1.0, 3.0, 5.0)

    talk(story)
