"""The sound of a turn: from a little before its onset, and all of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.frames import CHUNK, RATE_HZ, Heard
from edge_agent.talk.ear.utterance import HISTORY_S, SURE, TURN_CHUNKS, Utterance

CHUNKS = st.integers(1, 200)
KEPT = int(HISTORY_S * RATE_HZ / CHUNK)


def chunk(number):
    """The chunk whose samples are their own positions."""
    position = number * CHUNK
    return Heard(position, np.arange(position, position + CHUNK, dtype=np.float32), 0.0, -60.0)


def hear(utterance, first, end):
    for number in range(first, end):
        utterance.hear(chunk(number))


@given(CHUNKS, st.integers(0, 2000), st.data())
def test_a_turn_begins_at_most_one_chunk_before_its_preroll_and_never_after_it(heard, preroll_ms, data):
    utterance = Utterance(preroll_ms)
    hear(utterance, 0, heard)
    onset = data.draw(st.integers(0, heard * CHUNK - 1))
    utterance.open(onset)
    samples = utterance.samples()
    wanted = max(0, onset - preroll_ms * RATE_HZ // 1000, (heard - KEPT) * CHUNK)
    assert wanted - CHUNK < samples[0] <= wanted if samples.size else wanted >= heard * CHUNK
    assert np.array_equal(samples, np.arange(samples[0], heard * CHUNK, dtype=np.float32))


@given(CHUNKS, CHUNKS)
def test_a_turn_grows_by_all_that_is_heard(before, after):
    utterance = Utterance(0)
    hear(utterance, 0, before)
    utterance.open((before - 1) * CHUNK)
    hear(utterance, before, before + after)
    assert utterance.samples().size == (after + 1) * CHUNK
    assert utterance.seconds == (after + 1) * CHUNK / RATE_HZ


def test_no_turn_has_no_sound():
    utterance = Utterance(400)
    hear(utterance, 0, 10)
    assert (utterance.seconds, utterance.samples().size) == (0, 0)


def test_what_was_heard_in_the_last_turn_is_the_preroll_of_the_next():
    utterance = Utterance(64)
    utterance.open(0)
    hear(utterance, 0, 10)
    utterance.close()
    assert utterance.samples().size == 0
    utterance.open(10 * CHUNK)
    assert utterance.samples()[0] == 8 * CHUNK


def test_what_was_heard_before_muting_is_nobodys_preroll():
    utterance = Utterance(400)
    utterance.open(0)
    hear(utterance, 0, 10)
    utterance.forget()
    assert utterance.samples().size == 0
    utterance.open(10 * CHUNK)
    assert utterance.samples().size == 0


def test_sound_that_was_lost_does_not_move_the_preroll():
    utterance = Utterance(64)
    hear(utterance, 0, 5)
    hear(utterance, 100, 105)
    utterance.open(104 * CHUNK)
    assert utterance.samples()[0] == 102 * CHUNK


def test_a_turn_that_nobody_ends_keeps_its_last_minute():
    utterance = Utterance(0)
    utterance.hear(chunk(0))
    utterance.open(0)
    hear(utterance, 1, 3 * TURN_CHUNKS)
    assert utterance.seconds == pytest.approx(60, abs=0.1)
    assert utterance.samples()[-1] == 3 * TURN_CHUNKS * CHUNK - 1


def test_it_knows_for_how_long_somebody_surely_spoke():
    utterance = Utterance(0)
    for number, voice in enumerate([0.0, SURE, 0.5, SURE, 1.0]):
        if number == 2:
            utterance.open(CHUNK)
        utterance.hear(Heard(number * CHUNK, np.zeros(CHUNK, np.float32), voice, -60.0))
    assert utterance.voice_s == pytest.approx(3 * CHUNK / RATE_HZ)
    utterance.close()
    assert utterance.voice_s == 0
