"""Text to speech: written words keep their samples, however they are spoken."""

import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from edge_agent.base.errors import EngineError
from edge_agent.talk.voice.tts import PiperTts, _speech, piper
from edge_agent.workers.process import Worker
from edge_agent.workers.wire import Item
from tests.sim.engines import model_folder


async def synthesise(*texts):
    worker = Worker(piper(model_folder("piper-joe"), threads=2))
    await worker.start()
    try:
        tts = PiperTts(worker)
        return [[speech async for speech in tts.synthesise(text)] for text in texts]
    finally:
        await worker.stop()


WHOLE = {"rate_hz": 22_050, "units": [[0, 0, 2]], "continues": False}


@pytest.mark.parametrize(
    ("fields", "payload"),
    [
        ({}, b""),
        (WHOLE, b"\0\0\0"),
        ({**WHOLE, "rate_hz": 0}, b""),
        ({**WHOLE, "units": [[7, 0, 2]]}, b""),
        ({**WHOLE, "units": [[0, 0]]}, b""),
        ({**WHOLE, "units": [["0", 0, 2]]}, b""),
        ({**WHOLE, "units": [None]}, b""),
    ],
)
def test_a_voice_that_answers_nonsense_is_an_engine_that_failed(fields, payload):
    with pytest.raises(EngineError, match="Piper's answer"):
        _speech(Item(fields, payload), ["Hello."])


@pytest.mark.models
def test_speech_carries_the_written_words_and_where_they_lie():
    text = "The train leaves at 3:30, I think. Shall we go?"
    (spoken,) = asyncio.run(synthesise(text))
    assert " ".join(speech.text for speech in spoken) == text
    for speech in spoken:
        assert " ".join(" ".join(word.text for word in speech.words).split()) == speech.text
        assert speech.rate_hz == 22_050
        assert speech.samples.dtype == np.float32
        edges = [edge for word in speech.words for edge in (word.start, word.end)]
        assert edges == sorted(edges)
        assert edges[-1] <= speech.samples.size
    words = [word for speech in spoken for word in speech.words]
    time, article = next(word for word in words if word.text.startswith("3:30")), words[0]
    assert time.end - time.start > 2 * (article.end - article.start)


@pytest.mark.models
def test_a_long_sentence_comes_in_pieces_that_continue_each_other():
    (pieces,) = asyncio.run(synthesise("A long sentence sounds before the whole of it is made."))
    assert len(pieces) > 1
    assert [piece.continues for piece in pieces] == [True] * (len(pieces) - 1) + [False]


@pytest.mark.models
def test_a_phrase_that_is_begun_before_it_is_known_has_each_word_once():
    async def talk():
        worker = Worker(piper(model_folder("piper-joe"), threads=2))
        await worker.start()
        try:
            tts = PiperTts(worker)
            known, whole = "I'm sorry for an", "I'm sorry for anything at 3:30 pm."
            begun = [speech async for speech in tts.synthesise(known, stop=13)]
            return begun, [speech async for speech in tts.synthesise(whole, start=13)]
        finally:
            await worker.stop()

    begun, rest = asyncio.run(talk())
    assert " ".join(speech.text for speech in begun) == "I'm sorry for"
    assert " ".join(speech.text for speech in rest) == "anything at 3:30 pm."
    assert [speech.continues for speech in (*begun, *rest)] == [True] * (len(begun) + len(rest) - 1) + [False]


@pytest.mark.models
def test_nothing_to_say_is_no_speech():
    assert asyncio.run(synthesise("", "  ", "😀", "**")) == [[], [], [], []]


@pytest.mark.models
def test_closing_it_early_leaves_the_voice_free_for_the_next_phrase():
    async def talk():
        worker = Worker(piper(model_folder("piper-joe"), threads=2))
        await worker.start()
        try:
            tts = PiperTts(worker)
            async with aclosing(tts.synthesise("One. Two. Three. Four. Five.")) as speeches:
                first = await anext(speeches)
            return first, [speech async for speech in tts.synthesise("Done.")]
        finally:
            await worker.stop()

    first, rest = asyncio.run(talk())
    assert first.text == "One."
    assert not first.continues
    assert [speech.text for speech in rest] == ["Done."]
