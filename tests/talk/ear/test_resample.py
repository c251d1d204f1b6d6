"""From any rate to ours, at once: no sample too many, none too few, and a tone stays the tone it was."""

import numpy as np
import pytest

from edge_agent.base.frames import FRAME, RATE_HZ
from edge_agent.talk.ear.resample import DELAY_MS, Resampler

DEVICES_HZ = [8_000, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000]


def stream(rate_in_hz, samples, rate_out_hz=RATE_HZ, block=FRAME):
    resampler = Resampler(rate_in_hz, rate_out_hz, block)
    step = rate_in_hz // 100
    return [out for at in range(0, samples.size, step) for out in resampler.process(samples[at : at + step])]


def tone(hz, rate_hz, seconds=3):
    return np.sin(2 * np.pi * hz * np.arange(rate_hz * seconds) / rate_hz).astype(np.float32)


@pytest.mark.parametrize("rate_hz", DEVICES_HZ)
def test_blocks_are_10_ms_and_their_count_does_not_drift(rate_hz):
    blocks = stream(rate_hz, tone(440, rate_hz, seconds=20))
    assert {block.size for block in blocks} == {FRAME}
    assert 2000 - 4 <= len(blocks) <= 2000


def seen(out, hz, rate_hz):
    """Loudness, shift in samples, and all that is not the tone, over a second and a half from the middle."""
    at = np.arange(rate_hz // 2, 2 * rate_hz)
    turning = np.exp(-2j * np.pi * hz * at / rate_hz)
    found = 2 * np.mean(out[at] * turning)
    rest = out[at] - np.real(found / turning)
    shift = -(np.angle(found) + np.pi / 2) / (2 * np.pi * hz) * rate_hz
    return abs(found), shift, np.sqrt(np.mean(rest**2))


@pytest.mark.parametrize("rate_hz", DEVICES_HZ)
def test_a_tone_comes_out_at_its_own_height_loudness_and_time(rate_hz):
    late = Resampler(rate_hz).late
    for hz in (60, 1000, 3400):
        loudness, shift, rest = seen(np.concatenate(stream(rate_hz, tone(hz, rate_hz))), hz, RATE_HZ)
        assert loudness == pytest.approx(1, abs=0.001)
        assert rest < 1e-4
        period = RATE_HZ / hz
        assert abs((shift - late + period / 2) % period - period / 2) < 0.05


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000])
def test_what_is_heard_comes_out_within_three_milliseconds(rate_hz):
    assert DELAY_MS < 3
    assert Resampler(rate_hz).late <= DELAY_MS * RATE_HZ / 1000
    click = np.zeros(rate_hz // 2, np.float32)
    click[rate_hz // 4] = 1
    out = np.concatenate(stream(rate_hz, click))
    assert np.abs(out).argmax() == pytest.approx(RATE_HZ // 4 + Resampler(rate_hz).late, abs=1)


@pytest.mark.parametrize("rate_hz", [32_000, 44_100, 48_000, 96_000])
def test_a_band_of_seven_kilohertz_comes_through_as_it_was(rate_hz):
    for hz in (100, 3000, 6900):
        loudness, _, _ = seen(np.concatenate(stream(rate_hz, tone(hz, rate_hz))), hz, RATE_HZ)
        assert loudness == pytest.approx(1, abs=0.001)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_what_we_cannot_hold_does_not_come_back_as_something_else(rate_hz):
    out = np.concatenate(stream(rate_hz, tone(10_000, rate_hz)))
    assert np.abs(out[RATE_HZ // 2 :]).max() < 1e-4


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_ten_ms_in_are_ten_ms_out_without_bursts(rate_hz):
    resampler = Resampler(rate_hz)
    silence = np.zeros(rate_hz // 100, np.float32)
    hiss = np.random.default_rng(1).standard_normal(rate_hz // 100).astype(np.float32)
    assert all(len(list(resampler.process(samples))) == 1 for samples in (hiss, silence) * 200)


def test_the_voice_can_go_the_other_way():
    out = np.concatenate(stream(24_000, tone(100, 24_000), 44_100, 441))
    loudness, shift, rest = seen(out, 100, 44_100)
    assert loudness == pytest.approx(1, abs=0.001)
    assert shift == pytest.approx(Resampler(24_000, 44_100, 441).late, abs=0.1)
    assert rest < 1e-4


def test_pieces_of_any_size_make_the_same_stream():
    samples = np.random.default_rng(1).standard_normal(44_100).astype(np.float32)
    resampler, odd, at = Resampler(44_100), [], 0
    for size in (1, 2, 440, 441, 900, 7, 3000) * 9:
        odd += resampler.process(samples[at : at + size])
        at += size
    whole, odd = np.concatenate(stream(44_100, samples[:at])), np.concatenate(odd)
    size = min(whole.size, odd.size)
    assert size > at * RATE_HZ / 44_100 - 2 * FRAME
    assert odd[:size] == pytest.approx(whole[:size], abs=1e-5)


@pytest.mark.parametrize("rate_hz", DEVICES_HZ)
def test_after_a_silence_a_stream_goes_on_where_it_would_have_been(rate_hz):
    parts = (tone(440, rate_hz, seconds=1), np.zeros(2 * rate_hz, np.float32), tone(700, rate_hz, seconds=1))
    whole = np.concatenate(parts)
    rested = np.concatenate(stream(rate_hz, whole))
    hiss = np.float32(1e-9)  # as good as silence, and no reason to rest
    awake = np.concatenate(stream(rate_hz, whole + hiss))
    size = min(rested.size, awake.size)
    assert size > 3.9 * RATE_HZ
    assert rested[:size] == pytest.approx(awake[:size], abs=1e-4)
