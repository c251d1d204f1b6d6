"""The exchange: nothing is reordered, nothing is lost uncounted, near and far stay together."""

import threading
from time import monotonic

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.talk.ear import rings
from edge_agent.talk.ear.delay import echo_peak
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


@pytest.mark.parametrize("phase_ms", [0.5, 3, 9.5])
@pytest.mark.parametrize("buffer_ms", [0, 20])
def test_through_the_smallest_buffers_an_echo_still_comes_after_what_it_echoes(monkeypatch, phase_ms, buffer_ms):
    # A loudspeaker that sounds what it takes at once, and a microphone that gives what it heard at once.
    now_s, rate_hz, block = 0.0, 16_000, 160
    monkeypatch.setattr(rings, "monotonic", lambda: now_s)
    voice = np.random.default_rng(0).standard_normal(100 * rate_hz).astype(np.float32)
    exchange, air = Exchange(rate_hz, lead_ms=20), np.zeros(100 * rate_hz, np.float32)
    near, far, written = [], [], 0
    for number in range(300):
        now_s = number * 0.01
        if number:
            exchange.capture(air[(number - 1) * block : number * block])
        while (heard := exchange.read(0)) is not None:
            near.append(heard.near)
            far.append(heard.far)
        wanted = exchange.wanted
        exchange.write(voice[written : written + wanted])
        written += wanted
        now_s += phase_ms / 1000
        at = round((now_s + buffer_ms / 1000) * rate_hz)
        exchange.play(air[at : at + block])
    late = echo_peak(np.concatenate(near[50:]), np.concatenate(far[50:]))
    assert late.sharpness > 50, "whole, although not all of it had been taken"
    assert late.lag / 16 == pytest.approx(10 + buffer_ms, abs=1)


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
