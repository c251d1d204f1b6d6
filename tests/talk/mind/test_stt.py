"""Speech to text through a real worker with a real model."""

import asyncio
from contextlib import asynccontextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.base.frames import RATE_HZ
from edge_agent.bench.recordings import interruptions, load, noises
from edge_agent.talk.mind.invented import Invented
from edge_agent.talk.mind.stt import PIECE_S, WhisperStt, pieces, whisper
from edge_agent.workers.process import Worker
from edge_agent.workers.utterance import WORDS, utterance
from edge_agent.workers.whisper import words_of
from tests.sim.engines import model_folder, recordings

SENTENCE = " ".join(WORDS)


@asynccontextmanager
async def listening(name="whisper-tiny.en"):
    worker = Worker(whisper(model_folder(name), threads=2))
    await worker.start()
    try:
        yield WhisperStt(worker)
    finally:
        await worker.stop()


def said(transcript):
    return " ".join(words_of(transcript.text))


@pytest.mark.models
def test_words_come_back_from_the_worker_final_or_not():
    async def talk():
        async with listening() as stt:
            return [await stt.transcribe(utterance(), final=final) for final in (False, True)]

    for transcript in asyncio.run(talk()):
        assert said(transcript) == SENTENCE
        assert transcript.seconds == pytest.approx(utterance().size / RATE_HZ)
        assert transcript.ms > 0
        assert not transcript.overtaken


@pytest.mark.models
def test_what_was_said_can_be_listened_to_once_more_for_certain_words():
    async def talk():
        async with listening() as stt:
            too_long = np.zeros((PIECE_S + 1) * RATE_HZ, np.float32)
            return await stt.again(utterance(), (*WORDS, "mocha"), ()), await stt.again(too_long, WORDS, ())

    found, nothing = asyncio.run(talk())
    assert " ".join(words_of(found[0].text)) == SENTENCE
    assert nothing == []


@pytest.mark.models
def test_what_was_nearly_written_can_be_asked_for():
    async def talk():
        async with listening() as stt:
            await stt.transcribe(utterance(), final=True)
            too_long = np.zeros((PIECE_S + 1) * RATE_HZ, np.float32)
            return await stt.leanings(utterance(), ("mocha", *WORDS)), await stt.leanings(too_long, WORDS)

    found, nothing = asyncio.run(talk())
    assert " ".join(words_of("".join(found.pieces))) == SENTENCE
    assert found.nats.shape == (len(found.pieces) + 1, len(WORDS) + 1)
    assert nothing.pieces == ()
    assert nothing.nats.shape == (1, len(WORDS))


@pytest.mark.models
def test_silence_hiss_and_nothing_at_all_are_no_words_and_say_why():
    async def talk():
        hiss = np.random.default_rng(0).normal(0, 0.01, RATE_HZ).astype(np.float32)
        async with listening() as stt:
            sounds = (np.zeros(2 * RATE_HZ, np.float32), hiss, np.zeros(0, np.float32))
            return [await stt.transcribe(sound, final=True) for sound in sounds]

    for transcript in asyncio.run(talk()):
        assert transcript.text == ""
        assert transcript.why in Invented


@pytest.mark.models
def test_a_final_transcript_overtakes_the_partial_ones():
    async def talk():
        async with listening() as stt:
            partials = [asyncio.create_task(stt.transcribe(utterance(), final=False)) for _ in range(3)]
            await asyncio.sleep(0)
            final = await stt.transcribe(utterance(), final=True)
            return final, [partial.done() for partial in partials], await asyncio.gather(*partials)

    final, done, partials = asyncio.run(talk())
    assert said(final) == SENTENCE
    assert done == [True] * 3
    assert all(partial.overtaken and partial.text == "" for partial in partials)


@pytest.mark.models
def test_who_cancels_a_partial_transcript_is_obeyed_and_the_worker_goes_on():
    async def talk():
        async with listening() as stt:
            partial = asyncio.create_task(stt.transcribe(utterance(), final=False))
            await asyncio.sleep(0)
            partial.cancel()
            with pytest.raises(asyncio.CancelledError):
                await partial
            return await stt.transcribe(utterance(), final=True)

    assert said(asyncio.run(talk())) == SENTENCE


@pytest.mark.models
def test_audio_longer_than_whisper_hears_is_transcribed_whole():
    async def talk():
        silence = np.zeros(25 * RATE_HZ, np.float32)
        async with listening() as stt:
            return await stt.transcribe(np.concatenate((utterance(), silence, utterance())), final=True)

    transcript = asyncio.run(talk())
    assert said(transcript) == f"{SENTENCE} {SENTENCE}"
    assert transcript.seconds == pytest.approx(25 + 2 * utterance().size / RATE_HZ)


@pytest.mark.models
@pytest.mark.recordings
@pytest.mark.parametrize("name", ["whisper-tiny.en", "whisper-base"])
def test_noises_are_mostly_no_words_and_people_always_are(name):
    data = recordings()

    async def talk():
        async with listening(name) as stt:
            # A noise that reaches the agent through its voice detector is short.
            heard = [
                await stt.transcribe(load(noise.path)[: 2 * RATE_HZ], final=False)
                for noise in noises(data)[::16]
                if "/speech" not in noise.label
            ]
            words = [
                await stt.transcribe(load(clip.path)[: 3 * RATE_HZ], final=False) for clip in interruptions(data)[::16]
            ]
            return heard, words

    heard, words = asyncio.run(talk())
    assert sum(not transcript.text for transcript in heard) >= 0.8 * len(heard)
    assert sum(bool(transcript.text) for transcript in words) >= len(words) - 1


@settings(max_examples=30)
@given(st.integers(0, 3 * PIECE_S * RATE_HZ))
def test_pieces_joined_are_the_whole_and_none_is_too_long(count):
    audio = np.arange(count, dtype=np.float32)
    cut = pieces(audio)
    assert np.array_equal(np.concatenate(cut), audio)
    assert all(piece.size <= PIECE_S * RATE_HZ for piece in cut)
    assert len(cut) == 1 or all(piece.size for piece in cut)


def test_a_piece_ends_where_it_is_quiet():
    audio = np.random.default_rng(0).normal(0, 0.1, 40 * RATE_HZ).astype(np.float32)
    audio[23 * RATE_HZ : 24 * RATE_HZ] = 0
    first, _ = pieces(audio)
    assert 23 * RATE_HZ < first.size < 24 * RATE_HZ
