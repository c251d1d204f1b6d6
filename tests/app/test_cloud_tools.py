"""A cloud that wants something called: what it is offered, what is called for it, and what it is told."""

import asyncio
from contextlib import AsyncExitStack
from datetime import date

from edge_agent.app.contest import Lines
from edge_agent.app.uplink import Uplink
from edge_agent.talk.mind.cloud.cloud import Cloud
from edge_agent.talk.mind.cloud.purse import Purse
from edge_agent.talk.mind.tools.tool import Outcome
from tests.sim.clouds import WORDS, FaultyProxy, provider, settings
from tests.sim.doing import Talk, book, gate, lamp

QUESTION = "Explain how the sun and the moon are different."
HALL = '{"room": "hall"}'


def under(story, *does, settings_=None):
    async def told():
        async with AsyncExitStack() as stack:
            sky = await FaultyProxy().open()
            stack.push_async_callback(sky.close)
            named = settings(provider("sky", sky.url))
            cloud = Cloud(named, Purse(named, today=lambda: date(2026, 11, 26)))
            stack.push_async_callback(cloud.close)
            tools = [each() for each in does]
            it = Talk(*tools, uplink=Uplink(cloud, Lines()), settings=settings_)
            stack.push_async_callback(it.close)
            await story(it, sky, *tools)

    asyncio.run(told())


def told(sky):
    """What the cloud was told about its calls, in its last question."""
    return [message["content"] for message in sky.asked[-1].messages if message["role"] == "tool"]


def test_what_the_cloud_wants_is_called_and_it_goes_on_with_what_came_of_it():
    async def story(it, sky, book):
        sky.calls.append([("book", HALL)])
        assert await it.exchange(QUESTION) == WORDS
        assert book.calls == [{"room": "hall"}]
        assert told(sky) == ["Nobody."]

    under(story, lambda: book(outcome=Outcome("Nobody.")))


def test_what_can_be_taken_back_waits_for_the_commit():
    async def story(it, sky, lamp):
        sky.calls.append([("lamp", HALL)])
        await it.exchange(QUESTION)
        assert lamp.calls == [{"room": "hall"}]

    under(story, lamp)


def test_what_cannot_be_taken_back_is_neither_offered_nor_called():
    async def story(it, sky, gate, lamp):
        sky.calls.append([("gate", HALL)])
        assert await it.exchange(QUESTION) == WORDS
        assert [tool["function"]["name"] for tool in sky.asked[0].tools] == ["lamp"]
        assert told(sky)[0].startswith("error: not in a turn that holds text from elsewhere")
        await it.exchange("Yes.")
        assert gate.calls == []

    under(story, gate, lamp)


def test_arguments_that_are_none_are_told_to_be_none():
    async def story(it, sky, book):
        sky.calls.append([("book", "{"), ("book", '{"room": "attic"}'), ("gone", "{}")])
        await it.exchange(QUESTION)
        assert book.calls == []
        assert all(text.startswith("error: ") for text in told(sky))

    under(story, book)


def test_where_nothing_is_listed_for_the_cloud_it_is_offered_nothing():
    async def story(it, sky, book):
        sky.calls.append([("book", HALL)])
        await it.exchange(QUESTION)
        assert sky.asked[0].tools == []
        assert book.calls == []

    under(story, book, settings_={"tools.cloud": "[]"})


def test_a_cloud_that_only_ever_calls_comes_to_an_end():
    async def story(it, sky, book):
        sky.calls += [[("book", HALL)]] * 20
        assert await it.exchange(QUESTION)
        assert len(book.calls) <= it.settings.tools.calls_per_turn
        assert len(sky.asked) <= 4

    under(story, book)
