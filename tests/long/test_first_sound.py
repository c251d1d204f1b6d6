"""How soon a phrase sounds once it is known: in pieces against whole, alone and beside the language model."""

import asyncio
import time
from contextlib import aclosing

import numpy as np
import pytest

from edge_agent.app.engines import engines, started
from edge_agent.base.layers import load
from edge_agent.talk.mind.llm import Message
from edge_agent.talk.voice.tts import PiperTts, piper
from edge_agent.workers import budget
from edge_agent.workers.process import Spec, Worker
from tests.sim.engines import model_folder

pytestmark = [pytest.mark.long, pytest.mark.models]

ROUNDS = 3
FIRST_PHRASES = (
    "Sure.",
    "Of course,",
    "I'm sorry,",
    "The capital of France is Paris.",
    "Water boils at a hundred degrees.",
    "To make a good cup of tea,",
    "The sun is a star at the center of our solar system,",
    "You can put the flour into a bowl,",
    "I don't have a favorite color,",
    "A group of lions is called a pride.",
    "The moon goes around the earth because of gravity,",
    "The best way to learn a new language is to speak it with other people every day.",
    "There are many kinds of birds that fly to the south before the winter comes,",
)
"""As the small model begins its replies, in these lengths."""


def test_a_phrase_sounds_sooner_in_pieces(capsys):
    figures = asyncio.run(_measured())
    with capsys.disabled():
        print(f"\n{len(FIRST_PHRASES) * ROUNDS} phrases, ms to the first sound, p50 and p95")
        for company, ways in figures.items():
            for way, ms in ways.items():
                print(f"{company:28}{way:10}{np.percentile(ms, 50):6.0f}{np.percentile(ms, 95):6.0f}")
    for ways in figures.values():
        assert np.median(np.divide(ways["in pieces"], ways["whole"])) < 0.8


async def _measured():
    made = engines(load({}))
    threads = budget.share(0).tts
    folder = model_folder("piper-joe")
    pieces = Worker(piper(folder, threads))
    whole = Worker(Spec("whole", "tests.sim.whole_piper", {"folder": str(folder), "threads": threads}, threads))
    _, llama, _ = made.workers
    async with started(pieces, whole, llama):
        voices = {"whole": PiperTts(whole), "in pieces": PiperTts(pieces)}
        alone = await _times(voices)
        writing = asyncio.create_task(_write_on(made.llm))
        beside = await _times(voices)
        writing.cancel()
        await asyncio.wait([writing])
    return {"alone": alone, "beside the language model": beside}


async def _write_on(llm):
    while True:
        async with aclosing(llm.reply([Message("user", "Tell me a long story about the sea.")])) as pieces:
            async for _ in pieces:
                pass


async def _times(voices):
    times = {way: [] for way in voices}
    for phrase in FIRST_PHRASES * ROUNDS:
        for way, voice in voices.items():
            began = time.perf_counter()
            async with aclosing(voice.synthesise(phrase)) as spoken:
                await anext(spoken)
                times[way].append(1000 * (time.perf_counter() - began))
                async for _ in spoken:
                    pass
    return times
