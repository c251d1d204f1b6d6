"""A slice of `make fuzz`: the same targets, with seeds that never change."""

import pytest
from fuzzing import fuzz
from targets import TARGETS
from targets_wires import STREAM, _cloud


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_it_reads_what_is_broken_without_a_crash_a_hang_or_a_heap(target):
    fuzz(target, rounds=1)


def test_everything_that_reads_has_a_target():
    assert len({target.name for target in TARGETS}) == len(TARGETS) >= 24


def test_the_stream_that_is_broken_is_understood_where_it_is_whole():
    _cloud(STREAM, None)
