"""A processor that is slowed down by heat: what the kernel shows, and when it is believed."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.host.heat import COOL_AFTER, HOT_AFTER, Heat, slowed


def machine(tmp_path, *devices):
    for number, (kind, state) in enumerate(devices):
        folder = tmp_path / f"cooling_device{number}"
        folder.mkdir()
        (folder / "type").write_text(f"{kind}\n")
        (folder / "cur_state").write_text(f"{state}\n")
    return slowed(tmp_path)


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ([], False),
        ([("Processor", 0), ("Fan", 3)], False),
        ([("Processor", 0), ("Processor", 2)], True),
        ([("cpufreq-cpu0", 1)], True),
        ([("TCC Offset", 5)], True),
        ([("thermal-devfreq-0", 4)], False),
        ([("Processor", "many")], False),
    ],
)
def test_a_cooling_device_of_a_processor_that_is_at_work_slows_it_down(tmp_path, devices, expected):
    assert machine(tmp_path, *devices) is expected


def after(looks):
    heat = Heat()
    for look in looks:
        heat = heat.after(look)
    return heat.slowed


def test_it_is_believed_after_some_looks_and_over_after_more():
    assert not after([True] * (HOT_AFTER - 1))
    assert after([True] * HOT_AFTER)
    assert after([True] * HOT_AFTER + [False] * (COOL_AFTER - 1))
    assert not after([True] * HOT_AFTER + [False] * COOL_AFTER)


@given(st.lists(st.booleans(), max_size=50))
def test_the_plan_never_changes_faster_than_that(looks):
    heat, changes = Heat(), []
    for number, look in enumerate(looks):
        before, heat = heat, heat.after(look)
        changes += [number] if heat.slowed != before.slowed else []
    assert all(later - earlier >= HOT_AFTER for earlier, later in pairwise(changes))
