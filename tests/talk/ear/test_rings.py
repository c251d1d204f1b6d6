"""The exchange: nothing is reordered, nothing is lost uncounted, near and far stay together."""

import threading
from time import monotonic

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.talk.ear.delay import Watch, echo_peak
from edge_agent.talk.ear.rings import KEEP_MS, LEAD_MS_MAX, Exchange

RATE_HZ = 1000
BLOCK = 10
KEPT = RATE_HZ * KEEP_MS // 1000


def swap(exchange, near):
    out = np.full(len(near), np.nan, np.float32)
    exchange.swap(np.asarray(near, np.float32), out)
    return out


swaps = st.tuples(st.just("swap"), st.integers(1, 100))
reads = st.tuples(st.just("read"), st.integers(1, 12))
writes = st.tuples(st.just("write"), st.integers(1, 60))


@given(st.lists(st.one_of(swaps, reads, writes), max_size=150))
@settings(max_examples=200)
def test_whatever_the_order_every_sample_is_where_its_position_says_and_every_lost_one_is_counted(orders):
    exchange = Exchange(RATE_HZ, lead_ms=30)
    heard, given, written, read, follows = 0, [], 0, 0, 0
    for order, amount in orders:
        if order == "swap":
            given.extend(swap(exchange, np.arange(heard, heard + amount) + 1))
            heard += amount
        elif order == "write":
            more = min(amount, exchange.wanted)
            exchange.write(-(np.arange(written, written + more) + 1).astype(np.float32))
            written += more
        else:
            for _ in range(amount):
                block = exchange.read(0)
                if block is None:
                    break
                assert block.position >= follows
                assert np.array_equal(block.near, np.arange(block.position, block.position + BLOCK) + 1)
                assert np.array_equal(block.far, given[block.position : block.position + BLOCK])
                follows = block.position + BLOCK
                read += BLOCK
    played = [sample for sample in given if sample]
    assert played == [-(number + 1) for number in range(len(played))]
    assert exchange.captured == heard == len(given)
    assert exchange.played == len(played) == written - (exchange.lead - exchange.wanted)
    assert exchange.dropped == follows - read


def test_an_ear_that_sleeps_loses_the_oldest_and_is_told_how_much():
    exchange = Exchange(RATE_HZ, 30)
    for start in range(0, KEPT + 500, 50):
        swap(exchange, np.arange(start, start + 50))
    block = exchange.read(0)
    assert block.position == exchange.dropped == 500
    assert block.near[0] == 500


def test_a_voice_that_is_late_gives_silence_and_that_is_counted_once_it_has_begun():
    exchange = Exchange(RATE_HZ, 30)
    assert not swap(exchange, np.zeros(10)).any()
    assert exchange.starved == 0
    exchange.write(np.ones(4, np.float32))
    assert swap(exchange, np.zeros(10)).tolist() == [1] * 4 + [0] * 6
    assert (exchange.starved, exchange.played, exchange.captured) == (6, 4, 20)


def test_the_lead_is_asked_for_again_after_a_gap():
    exchange = Exchange(RATE_HZ, lead_ms=30)
    assert exchange.wanted == 30
    exchange.write(np.ones(30, np.float32))
    assert exchange.wanted == 0
    swap(exchange, np.zeros(50))
    assert exchange.wanted == 30


@given(st.lists(st.integers(1, 60), max_size=40))
def test_what_is_written_is_due_where_the_loudspeaker_takes_it(sizes):
    exchange = Exchange(RATE_HZ, lead_ms=30)
    given = []
    for size in sizes:
        exchange.write(np.arange(exchange.due, exchange.due + exchange.wanted, dtype=np.float32) + 1)
        given.extend(swap(exchange, np.zeros(size)))
    assert all(sample in (0, position + 1) for position, sample in enumerate(given))


def test_a_lead_that_was_too_short_grows_by_a_block_and_not_without_end():
    exchange = Exchange(RATE_HZ, lead_ms=30)
    exchange.widen()
    assert exchange.wanted == 40
    for _ in range(20):
        exchange.widen()
    assert exchange.wanted == LEAD_MS_MAX * RATE_HZ // 1000
    exchange.write(np.ones(exchange.wanted, np.float32))


def test_directions_with_clocks_of_their_own_are_paired_although_one_began_earlier():
    exchange, heard = Exchange(RATE_HZ, lead_ms=30), np.zeros(BLOCK, np.float32)
    out = np.empty(BLOCK, np.float32)
    for number in range(60):
        exchange.write(np.full(exchange.wanted, number, np.float32))
        exchange.play(out)
        if number >= 20:
            exchange.capture(heard)
    while (block := exchange.read(0)) is not None:
        far = block.far
    assert far[-1] > 50, "what was taken about then, not what was taken first"


def two_clocks(seconds, *, phase_ms=3.0, buffer_ms=0.0, ppm=0.0):
    """A loudspeaker that sounds what it takes after `buffer_ms`, on a clock that is slower, and a microphone that gives
    what it heard at once; return what the ear read."""
    now_s, rate_hz, block = 0.0, 16_000, 160
    voice = np.random.default_rng(0).standard_normal((seconds + 1) * rate_hz).astype(np.float32)
    exchange, taken, out = Exchange(rate_hz, 20, clock=lambda: now_s), [], np.empty(block, np.float32)
    blocks, written, played = [], 0, np.zeros(0, np.float32)
    for number in range(1, 100 * seconds):
        while 0.01 * len(taken) * (1 + ppm * 1e-6) + phase_ms / 1000 <= 0.01 * number:
            now_s = 0.01 * len(taken) * (1 + ppm * 1e-6) + phase_ms / 1000
            exchange.play(out)
            taken.append(out.copy())
        now_s = 0.01 * number
        played = np.concatenate(([0] * block, *taken[-10:]))
        first = max(0, len(taken) - 10) * block - block
        heard_s = now_s + np.arange(-block, 0) / rate_hz - (phase_ms + buffer_ms) / 1000
        exchange.capture(np.interp(heard_s / (1 + ppm * 1e-6) * rate_hz - first, np.arange(played.size), played))
        while (heard := exchange.read(0)) is not None:
            blocks.append(heard)
        wanted = exchange.wanted
        exchange.write(voice[written : written + wanted])
        written += wanted
    return blocks


@pytest.mark.parametrize("phase_ms", [0.5, 3, 9.5])
@pytest.mark.parametrize("buffer_ms", [0, 20])
def test_through_the_smallest_buffers_an_echo_still_comes_after_what_it_echoes(phase_ms, buffer_ms):
    blocks = two_clocks(3, phase_ms=phase_ms, buffer_ms=buffer_ms)
    near, far = (np.concatenate([getattr(block, side) for block in blocks[50:]]) for side in ("near", "far"))
    late = echo_peak(near, far)
    assert late.sharpness > 20, "whole, although not all of it had been taken"
    assert late.lag / 16 == pytest.approx(10 + buffer_ms, abs=1)


@pytest.mark.parametrize("ppm", [-100, 100])
def test_the_drift_of_two_clocks_is_told_although_the_pairing_follows_it(ppm):
    watch = Watch()
    for block in two_clocks(60, buffer_ms=30, ppm=ppm):
        watch.take(block.near, block.far, block.ahead)
    assert watch.echo.delay_ms == pytest.approx(40, abs=2)
    assert watch.echo.drift_ppm == pytest.approx(ppm, abs=10)
    assert watch.echo.jumps == 0


def test_a_reader_is_woken_by_the_swap_and_not_by_the_clock():
    exchange = Exchange(RATE_HZ, 30)
    read = []
    reader = threading.Thread(target=lambda: read.append(exchange.read(30)))
    reader.start()
    begun = monotonic()
    swap(exchange, np.zeros(BLOCK))
    reader.join()
    assert monotonic() - begun < 10
    assert read[0].position == 0


def test_a_reader_that_gets_too_little_gives_up_in_time():
    exchange = Exchange(RATE_HZ, 30)
    swap(exchange, np.zeros(BLOCK - 1))
    begun = monotonic()
    assert exchange.read(0.05) is None
    assert 0.04 < monotonic() - begun < 10


def test_two_threads_at_full_speed_see_every_sample_in_order():
    exchange = Exchange(RATE_HZ * 10, 30)
    size = 100

    def device():
        for start in range(0, 300 * size, size):
            swap(exchange, np.arange(start, start + size))

    swapping = threading.Thread(target=device)
    swapping.start()
    follows = 0
    while (block := exchange.read(0.5)) is not None:
        assert block.position >= follows
        assert block.near[0] == block.position
        assert block.near[-1] == block.position + size - 1
        follows = block.position + size
    swapping.join()
    assert follows == 300 * size
