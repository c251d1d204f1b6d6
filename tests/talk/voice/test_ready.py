"""Phrases that are known by heart."""

import asyncio
from contextlib import aclosing
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import EngineError
from edge_agent.base.frames import RATE_HZ
from edge_agent.talk.voice.ready import ReadyTts
from tests.sim.rooms import WORD_S, FakeTts


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
            await said(ready, "I am late.")

    asyncio.run(story())


def test_a_voice_that_fails_while_it_learns_is_told():
    with pytest.raises(EngineError):
        asyncio.run(ReadyTts(FakeTts(EngineError("the voice died"))).learn(("I am sorry.",)))


def test_what_was_said_once_is_kept_with_all_its_pieces_and_however_it_is_spaced():
    async def story():
        voice = FakeTts()
        ready = ReadyTts(voice)
        first, again = await said(ready, "Timer set. "), await said(ready, "Timer  set.")
        assert [(speech.text, speech.words) for speech in first] == [(speech.text, speech.words) for speech in again]
        assert len(voice.said) == 1

    asyncio.run(story())


def test_what_was_broken_off_is_not_kept():
    async def story():
        voice = FakeTts()
        ready = ReadyTts(voice)
        async with aclosing(ready.synthesise("one two")) as spoken:
            await anext(spoken)
        await said(ready, "one two")
        assert voice.said == ["one two", "one two"]

    asyncio.run(story())


@given(st.lists(st.sampled_from(["a", "a b", "a b c", "a b c d", "a b c d e", ""]), max_size=30))
def test_no_more_is_kept_than_there_is_room_for_and_the_latest_is_kept_longest(texts):
    a_word = round(WORD_S * RATE_HZ) * 4

    async def story():
        voice = FakeTts()
        ready = ReadyTts(voice, kept_bytes=6 * a_word)
        for text in texts:
            await said(ready, text)
        # What fits into the room, counted back from the latest, is there; the voice is not asked for it again.
        latest = list(dict.fromkeys(reversed(texts)))
        sizes = accumulate(len(text.split()) for text in latest)
        fitting = [text for text, words in zip(latest, sizes, strict=True) if text and words <= 6]
        before = len(voice.said)
        for text in fitting:
            await said(ready, text)
        assert len(voice.said) == before

    asyncio.run(story())


def test_what_is_learnt_is_never_forgotten():
    async def story():
        voice = FakeTts()
        ready = ReadyTts(voice, kept_bytes=0)
        await ready.learn(("I am sorry.",))
        for _ in range(2):
            await said(ready, "something else")
            await said(ready, "I am sorry.")
        assert voice.said == ["I am sorry.", "something else", "something else"]

    asyncio.run(story())


def test_a_rehearsal_makes_what_is_not_there_and_goes_on_where_it_was_broken_off():
    async def story():
        voice = FakeTts()
        ready = ReadyTts(voice)
        await said(ready, "One.")
        await ready.rehearse(("One.", "Two.", "Three."))
        assert voice.said == ["One.", "Two.", "Three."]
        await ready.rehearse(("One.", "Two.", "Three.", "Four."))
        assert voice.said[3:] == ["Four."]
        voice.error = EngineError("the voice died")
        with pytest.raises(EngineError):
            await ready.rehearse(("Five.",))

    asyncio.run(story())


def test_closing_early_closes_the_voices_work():
    class Watched(FakeTts):
        closed = False

        async def synthesise(self, text, start=0, stop=None):
            try:
                async for speech in super().synthesise(text, start, stop):
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
