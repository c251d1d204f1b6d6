"""Somebody in a simulated room, on the room's own clock."""

import asyncio

import numpy as np
import pytest

from edge_agent.base.frames import RATE_HZ
from edge_agent.bench.person import Person
from edge_agent.talk.ear.rings import Exchange
from edge_agent.talk.ear.room import Room

pytestmark = pytest.mark.alone


def meet(story):
    """Play a story in a room in real time, whose loudspeaker plays what is put into the exchange."""

    async def met():
        room = Room()
        exchange = Exchange(room.rate_hz, 500)
        room.open(exchange)
        try:
            await story(Person(room), room, exchange)
        finally:
            room.close()

    asyncio.run(met())


def tone(room, seconds):
    return np.full(int(seconds * room.rate_hz), 0.2, np.float32)


def test_what_is_said_lies_where_it_was_told_to_lie():
    async def story(person, room, _):
        start, end = person.says(np.full(RATE_HZ // 5, 0.5, np.float32))
        assert end - start == RATE_HZ // 5
        await person.passes(end)
        assert room.position >= end
        many = room.rate_hz // RATE_HZ
        loud = np.flatnonzero(np.abs(room.recording.user) > 0.3) // many
        assert abs(loud[0] - start) < RATE_HZ // 100
        assert abs(loud[-1] - end) < RATE_HZ // 100

    meet(story)


def test_a_voice_is_heard_and_only_one_that_comes_after():
    async def story(person, room, exchange):
        assert not await person.hears_voice(0, 0.1)
        exchange.write(tone(room, 0.1))
        assert await person.hears_voice(room.position, 2.0)
        assert await person.hears_silence(0.2, 2.0)
        assert not await person.hears_voice(room.position, 0.1)

    meet(story)


def test_silence_is_counted_from_when_it_is_waited_for_and_from_the_last_sound():
    async def story(person, room, exchange):
        await person.passes(room.position + RATE_HZ // 2)
        since = room.position
        assert await person.hears_silence(0.2)
        assert room.position - since >= 0.2 * RATE_HZ
        exchange.write(tone(room, 0.3))
        assert await person.hears_voice(room.position, 2.0)
        assert await person.hears_silence(0.2)
        assert room.position - room.last_sound >= 0.2 * RATE_HZ

    meet(story)


def test_who_talks_on_is_never_silent():
    async def story(person, room, exchange):
        exchange.write(tone(room, 0.5))
        await person.hears_voice(room.position, 2.0)
        assert not await person.hears_silence(0.3, timeout_s=0.3)

    meet(story)
