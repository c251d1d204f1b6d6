"""What the skills change, and how it is taken back."""

import asyncio
from contextlib import contextmanager

import pytest

from edge_agent.app.chores import Chores
from edge_agent.base.frames import RATE_HZ
from edge_agent.talk.mind.context import Memory
from edge_agent.talk.mind.skills import SetTimer, SetVolume
from edge_agent.talk.voice.speaker import Speaker


@contextmanager
def chores():
    """With their speaker, and a queue of what they announce."""
    announced = asyncio.Queue()
    speaker = Speaker(RATE_HZ, 0.8, -15, lambda event: None)
    made = Chores(speaker, announced.put_nowait)
    yield made, speaker, announced
    made.close()


def test_a_volume_is_the_speakers_at_once_and_the_old_one_again_when_it_is_taken_back():
    async def story():
        with chores() as (it, speaker, _):
            it.act(1, SetVolume(0.3))
            assert (speaker.volume, it.world(Memory()).volume) == (0.3, 0.3)
            it.undo(1)
            assert speaker.volume == 0.8
            it.undo(1)
            assert speaker.volume == 0.8

    asyncio.run(story())


def test_a_volume_out_of_the_settings_is_where_everything_goes_on_from():
    async def story():
        with chores() as (it, speaker, _):
            it.volume_set(0.2)
            it.act(1, SetTimer(300, "tea"))
            assert (speaker.volume, it.world(Memory()).volume) == (0.2, 0.2)
            assert it.world(Memory()).timers

    asyncio.run(story())


def test_what_is_settled_can_not_be_taken_back():
    async def story():
        with chores() as (it, speaker, _):
            it.act(1, SetVolume(0.3))
            it.settle(1)
            it.undo(1)
            assert speaker.volume == 0.3

    asyncio.run(story())


def test_taking_back_one_effect_leaves_the_others():
    async def story():
        with chores() as (it, _, _):
            it.act(1, SetTimer(300, "tea"))
            it.act(2, SetTimer(60, "egg"))
            it.undo(1)
            assert [(running.timer.title, running.left_s) for running in it.world(Memory()).timers] == [
                ("egg timer", pytest.approx(60, abs=1))
            ]

    asyncio.run(story())


def test_a_timer_rings_when_it_is_due_and_one_that_was_taken_back_never():
    async def story():
        with chores() as (it, _, announced):
            it.act(1, SetTimer(1, "tea"))
            it.act(2, SetTimer(1, "egg"))
            it.undo(1)
            began = asyncio.get_running_loop().time()
            assert "egg" in await asyncio.wait_for(announced.get(), 5)
            assert asyncio.get_running_loop().time() - began > 0.9
            assert announced.empty()
            assert it.world(Memory()).timers == ()

    asyncio.run(story())


def test_nothing_rings_after_the_end():
    async def story():
        with chores() as (it, _, announced):
            it.act(1, SetTimer(1, "tea"))
            it.close()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(announced.get(), 1.2)

    asyncio.run(story())


def test_what_was_due_while_the_machine_slept_rings_when_it_wakes():
    async def story():
        with chores() as (it, _, announced):
            it.act(1, SetTimer(3600, "pasta"))
            it.act(2, SetTimer(7200, "roast"))
            it.woke(3600)
            assert await asyncio.wait_for(announced.get(), 5) == "Your pasta timer is done."
            (roast,) = it.world(Memory()).timers
            assert roast.left_s == pytest.approx(3600, abs=5)

    asyncio.run(story())
