"""The pairing of two clocks: near and far stay together, whatever the clocks, the jitter and the losses."""

import numpy as np
import pytest

from edge_agent.talk.ear.pairing import JUMP_MS, Moved, Pairing

RATE_HZ = 48_000
BLOCK = 480


def run(seconds, *, ppm=0.0, jitter_ms=0.0, headstart_ms=0.0, lost_at=None, queued=2 * BLOCK, seed=0):
    """Two devices with callbacks every 10 ms of their own clocks; how late the far side is paired, ms, block by block,
    and how many of the samples that it is paired with had not been taken yet.

    A far sample is taken at its true time, so the lateness is the difference of the times of what is paired.
    """
    random = np.random.default_rng(seed)
    pairing, lateness, wanting = Pairing(RATE_HZ), [], []
    rate = RATE_HZ * (1 + ppm * 1e-6)
    blocks = round(seconds * 100)
    heard_at = (np.arange(1, blocks + 1) * 0.01) + random.uniform(0, jitter_ms / 1000, blocks)
    taken_at = np.arange(1, 2 * blocks) * BLOCK / rate - headstart_ms / 1000 - 0.004
    taken_at += random.uniform(0, jitter_ms / 1000, taken_at.size)
    for number, now in enumerate(heard_at):
        count = int(np.searchsorted(taken_at, now))
        lost = BLOCK if lost_at is not None and now > lost_at else 0
        captured = (number + 1) * BLOCK - lost
        offset = pairing.offset(Moved(captured, now), Moved(count * BLOCK, taken_at[count - 1]), queued)
        wanting.append(captured + offset - count * BLOCK)
        far_time = (captured + offset) / rate - headstart_ms / 1000 - 0.004
        lateness.append(1000 * ((number + 1) * 0.01 - far_time))
    return np.array(lateness), np.array(wanting)


@pytest.mark.parametrize("ppm", [-200, -50, 0, 50, 200])
@pytest.mark.parametrize("jitter_ms", [0, 6])
def test_drifting_clocks_keep_their_delay(ppm, jitter_ms):
    lateness, wanting = run(300, ppm=ppm, jitter_ms=jitter_ms, headstart_ms=130)
    assert np.ptp(lateness[100:]) < 3
    assert np.abs(lateness[100:]).max() < 4, "an echo through the smallest buffers still comes after what it echoes"
    assert wanting[100:].max() < 2 * BLOCK, "what was not taken yet waits in the queue"


def test_where_the_queue_holds_too_little_the_far_side_may_come_late():
    lateness, wanting = run(60, jitter_ms=6, queued=0)
    assert 8 < lateness[-1] < 22
    assert np.mean(wanting[-1000:] > 0) < 0.1


def test_it_moves_by_single_samples():
    lateness, _ = run(120, ppm=200, jitter_ms=3)
    assert np.abs(np.diff(lateness[2000:])).max() < 1.5 * 1000 / RATE_HZ + 0.003


def test_lost_sound_is_put_right_within_two_windows():
    lateness, _ = run(30, jitter_ms=3, lost_at=20)
    before, after = lateness[1500:2000].mean(), lateness[2110:].mean()
    assert abs(after - before) < 1
    assert np.abs(lateness[2000:2050] - before).max() > JUMP_MS
