"""How soon a reply of the real model sounds: from its first words against from its first phrase, in turn, in one run.

And whether the rest is there before the first words are over.
"""

import asyncio
import time
from contextlib import aclosing

import numpy as np
import pytest

from edge_agent.app.engines import engines, started
from edge_agent.app.replying import cut_up
from edge_agent.base.layers import load
from edge_agent.talk.mind.llm import Message
from edge_agent.talk.voice.beginning import Beginning
from edge_agent.talk.voice.phrases import Phrases

pytestmark = [pytest.mark.long, pytest.mark.models, pytest.mark.timeout(900)]

QUESTIONS = (
    "Can I have a light roast coffee?",
    "Make me a large latte with sugar.",
    "I want an iced mocha with a lot of skim milk.",
    "Can I get a drip coffee?",
    "How do I make a good cup of tea?",
    "Why is the sky blue?",
    "Tell me something about lions.",
    "How far away is the moon?",
    "What should I wear when it rains?",
    "I feel a bit sad today.",
    "How do bees make honey?",
    "What is the best way to learn a language?",
    "Do you like music?",
    "Where does coffee come from?",
    "What's your name?",
    "How do airplanes fly?",
    "What is the largest ocean?",
    "Is it healthy to run every day?",
    "How does a refrigerator work?",
    "Who was Albert Einstein?",
)
ROUNDS = 2


def test_a_reply_sounds_sooner_from_its_first_words(capsys):
    phrase, words = asyncio.run(_measured())
    begun = [(a, b) for a, b in zip(phrase, words, strict=True) if b["covered"]]
    if not begun:
        pytest.skip("this machine writes too slowly to begin inside a phrase")
    with capsys.disabled():
        print(f"\n{len(words)} replies, {len(begun)} begun; of these ms from the prompt, p50 and p95, until")
        for what in ("known", "sound"):
            for way, all_of_it in zip(("first phrase", "first words"), zip(*begun, strict=True), strict=True):
                ms = [1000 * one[what] for one in all_of_it]
                print(f"{what:6} {way:13}{np.percentile(ms, 50):6.0f}{np.percentile(ms, 95):6.0f}")
        to_spare = [1000 * (one["sound"] + one["covered"] - one["rest"]) for _, one in begun]
        print(f"the rest came {np.percentile(to_spare, [50, 5, 0]).round()} ms too soon (p50, p5, worst)")
    assert np.median([a["sound"] - b["sound"] for a, b in begun]) > 0


async def _measured():
    settings = load({})
    made = engines(settings)
    _, llama, voice = made.workers
    found = ([], [])
    async with started(llama, voice):
        for question in QUESTIONS * ROUNDS:
            asked = [Message("system", settings.mind.persona), Message("user", question)]
            for times, beginning in zip(found, (None, Beginning()), strict=True):
                await made.llm.warm(asked)
                times.append(await _times(made, asked, beginning))
    return found


async def _times(made, asked, beginning):
    """Seconds after `asked` until something is known, sounds, and the rest of it sounds; seconds that are covered."""
    began, times = time.perf_counter(), {"covered": 0.0}
    lines = cut_up(made.llm.reply(asked), Phrases(12), beginning)
    async with aclosing(lines):
        async for line in lines:
            times.setdefault("known", time.perf_counter() - began)
            async for speech in made.tts.synthesise(line.text, line.start, line.stop):
                now = time.perf_counter() - began
                times.setdefault("sound", now)
                if line.start:
                    times.setdefault("rest", now)
                if line.stop is not None:
                    times["covered"] += speech.samples.size / speech.rate_hz
            if line.stop is None:
                return times
    return times
