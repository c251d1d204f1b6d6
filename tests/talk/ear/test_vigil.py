"""A device that died without an error is noticed within a second, and nothing else is."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.ear.vigil import (
    FIRST_S,
    GAP_S,
    LIVELY_S,
    LIVELY_S_MAX,
    LOOK_S,
    MISSED_S,
    SILENT_S,
    WINDOW_S,
    Edge,
    Flow,
    Level,
)

RATE = 48_000

SLOW = 1 - MISSED_S
"""Of its rate: a device that is slower is taken for gone."""


def looks(flow, moved, since, until):
    """Look as often as it wants; return when it was found to have stopped."""
    now = since
    while now < until:
        if flow.due(now) and flow.stopped(*moved(now), now):
            return now
        now += 0.01
    return None


def steady(now):
    return round(now * RATE), round(now * RATE)


@given(
    at=st.floats(0.3, 5),
    speeds=st.tuples(st.floats(0, 1), st.floats(0, 1)).filter(lambda both: min(both) < SLOW - 0.1),
)
def test_a_direction_that_stops_or_crawls_is_noticed_within_a_second_and_two_looks(at, speeds):
    flow = Flow(RATE, 0)

    def moved(now):
        late = max(0, now - at)
        return tuple(round((now - late + late * speed) * RATE) for speed in speeds)

    noticed = looks(flow, moved, 0, 10)
    assert noticed is not None
    assert noticed - at <= WINDOW_S + 2 * LOOK_S
    if min(speeds) == 0:
        assert noticed - at <= 1.0


@given(st.floats(SLOW + 0.1, 1.2), st.floats(SLOW + 0.1, 1.2))
def test_a_device_that_merely_is_slow_is_left_alone(heard, played):
    flow = Flow(RATE, 0)
    assert looks(flow, lambda now: (round(now * heard * RATE), round(now * played * RATE)), 0, 10) is None


@given(st.floats(0, MISSED_S - 0.02))
def test_a_hiccup_is_left_alone(stall):
    flow = Flow(RATE, 0)

    def moved(now):
        going = min(now, 3) + max(0, now - 3 - stall)
        return round(going * RATE), round(going * RATE)

    assert looks(flow, moved, 0, 8) is None


def test_the_first_sound_may_take_its_time_but_not_for_ever():
    assert looks(Flow(RATE, 0), lambda now: (round(now * RATE), 0), 0, 10) == pytest.approx(FIRST_S, abs=0.2)
    primed = Flow(RATE, 0)
    assert looks(primed, lambda now: (round(now * RATE), RATE // 20), 0, 10) == pytest.approx(FIRST_S, abs=0.2)
    slow = Flow(RATE, 0)
    assert looks(slow, lambda now: (round(max(0, now - FIRST_S + 1) * RATE),) * 2, 0, 10) is None
    assert slow.begun


@given(st.floats(0.5, 30))
def test_a_process_that_stood_still_itself_knows_nothing_of_the_device(stood):
    flow = Flow(RATE, 0)
    assert looks(flow, steady, 0, 3) is None
    assert looks(flow, lambda now: steady(now - stood), 3 + stood, 6 + stood) is None


def blocks(level, seconds, *, zeros):
    return [edge for _ in range(round(seconds * 100)) if (edge := level.feed(zeros=zeros))]


def test_zeros_after_sound_are_told_once_and_so_is_their_end():
    level = Level()
    assert blocks(level, LIVELY_S, zeros=False) == []
    assert blocks(level, SILENT_S - 0.01, zeros=True) == []
    assert blocks(level, 60, zeros=True) == [Edge.FELL_SILENT]
    assert blocks(level, 60, zeros=False) == [Edge.SOUNDS_AGAIN]


def test_a_device_that_was_always_zero_is_never_told():
    assert blocks(Level(), 600, zeros=True) == []


@given(st.lists(st.tuples(st.floats(0.01, LIVELY_S - 0.01), st.floats(GAP_S, 20)), max_size=20))
def test_a_source_whose_silence_is_zeros_is_never_told(life):
    level = Level()
    for sound, silence in life:
        assert blocks(level, sound, zeros=False) == []
        assert blocks(level, silence, zeros=True) == []


@given(st.lists(st.tuples(st.floats(0.1, 90), st.floats(0.01, 30)), max_size=30))
def test_however_it_comes_and_goes_it_is_told_in_turn_and_less_and_less_often(life):
    level, edges, told_at, now = Level(), [], [], 0.0
    for sound, silence in life:
        for seconds, zeros in ((sound, False), (silence, True)):
            new = blocks(level, seconds, zeros=zeros)
            edges += new
            now += seconds
            told_at += [now] * new.count(Edge.FELL_SILENT)
    assert edges == [Edge.FELL_SILENT, Edge.SOUNDS_AGAIN] * (len(edges) // 2) + [Edge.FELL_SILENT] * (len(edges) % 2)
    needed = LIVELY_S
    for earlier, later in pairwise(told_at):
        needed = min(2 * needed, LIVELY_S_MAX)
        assert later - earlier >= needed


def test_a_device_that_is_opened_has_to_show_first_that_it_is_lively():
    level = Level()
    blocks(level, LIVELY_S, zeros=False)
    level.anew()
    assert blocks(level, 60, zeros=True) == []
