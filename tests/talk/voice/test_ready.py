"""Phrases that are known by heart."""

import asyncio

import pytest

from edge_agent.base.errors import EngineError
from edge_agent.talk.voice.ready import ReadyTts
from tests.sim.rooms import FakeTts


async def said(tts, text):
    return [speech async for speech in tts.synthesise(text)]


def test_a_phrase_that_was_learnt_is_said_with_the_voice_gone():
    async def story():
        voice = FakeTts()
        ready = ReadyTts(voice)
        await ready.learn(("I am sorry.",))
        (learnt,) = await said(voice, "I am sorry.")
        voice.error = EngineError("the voice died")
        (speech,) = await said(ready, "I am sorry.")
        assert (speech.text, speech.words) == (learnt.text, learnt.words)
        assert (speech.samples == learnt.samples).all()
        assert len(await said(ready, "I am sorry.")) == 1

    asyncio.run(story())


def test_any_other_phrase_is_the_voices():
    async def story():
        voice = FakeTts()
        ready = ReadyTts(voice)
        await ready.learn(("I am sorry.",))
        assert [speech.text for speech in await said(ready, "I am not.")] == ["I am not."]
        assert voice.said == ["I am sorry.", "I am not."]
        voice.error = EngineError("the voice died")
        with pytest.raises(EngineError):
            await said(ready, "I am not.")

    asyncio.run(story())


def test_a_voice_that_fails_while_it_learns_is_told():
    with pytest.raises(EngineError):
        asyncio.run(ReadyTts(FakeTts(EngineError("the voice died"))).learn(("I am sorry.",)))


def test_closing_early_closes_the_voices_work():
    class Watched(FakeTts):
        closed = False

        async def synthesise(self, text):
            try:
                async for speech in super().synthesise(text):
                    yield speech
                    yield speech
            finally:
                self.closed = True

    async def story():
        voice = Watched()
        speeches = ReadyTts(voice).synthesise("one of two")
        await anext(speeches)
        await speeches.aclose()
        assert voice.closed

    asyncio.run(story())
