"""A recording of any length, cut at pauses, with nothing lost."""

import tracemalloc
import wave

import numpy as np
import pytest

from edge_agent.base.frames import RATE_HZ
from edge_agent.cli.listening import cut
from edge_agent.talk.ear.wav import WavReader


def recording(path, seconds, rate_hz, channels=1):
    """Noise with a pause of half a second in every five."""
    second = np.random.default_rng(3).uniform(-0.3, 0.3, (rate_hz, channels))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        for at in range(seconds):
            part = second.copy()
            if at % 5 == 4:
                part[rate_hz // 2 :] = 0
            file.writeframes((part * 32767).astype("<i2").tobytes())
    return WavReader(path)


@pytest.mark.parametrize(("rate_hz", "channels"), [(8_000, 1), (16_000, 1), (44_100, 2), (96_000, 2)])
def test_the_pieces_together_are_the_recording(tmp_path, rate_hz, channels):
    parts = list(cut(recording(tmp_path / "a.wav", 65, rate_hz, channels)))
    seconds = sum(part.size for part in parts) / RATE_HZ
    assert 65 <= seconds < 65.1
    assert all(part.size <= 28 * RATE_HZ for part in parts)


def test_it_is_cut_in_the_pauses(tmp_path):
    parts = list(cut(recording(tmp_path / "a.wav", 95, 16_000)))
    ends_s = np.cumsum([part.size for part in parts[:-1]]) / RATE_HZ
    assert ends_s.size
    assert all(4.5 <= end % 5 <= 5 for end in ends_s)


def test_a_short_one_stays_whole(tmp_path):
    (part,) = cut(recording(tmp_path / "a.wav", 3, 16_000))
    assert part.size >= 3 * RATE_HZ


def test_an_hour_takes_no_more_memory_than_a_minute(tmp_path):
    reader = recording(tmp_path / "hour.wav", 3600, 8_000)
    tracemalloc.start()
    count = sum(1 for _ in cut(reader))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count >= 129
    assert peak < 50e6
