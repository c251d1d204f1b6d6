"""A device that goes away in the middle of a conversation, and comes back."""

import asyncio

import pytest

from edge_agent.base.errors import DeviceError
from edge_agent.base.events import Typed
from edge_agent.base.frames import RATE_HZ
from edge_agent.talk.ear.room import Room
from tests.sim.live import Live

pytestmark = [pytest.mark.models, pytest.mark.alone]


class FrailRoom(Room):
    """A room whose plug can be pulled."""

    plugged = True

    def find(self):
        if not self.plugged:
            raise DeviceError("it is not plugged in")

    def pull(self):
        self.plugged = False
        self.close()


def test_a_device_that_is_pulled_ends_the_answer_and_is_listened_to_again_when_it_is_back(tiny, lines):
    async def story():
        room = FrailRoom()
        async with Live(room).begun(tiny) as it:
            it.agent.post(Typed("Tell me a long story about the moon and the sea."))
            await it.until(lambda: it.speaks)
            await it.person.passes(room.position + RATE_HZ // 2)
            room.pull()
            (cut,) = await it.answers()
            assert it.listens
            assert 0 < len(cut.heard.split()) < len(cut.reply.split())
            room.plugged = True
            pulled_at = room.position
            await it.until(lambda: room.position > pulled_at + RATE_HZ // 2)
            await it.rests()
            await it.asked(lines["time"])
            (turn,) = await it.answers()
            assert turn.heard.startswith("It's ")

    asyncio.run(story())
