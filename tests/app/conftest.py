"""An agent that lives through the scenes of one file, and what is said to it: in its own voice, pitched up, so that
nobody mistakes one for the other.
"""

import asyncio

import pytest

from edge_agent.base.layers import load
from edge_agent.bench.rehearsal import synthetic_lines
from edge_agent.talk.ear.room import Room
from tests.sim.engines import model_folder
from tests.sim.live import PATIENT, Live

TEXTS = {
    "time": "What time is it?",
    "timer": "Set a timer for two seconds.",
    "story": "Tell me a story about the moon and the sea.",
    "over": "Wait, stop. I want to ask you something else.",
    "france": "What is the capital of France?",
    "spain": "And what is the capital of Spain?",
    "stop": "Wait, stop. What is the capital of France?",
    "yeah": "Yeah, right.",
    "nabu": "Okay Nabu, what time is it?",
    "go on": "Please go on where you left off.",
    "compare": "Explain how the sun and the moon are different.",
    "explain": "Explain to me in detail why the tides come and go.",
}


@pytest.fixture(scope="session")
def tiny():
    """Settings with the smallest models; without them nothing here can be tested."""
    for name in ("whisper-tiny.en", "smollm2-135m", "piper-joe", "silero-vad", "smart-turn"):
        model_folder(name)
    return load(PATIENT)


@pytest.fixture(scope="session")
def lines(tiny):
    """What somebody says, by name; 16 kHz."""

    return {line.name: line.samples for line in asyncio.run(synthetic_lines(tiny, TEXTS.items()))}


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def live(runner, tiny):
    agent = Live(Room())
    life = agent.begun(tiny)
    runner.run(life.__aenter__())
    yield agent
    runner.run(life.__aexit__(None, None, None))


@pytest.fixture
def scene(runner, live):
    """Play one scene with the agent."""

    def played(story):
        async def whole():
            await live.rests()
            await story(live)

        runner.run(whole())

    return played
