"""What the whole agent's tests speak with: its own voice, pitched up, so that nobody mistakes one for the other."""

import asyncio

import numpy as np
import pytest

from edge_agent.app.engines import engines, started
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.layers import load
from edge_agent.bench.rehearsal import PITCH
from edge_agent.talk.ear.resample import resample
from tests.sim.engines import model_folder

TEXTS = {
    "time": "What time is it?",
    "timer": "Set a timer for two seconds.",
    "story": "Tell me a story about the moon and the sea.",
    "over": "Wait, stop. I want to ask you something else.",
    "france": "What is the capital of France?",
}


@pytest.fixture(scope="session")
def tiny():
    """Settings with the smallest models; without them nothing here can be tested."""
    for name in ("whisper-tiny.en", "smollm2-135m", "piper-joe", "silero-vad", "smart-turn"):
        model_folder(name)
    return load({"models.profile": "tiny"})


@pytest.fixture(scope="session")
def lines(tiny):
    """What somebody says, by name; 16 kHz."""

    async def spoken():
        heavy = engines(tiny)
        made = {}
        async with started(heavy.workers[-1]):
            for name, text in TEXTS.items():
                speeches = [speech async for speech in heavy.tts.synthesise(text)]
                whole = np.concatenate([speech.samples for speech in speeches])
                made[name] = resample(whole, round(speeches[0].rate_hz * PITCH), RATE_HZ)
        return made

    return asyncio.run(spoken())
