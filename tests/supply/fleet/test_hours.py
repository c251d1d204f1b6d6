"""When updates may be fetched: hours of the day, over midnight too."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.supply.fleet.hours import Hours, hours

DAY_MIN = 24 * 60
MIDNIGHT = datetime(2026, 11, 26).timestamp()  # local time, as the hours are

minutes = st.integers(0, DAY_MIN - 1)


@pytest.mark.parametrize(
    ("said", "clock", "wait_h"),
    [
        ("", "12:00", 0),
        ("02:00-05:00", "02:00", 0),
        ("02:00-05:00", "04:59", 0),
        ("02:00-05:00", "05:00", 21),
        ("02:00-05:00", "01:00", 1),
        ("22:00-06:00", "23:30", 0),
        ("22:00-06:00", "05:59", 0),
        ("22:00-06:00", "06:00", 16),
        ("07:00-07:00", "12:00", 0),
        ("02:30-05:15", "05:14", 0),
        ("02:30-05:15", "02:00", 0.5),
    ],
)
def test_they_are_waited_for_and_begin_and_end_as_they_are_written(said, clock, wait_h):
    hour, minute = map(int, clock.split(":"))
    assert hours(said).wait_s(MIDNIGHT + 60 * (60 * hour + minute)) == 3600 * wait_h


@given(minutes, minutes, minutes, st.floats(0, 1, exclude_max=True))
def test_whoever_waited_is_within_them_and_not_all_devices_begin_at_once(begin, end, minute, chance):
    told, now = Hours(begin, end), MIDNIGHT + 60 * minute
    length = (end - begin) % DAY_MIN or DAY_MIN
    wait_s = told.wait_s(now, chance)
    assert (wait_s == 0) == ((minute - begin) % DAY_MIN < length)
    assert told.wait_s(now + wait_s) == 0
    if wait_s:
        assert wait_s == pytest.approx(told.wait_s(now) + chance * 60 * length / 2)
