"""Told time: it passes where a loop would sleep, and nowhere else; and a conversation lives in it as in real time."""

import asyncio
import time
from contextlib import closing

import pytest

from edge_agent.app.happenings import StateChanged
from edge_agent.base.events import Announced
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.layers import load
from edge_agent.bench.person import Person
from edge_agent.bench.told_engines import RealTime, hearing_and_speaking
from edge_agent.bench.told_time import ToldTime, living
from edge_agent.talk.ear.room import Room
from edge_agent.talk.floor.state import State
from tests.sim.engines import model_folder


def told(story):
    with asyncio.Runner(loop_factory=ToldTime) as runner:
        return runner.run(story)


def test_an_hour_passes_at_once():
    async def sleeps():
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time() - began

    real = time.monotonic()
    assert told(sleeps()) == pytest.approx(3600)
    assert time.monotonic() - real < 60


def test_what_waits_for_a_time_comes_in_order_and_never_early():
    async def several():
        loop, seen = asyncio.get_running_loop(), []
        due = [0.3, 0.1, 0.2 + 1e-10, 0.2, 0.1 + 1 / 3]
        await asyncio.gather(*(_notes(loop, at, seen) for at in due))
        return seen

    async def _notes(loop, at, seen):
        ready = asyncio.Event()
        loop.call_at(at, ready.set)
        await ready.wait()
        seen.append((at, loop.time()))

    seen = told(several())
    assert [at for at, _ in seen] == sorted(at for at, _ in seen)
    assert all(at <= now < at + 1e-3 for at, now in seen)


def test_work_takes_no_told_time():
    async def works():
        began = asyncio.get_running_loop().time()
        sum(range(1_000_000))
        await asyncio.sleep(0)
        return asyncio.get_running_loop().time() - began

    assert told(works()) == 0


def test_whoever_asks_an_engine_stands_still_meanwhile():
    async def asks(real):
        began = asyncio.get_running_loop().time()
        assert real.wait(asyncio.sleep(0.05, "done")) == "done"
        return asyncio.get_running_loop().time() - began

    with closing(RealTime()) as real:
        assert told(asks(real)) == 0


@pytest.mark.models
def test_an_agent_speaks_in_a_room_where_time_is_told():
    for name in ("whisper-tiny.en", "piper-joe", "silero-vad"):
        model_folder(name)
    settings = load({"models.profile": "tiny"})
    states = []

    def watch(happening):
        if isinstance(happening, StateChanged):
            states.append(happening.state)

    async def speaks(real):
        room = Room(rate_hz=RATE_HZ, real_time=False, keep_s=10)
        async with hearing_and_speaking(settings, real) as (stt, tts), living(settings, room, watch, stt, tts) as agent:
            person = Person(room)
            agent.post(Announced("Good evening."))
            assert await person.hears_voice(0, 5)
            assert await person.hears_silence(1.0, 5)

    with closing(RealTime()) as real:
        told(speaks(real))
    assert states == [State.THINKING, State.SPEAKING, State.LISTENING]
