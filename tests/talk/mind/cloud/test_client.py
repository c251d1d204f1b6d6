"""One provider over a real connection: what it says, how it fails, and how it is left."""

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace
from statistics import median

import pytest

from edge_agent.base.errors import SettingsError
from edge_agent.talk.mind.cloud.budget import Usage
from edge_agent.talk.mind.cloud.client import Client
from edge_agent.talk.mind.cloud.failures import Failure, ProviderError
from edge_agent.talk.mind.cloud.outgoing import Offer, Wanted, following, nothing_hidden, outgoing
from edge_agent.talk.mind.llm import Message
from tests.sim.clouds import WORDS, Fault, llama_server, provider, proxy

QUESTION = outgoing((Message("system", "Be short."), Message("user", "Tell me about the moon.")), nothing_hidden)
LAMP = Offer("lamp", "Switch a lamp.", {"type": "object", "properties": {"on": {"type": "boolean"}}})

CLOSED_S = 0.05
"""From a cancel to the provider's seeing that the connection is gone."""


def talk(story, *, timeout_s=0.5, url=None, tokens=64, **arguments):
    """Run a story with a client and the proxy before it."""

    async def told():
        async with proxy(**arguments) as cloud:
            client = Client(provider("moon", url or cloud.url, timeout_s=timeout_s), tokens)
            try:
                return await story(client, cloud)
            finally:
                await client.close()

    return asyncio.run(told())


async def said(client):
    """The words of an answer, and what it cost."""
    async with aclosing(client.answer(QUESTION)) as pieces:
        got = [piece async for piece in pieces]
    cost = [piece for piece in got if isinstance(piece, Usage)]
    return "".join(piece for piece in got if isinstance(piece, str)), cost


def failure(fault, **arguments):
    async def story(client, cloud):
        cloud.faults.append(fault)
        with pytest.raises(ProviderError) as error:
            await said(client)
        return error.value

    return talk(story, **arguments)


def test_an_answer_comes_whole_and_with_its_cost():
    async def story(client, cloud):
        words, cost = await said(client)
        assert words.strip() == WORDS
        assert cost == [Usage(20, len(WORDS.split()))]
        assert [message["content"] for message in cloud.asked[0].messages] == ["Be short.", "Tell me about the moon."]

    talk(story)


def test_a_call_comes_in_pieces_and_what_came_of_it_goes_back():
    async def story(client, cloud):
        cloud.calls.append([("lamp", '{"on": true}'), ("lamp", "{}")])
        asked = replace(QUESTION, offers=(LAMP,))
        wanted = [piece async for piece in client.answer(asked)]
        assert wanted == [Wanted("c0", "lamp", '{"on": true}'), Wanted("c1", "lamp", "{}")]
        async with aclosing(client.answer(following(asked, wanted, ["done", "no"], nothing_hidden))) as pieces:
            assert "".join([piece async for piece in pieces if isinstance(piece, str)]).strip() == WORDS
        tools = json.loads(cloud.asked[0].body)["tools"]
        assert [tool["function"]["name"] for tool in tools] == ["lamp"]
        *_, called, first, second = cloud.asked[1].messages
        assert [call["function"]["arguments"] for call in called["tool_calls"]] == ['{"on": true}', "{}"]
        assert (first["tool_call_id"], first["content"], second["content"]) == ("c0", "done", "no")

    talk(story)


def test_a_connection_is_kept_for_the_next_question():
    async def story(client, cloud):
        await client.reach()
        for _ in range(3):
            await said(client)
        assert cloud.connections == 1

    talk(story)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.RESET, Failure.UNREACHABLE),
        (Fault.CUT, Failure.UNREACHABLE),
        (Fault.HALF, Failure.CUT),
        (Fault.BUSY, Failure.BUSY),
        (Fault.BROKEN, Failure.BROKEN),
        (Fault.REFUSED, Failure.REFUSED),
        (Fault.HANG, Failure.SLOW),
        (Fault.HANG_MID, Failure.SLOW),
        (Fault.GARBAGE, Failure.UNREACHABLE),
        (Fault.PORTAL, Failure.CUT),
        (Fault.NONSENSE, Failure.GARBAGE),
    ],
)
def test_each_way_to_fail_is_told_apart(fault, expected):
    error = failure(fault)
    assert error.failure is expected
    assert "moon" in str(error)
    assert error.retry_after_s == (1.0 if fault is Fault.BUSY else None)


def test_a_name_that_nobody_knows_is_unreachable():
    assert failure(Fault.NONE, url="https://nowhere.invalid/v1", timeout_s=5).failure is Failure.UNREACHABLE


def test_an_answer_without_a_word_is_an_answer():
    async def story(client, cloud):
        cloud.faults.append(Fault.EMPTY)
        words, _ = await said(client)
        assert words == ""

    talk(story)


@pytest.mark.parametrize(
    ("tokens", "heard"),
    [
        (13, "The moon is far away. It shines at night. People have been there."),
        (12, "The moon is far away. It shines at night."),
        (9, "The moon is far away. It shines at night."),
        (8, "The moon is far away."),
        (4, "The moon is far"),
    ],
)
def test_an_answer_that_comes_to_its_limit_ends_with_a_whole_sentence_where_it_has_one(tokens, heard):
    async def story(client, cloud):
        words, cost = await said(client)
        assert words.strip() == heard
        assert cost == [Usage(20, tokens)]
        assert cloud.asked[0].cut_off == (tokens < len(WORDS.split()))

    talk(story, tokens=tokens)


async def left_after(client, cloud, pieces):
    """Leave the answer after so many pieces; return how long the connection lasted."""

    async def listen():
        async with aclosing(client.answer(QUESTION)) as answer:
            async for _ in answer:
                heard.set()

    heard, loop, before = asyncio.Event(), asyncio.get_running_loop(), len(cloud.asked)
    listening = loop.create_task(listen())
    if pieces:
        await heard.wait()
    else:
        async with asyncio.timeout(2):
            while len(cloud.asked) == before:
                await asyncio.wait({listening}, timeout=0.01)
    cancelled = loop.time()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    async with asyncio.timeout(2):
        while cloud.asked[-1].gone_at is None:
            await asyncio.wait({loop.create_future()}, timeout=0.001)
    return cloud.asked[-1].gone_at - cancelled


@pytest.mark.parametrize(("fault", "pieces"), [(Fault.HANG, 0), (Fault.DRIP, 1), (Fault.HANG_MID, 1)])
def test_whoever_leaves_closes_the_connection(fault, pieces):
    async def story(client, cloud):
        cloud.fault = fault
        lasted = [await left_after(client, cloud, pieces) for _ in range(5)]
        assert median(lasted) < CLOSED_S  # One of them may meet a busy moment of the machine.

    talk(story, timeout_s=10)


def test_p15_the_key_is_where_the_owner_said_and_nowhere_else(tmp_path):
    (tmp_path / "key").write_text("s3cret\n")

    async def story(client, cloud):
        del client
        filed = Client(provider("moon", cloud.url, key_file=tmp_path / "key"), 64)
        try:
            await said(filed)
        finally:
            await filed.close()
        assert "s3cret" not in cloud.asked[0].body
        assert "s3cret" not in repr(filed)

    talk(story)


def test_a_key_that_is_missing_is_said_before_anything_is_sent(tmp_path):
    with pytest.raises(SettingsError, match="moon"):
        Client(provider("moon", "https://a.example/v1", key_file=tmp_path / "none"), 64)
    with pytest.raises(SettingsError, match="NO_SUCH_KEY"):
        Client(provider("moon", "https://a.example/v1", key_env="NO_SUCH_KEY"), 64)


@pytest.mark.models
def test_a_real_server_is_understood_through_the_proxy_and_directly():
    async def story(client, cloud):
        words, _ = await said(client)
        assert len(words.split()) > 3
        direct = Client(provider("llama", f"http://127.0.0.1:{cloud.upstream}/v1", timeout_s=20), 64)
        try:
            await direct.reach()
            assert len((await said(direct))[0].split()) > 3
        finally:
            await direct.close()

    async def cut_off(client, cloud):
        words, _ = await said(client)
        assert cloud.asked[0].cut_off
        assert words.strip().endswith((".", "!", "?")), words

    with llama_server() as port:
        talk(story, upstream=port, timeout_s=20)
        talk(cut_off, upstream=port, timeout_s=20, tokens=48)
