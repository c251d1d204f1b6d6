"""Pieces of a phrase, resampled, are the phrase resampled."""

from itertools import pairwise

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.frames import Speech
from edge_agent.talk.voice.joined import Joined

VOICE_HZ = 22_050
PHRASE = np.sin(2 * np.pi * 220 / VOICE_HZ * np.arange(VOICE_HZ)).astype(np.float32)


def cut(*places):
    edges = [0, *sorted(places), PHRASE.size]
    return [Speech("", PHRASE[a:b], VOICE_HZ, (), continues=b < PHRASE.size) for a, b in pairwise(edges)]


@pytest.mark.parametrize("device_hz", [16_000, 22_050, 44_100, 48_000])
@given(st.lists(st.integers(1, PHRASE.size - 1), max_size=4, unique=True))
def test_the_pieces_joined_are_the_whole(device_hz, places):
    joined = Joined(VOICE_HZ, device_hz)
    added = [joined.add(speech) for speech in cut(*places)]
    sound = np.concatenate([samples for samples, _ in added])
    whole = soxr.resample(PHRASE, VOICE_HZ, device_hz)
    assert sound.shape == whole.shape
    assert np.abs(sound - whole).max() < 1e-4
    ends = [lying.start + lying.length for _, lying in added]
    assert ends[-1] == pytest.approx(sound.size, abs=len(added))
    assert [lying.start for _, lying in added[1:]] == pytest.approx(ends[:-1], abs=1)


def test_resampled_each_by_itself_they_would_click():
    pieces = [soxr.resample(speech.samples, VOICE_HZ, 48_000) for speech in cut(5_025)]
    whole = soxr.resample(PHRASE, VOICE_HZ, 48_000)
    sound = np.concatenate(pieces)[: whole.size]
    assert np.abs(sound - whole[: sound.size]).max() > 0.05


def test_all_but_the_last_forty_milliseconds_of_a_piece_come_out_at_once():
    samples, _ = Joined(VOICE_HZ, 48_000).add(cut(8_000)[0])
    assert samples.size / 48_000 > 8_000 / VOICE_HZ - 0.04
