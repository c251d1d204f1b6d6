"""The noise floor, against noises that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.frames import CHUNK, RATE_HZ
from edge_agent.talk.ear.noise_floor import BLOCK, EDGES_HZ, WINDOW_S, NoiseFloor, bands


def noise(seconds, dbfs=-50.0, seed=0):
    size = int(seconds * RATE_HZ) // CHUNK * CHUNK
    return (np.random.default_rng(seed).standard_normal(size) * 10 ** (dbfs / 20)).astype(np.float32)


def fed(*sounds):
    floor = NoiseFloor()
    for chunk in np.concatenate(sounds).reshape(-1, CHUNK):
        floor.feed(bands(chunk))
    return floor


def level(floor):
    return 10 * np.log10(floor.powers.sum())


def test_a_tone_is_in_its_band_and_has_its_power():
    tone = 0.1 * np.sin(2 * np.pi * 1150 * np.arange(CHUNK) / RATE_HZ).astype(np.float32)
    powers = bands(tone)
    assert EDGES_HZ[int(np.argmax(powers))] == 1080
    assert 10 * np.log10(powers.sum()) == pytest.approx(-23, abs=0.5)


def test_a_steady_noise_is_known_within_a_second():
    assert level(fed(noise(1.0, -50))) == pytest.approx(-50, abs=2)


def test_bursts_over_the_noise_leave_it_where_it_is():
    bursts = [part for seed in range(6) for part in (noise(0.5, -50, seed), noise(0.7, -20, seed))]
    assert level(fed(*bursts)) == pytest.approx(-50, abs=3)


def test_a_louder_noise_is_followed_after_the_window_and_a_softer_one_at_once():
    before = noise(5, -60)
    assert level(fed(before, noise(WINDOW_S / 2, -30))) == pytest.approx(-61, abs=2)
    assert level(fed(before, noise(WINDOW_S + 0.6, -30))) == pytest.approx(-31, abs=2)
    assert level(fed(noise(5, -30), noise(0.6, -60))) == pytest.approx(-61, abs=2)


@given(st.floats(-40, 40), st.integers(0, 5))
def test_it_knows_no_absolute_level(gain_db, seed):
    sound = noise(1.0, -50, seed)
    louder = fed(sound * np.float32(10 ** (gain_db / 20)))
    assert level(louder) == pytest.approx(level(fed(sound)) + gain_db, abs=0.1)


@given(st.integers(0, BLOCK - 1))
def test_before_the_first_block_nothing_is_known(chunks):
    assert not fed(noise(chunks * CHUNK / RATE_HZ), np.zeros(0, np.float32)).powers.any()
