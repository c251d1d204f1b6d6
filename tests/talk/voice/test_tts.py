"""Text to speech: written words keep their samples, however they are spoken."""

import asyncio
from contextlib import aclosing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.voice.tts import PiperTts, Unit, piper, units
from edge_agent.workers.process import Worker
from tests.sim.engines import model_folder


def test_words_that_are_spoken_as_written_are_their_own_units():
    assert units("Sure, I can.", "Sure, I can.") == [Unit(word, word) for word in ("Sure,", "I", "can.")]


def test_a_time_is_one_unit_and_so_is_an_amount_with_its_word():
    assert units("It is 3:30 now.", "It is three thirty now.")[2] == Unit("3:30", "three thirty")
    assert units("about 5 km away", "about five kilometres away")[1] == Unit("5 km", "five kilometres")


@pytest.mark.parametrize(
    ("written", "said", "expected"),
    [
        ("yes — sir", "yes sir", [Unit("yes —", "yes"), Unit("sir", "sir")]),
        ("— yes", "yes", [Unit("— yes", "yes")]),
        ("yes 😀", "yes", [Unit("yes 😀", "yes")]),
        ("salt pepper", "salt and pepper", [Unit("salt", "salt and"), Unit("pepper", "pepper")]),
        ("—", "", [Unit("—", "")]),
        ("", "", []),
    ],
)
def test_what_is_only_written_or_only_said_goes_with_its_neighbour(written, said, expected):
    assert units(written, said) == expected


TEXT = st.lists(st.sampled_from(["a", "b", "c", "1", "one", "two", "—"]), max_size=8).map(" ".join)


@given(TEXT, TEXT)
def test_units_joined_are_both_texts_and_none_is_half(written, said):
    pairs = units(written, said)
    assert " ".join(pair.written for pair in pairs).strip() == written
    assert " ".join(pair.spoken for pair in pairs).strip() == said
    assert len(pairs) < 2 or all(pair.written and pair.spoken for pair in pairs)


async def synthesise(*texts):
    worker = Worker(piper(model_folder("piper-joe"), threads=2))
    await worker.start()
    try:
        tts = PiperTts(worker)
        return [[speech async for speech in tts.synthesise(text)] for text in texts]
    finally:
        await worker.stop()


@pytest.mark.models
def test_speech_carries_the_written_words_and_where_they_lie():
    text = "The train leaves at 3:30, I think. Shall we go?"
    (spoken,) = asyncio.run(synthesise(text))
    assert " ".join(speech.text for speech in spoken) == text
    for speech in spoken:
        assert " ".join(word.text for word in speech.words) == speech.text
        assert speech.rate_hz == 22_050
        assert speech.samples.dtype == np.float32
        edges = [edge for word in speech.words for edge in (word.start, word.end)]
        assert edges == sorted(edges)
        assert edges[-1] <= speech.samples.size
    time = next(word for word in spoken[0].words if word.text.startswith("3:30"))
    article = spoken[0].words[0]
    assert time.end - time.start > 2 * (article.end - article.start)


@pytest.mark.models
def test_nothing_to_say_is_no_speech():
    assert asyncio.run(synthesise("", "  ", "—")) == [[], [], []]


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
    assert [speech.text for speech in rest] == ["Done."]
