"""Beside processes that never rest, on every core: the local model still answers before the agent would apologise."""

import asyncio
import os
import subprocess
import sys
import time

import pytest

from edge_agent.app.engines import engines, started
from edge_agent.base.layers import load
from edge_agent.talk.mind.llm import Message
from tests.sim.engines import model_folder

pytestmark = [pytest.mark.long, pytest.mark.models]


@pytest.fixture
def crowd():
    idle_never = [sys.executable, "-c", "while True: pass"]
    crowd = [subprocess.Popen(idle_never) for _ in os.sched_getaffinity(0)]
    yield
    for one in crowd:
        one.kill()
        one.wait()


def test_it_answers_in_a_crowd(crowd):
    model_folder("smollm2-135m")
    settings = load({"models.profile": "tiny"})

    async def asked():
        heavy = engines(settings)
        async with started(heavy.workers[1]):
            for number in range(3):
                question = Message("user", f"Explain to me in detail why the tides come and go, part {number}.")
                began, first_s, pieces = time.monotonic(), 0.0, 0
                async for _ in heavy.llm.reply([Message("system", settings.mind.persona), question]):
                    first_s = first_s or time.monotonic() - began
                    pieces += 1
                whole_s = time.monotonic() - began
                print(f"first words after {first_s:.2f} s, {pieces} pieces in {whole_s:.2f} s")
                yield first_s

    async def all_of_them():
        return [first_s async for first_s in asked()]

    assert max(asyncio.run(all_of_them())) < settings.floor.reply_timeout_s
