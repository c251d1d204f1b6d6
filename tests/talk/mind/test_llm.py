"""The local language model as the conversation uses it: a real worker with the real model."""

import asyncio
import os
import signal
import time
from contextlib import aclosing

import pytest

from edge_agent.base.settings import MindSettings
from edge_agent.talk.mind.llm import LlamaLlm, Message
from edge_agent.workers.process import Spec, Worker
from tests.sim.engines import model_folder

pytestmark = [pytest.mark.models, pytest.mark.alone]

SETTINGS = MindSettings(reply_tokens=32, temperature=0)
SYSTEM = Message("system", SETTINGS.persona)
FRANCE = [SYSTEM, Message("user", "What is the capital of France?")]
STORY = [SYSTEM, Message("user", "Tell me a long story about a dragon.")]


def with_llm(tell):
    def test():
        async def run():
            options = {"folder": str(model_folder("smollm2-135m")), "context_tokens": SETTINGS.context_tokens}
            worker = Worker(Spec("llm", "edge_agent.workers.llama", options, threads=1))
            await worker.start()
            try:
                await tell(LlamaLlm(worker, SETTINGS), worker)
            finally:
                await worker.stop()

        asyncio.run(run())

    test.__name__ = tell.__name__
    return test


async def whole_of(reply):
    return "".join([piece async for piece in reply])


async def whole(llm, messages):
    return await whole_of(llm.reply(messages))


@with_llm
async def test_words_come_while_the_reply_is_made(llm, worker):
    began = time.monotonic()
    times = []
    async for _ in llm.reply(STORY):
        times.append(time.monotonic() - began)
    assert len(times) > 10
    assert times[0] < times[-1] / 2
    assert "Paris" in await whole(llm, FRANCE)


@with_llm
async def test_closing_a_reply_frees_the_model_for_the_next_one(llm, worker):
    began = time.monotonic()
    told = await whole(llm, STORY)
    whole_s = time.monotonic() - began
    assert len(told) > 60
    began = time.monotonic()
    for _ in range(3):
        async with aclosing(llm.reply(STORY)) as reply:
            await anext(reply)
    assert time.monotonic() - began < whole_s


@with_llm
async def test_a_warmed_conversation_is_answered_sooner_than_a_strange_one(llm, worker):
    async def first_s(messages):
        began = time.monotonic()
        async with aclosing(llm.reply(messages)) as reply:
            await anext(reply)
        return time.monotonic() - began

    long = Message("system", SETTINGS.persona + " Your friends are " + ", ".join(f"number {n}" for n in range(40)))
    strange_s = await first_s([long, FRANCE[1]])
    await llm.warm([SYSTEM])
    await llm.warm([long])
    assert await first_s([long, FRANCE[1]]) < strange_s / 2


@with_llm
async def test_a_worker_killed_in_mid_reply_is_followed_by_one_that_goes_on_where_it_was_lost(llm, worker):
    undisturbed = await whole(llm, STORY)
    said, killed = [], worker.pid
    async with aclosing(llm.reply(STORY)) as reply:
        async for piece in reply:
            said.append(piece)
            if len(said) == 4:
                os.kill(killed, signal.SIGKILL)
    assert "".join(said) == undisturbed
    assert worker.pid != killed
    assert "Paris" in await whole(llm, FRANCE)


@with_llm
async def test_before_a_reply_it_tells_whether_the_sentence_may_end_there(llm, worker):
    async def sentence_end(*messages):
        told = []
        async with aclosing(llm.reply(messages, told.append)) as reply:
            await anext(reply)
        return told

    (half,) = await sentence_end(SYSTEM, Message("user", "What is the capital of."))
    (whole,) = await sentence_end(*FRANCE)
    assert half < 0.1 < whole
