"""The simulated room does to sound what it says."""

import numpy as np
import pytest

from edge_agent.base.frames import RATE_HZ, dbfs
from edge_agent.talk.ear.delay import echo_peak
from edge_agent.talk.ear.rings import Exchange
from edge_agent.talk.ear.room import Room, RoomAcoustics

QUIET = RoomAcoustics(noise_dbfs=-120)


def live(room, seconds, spoken=lambda n: np.zeros(n, np.float32)):
    """Let time pass while the agent plays; return what the microphone heard and what was played, at RATE_HZ."""
    exchange = Exchange(room.rate_hz, 20)
    room.open(exchange)
    near, far = [], []
    for _ in range(round(seconds * 100)):
        exchange.write(spoken(exchange.wanted))
        room.advance()
        block = exchange.read(0)
        near.append(block.near)
        far.append(block.far)
    return np.concatenate(near), np.concatenate(far)


def hiss(seed=0, level=0.1):
    random = np.random.default_rng(seed)
    return lambda n: (random.standard_normal(n) * level).astype(np.float32)


def room(acoustics=QUIET, rate_hz=RATE_HZ, **more):
    return Room(acoustics, rate_hz, real_time=False, **more)


@pytest.mark.parametrize("echo_db", [-10, -20, -40])
@pytest.mark.parametrize("reverb_ms", [0, 200])
def test_the_loudspeaker_comes_back_as_loud_as_was_asked(echo_db, reverb_ms):
    near, far = live(room(RoomAcoustics(echo_db, noise_dbfs=-120, reverb_ms=reverb_ms)), 4, hiss())
    assert dbfs(near[RATE_HZ:]) - dbfs(far[RATE_HZ:]) == pytest.approx(echo_db, abs=1)


@pytest.mark.parametrize("delay_ms", [10, 40, 240])
@pytest.mark.parametrize("rate_hz", [16_000, 48_000])
def test_and_as_late(delay_ms, rate_hz):
    near, far = live(room(RoomAcoustics(delay_ms=delay_ms), rate_hz), 1, hiss())
    shrink = rate_hz // RATE_HZ
    assert abs(echo_peak(near[::shrink], far[::shrink]).lag - delay_ms * 16) <= 1


def test_a_slow_clock_makes_the_echo_later_all_the_time():
    near, far = live(room(RoomAcoustics(drift_ppm=500, reverb_ms=0)), 10, hiss())
    first = echo_peak(near[:RATE_HZ], far[:RATE_HZ]).lag
    last = echo_peak(near[-RATE_HZ:], far[-RATE_HZ:]).lag
    assert last - first == pytest.approx(9 * RATE_HZ * 500e-6, abs=3)


def test_a_suffering_loudspeaker_makes_sounds_that_it_was_not_given():
    def hum(n, at=[0]):  # noqa: B006 - the phase goes on from call to call
        at[0] += n
        return np.sin(2 * np.pi * 500 * (np.arange(n) + at[0] - n) / RATE_HZ).astype(np.float32)

    def third(distortion):
        near, _ = live(room(RoomAcoustics(noise_dbfs=-120, reverb_ms=0, distortion=distortion)), 2, hum)
        heard = np.abs(np.fft.rfft(near[-RATE_HZ:]))
        return 20 * np.log10(heard[1500] / heard[500])

    assert third(0) < -60
    assert third(3) > -20


def test_noise_is_as_loud_as_was_asked():
    near, _ = live(room(RoomAcoustics(noise_dbfs=-50)), 2)
    assert dbfs(near) == pytest.approx(-50, abs=0.5)


def test_what_is_said_is_heard_from_now_on_and_its_end_is_known():
    place = room(rate_hz=48_000)
    exchange = Exchange(48_000, 20)
    place.open(exchange)
    place.advance(100)
    end = place.say(np.full(RATE_HZ // 2, 0.3, np.float32))
    assert end == place.position + RATE_HZ // 2 == RATE_HZ * 3 // 2
    place.advance(100)
    kept = place.recording
    voiced = np.flatnonzero(np.abs(kept.mic) > 0.1)
    assert voiced[0] == pytest.approx(48_000, abs=48)
    assert voiced[-1] == pytest.approx(72_000, abs=48)
    assert kept.user.size == kept.agent.size == kept.mic.size == 96_000


def test_two_may_speak_at_once():
    place = room()
    place.open(Exchange(RATE_HZ, 20))
    place.say(np.full(1600, 0.2, np.float32))
    place.say(np.full(800, 0.3, np.float32))
    place.advance(20)
    user = place.recording.user
    assert user[:800] == pytest.approx(0.5, abs=1e-3)
    assert user[800:1600] == pytest.approx(0.2, abs=1e-3)
    assert not user[1600:].any()


def test_the_agents_last_sound_is_known():
    place = room()
    exchange = Exchange(RATE_HZ, 100)
    place.open(exchange)
    place.advance(10)
    assert place.last_sound is None
    exchange.write(np.full(800, 0.2, np.float32))
    place.advance(30)
    assert place.last_sound == 1600 + 800 - 1


def test_a_recording_is_bounded():
    place = room(keep_s=0.1)
    place.open(Exchange(RATE_HZ, 20))
    place.advance(100)
    assert place.recording.mic.size == RATE_HZ // 10


def test_in_real_time_it_goes_by_itself():
    place = Room(QUIET, RATE_HZ)
    exchange = Exchange(RATE_HZ, 20)
    place.open(exchange)
    assert all(exchange.read(5) is not None for _ in range(20))
    place.close()
    captured = exchange.captured
    assert exchange.captured == captured
    place.close()
