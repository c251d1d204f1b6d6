"""What is asked in a pause, in which order, and when no more is asked."""

import asyncio
from types import SimpleNamespace

import numpy as np
import pytest

from edge_agent.app.judging import Judging
from edge_agent.base.settings import FloorSettings
from edge_agent.talk.floor.endpoint import Evidence
from edge_agent.talk.mind.skills import Skills
from tests.sim.rooms import settled

FLOOR = FloorSettings()
COMPLETE_S = FLOOR.complete_ms / 1000
SOUND = np.zeros(16_000, np.float32)


class Pause:
    """One pause after these words, and what was told and asked about it."""

    def __init__(self, words, likely_end=None, smart_turn=0.99):
        self.waits = []
        self.heard = []
        skills = Skills()
        self.draft = SimpleNamespace(
            words=words,
            avg_logprob=-0.2,
            understood=skills.understand(words),
            sentence_end=asyncio.get_running_loop().create_future(),
            spare=asyncio.Event(),
        )
        if likely_end is not None:
            self.draft.sentence_end.set_result(likely_end)

        async def judge(samples):
            self.heard.append(samples)
            return smart_turn

        rooms = SimpleNamespace(skills=skills)
        self.judging = Judging(rooms, FLOOR, judge, lambda _, wait_s: self.waits.append(wait_s))

    async def is_judged(self):
        work = asyncio.create_task(self.judging.judge(self.draft, SOUND, Evidence(asked=False, paused_s=0.0)))
        await settled()
        return work


def story(tell):
    asyncio.run(tell())


def test_a_whole_command_is_judged_by_its_words_alone():
    async def tell():
        pause = Pause("What time is it?")
        assert (await pause.is_judged()).done()
        assert pause.waits == [COMPLETE_S]
        assert pause.heard == []

    story(tell)


def test_nothing_is_told_of_a_sentence_before_the_model_has_read_it():
    async def tell():
        pause = Pause("I was thinking that perhaps")
        work = await pause.is_judged()
        assert pause.waits == []
        pause.draft.sentence_end.set_result(0.02)
        await settled()
        assert len(pause.waits) == 1
        work.cancel()

    story(tell)


def test_the_model_is_asked_and_where_there_is_doubt_smart_turn_after_the_first_sound():
    async def tell():
        pause = Pause("I was thinking that perhaps", likely_end=0.02)
        work = await pause.is_judged()
        assert len(pause.waits) == 1
        assert pause.heard == []
        pause.draft.spare.set()
        await work
        assert len(pause.heard) == 1
        assert pause.waits[1] < pause.waits[0]

    story(tell)


def test_a_sentence_that_the_model_takes_for_whole_is_waited_for_less():
    async def tell():
        told = []
        for likely_end in (0.001, 0.9):
            pause = Pause("How deep is the lake over there by the hills?", likely_end)
            work = await pause.is_judged()
            told.append(pause.waits[-1])
            work.cancel()
        unlikely, likely = told
        assert likely < unlikely

    story(tell)


def test_without_words_nobody_is_asked_about_them():
    async def tell():
        pause = Pause("")
        work = await pause.is_judged()
        assert len(pause.waits) == 1
        work.cancel()

    story(tell)


@pytest.mark.parametrize("words", ["a large", "set a timer for"])
def test_a_command_that_is_only_begun_is_waited_for(words):
    async def tell():
        pause = Pause(words, likely_end=0.02)
        work = await pause.is_judged()
        assert pause.waits[-1] > COMPLETE_S
        work.cancel()

    story(tell)
