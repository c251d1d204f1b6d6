"""Whether the models on trial do as well as those before."""

from dataclasses import replace

import pytest

from edge_agent.supply.fleet import health
from edge_agent.supply.fleet.health import Health, Limits, Verdict, judge

LIMITS = Limits(probation_s=600, turns_min=10, slower_max=1.3, growth_max=1.5, growth_mb=200)
BEFORE = Health(turns=50, first_sound_p95_ms=400, transcript_p95_ms=200, memory_mb=700, memory_begun_mb=700)
AS_GOOD = replace(BEFORE, turns=10)


def verdict(now=AS_GOOD, before=BEFORE, elapsed_s=600.0):
    return judge(now, before, elapsed_s, LIMITS)[0]


def test_it_is_good_after_its_time_and_its_turns_and_not_before():
    assert verdict() is Verdict.GOOD
    assert verdict(elapsed_s=599.9) is Verdict.WAIT
    assert verdict(replace(AS_GOOD, turns=9)) is Verdict.QUIET
    assert verdict(Health(), Health()) is Verdict.QUIET


@pytest.mark.parametrize("elapsed_s", [0.0, 600.0])
@pytest.mark.parametrize(
    ("worse", "told"),
    [
        ({"broken": "no such file"}, "can't be loaded: no such file"),
        ({"crashes": 1}, "workers died 1 times"),
        ({"first_sound_p95_ms": 521}, "first sound takes 1.3 times as long"),
        ({"transcript_p95_ms": 261}, "transcript takes 1.3 times as long"),
        ({"memory_mb": 1051}, "memory grew from 700 to 1051 MB"),
    ],
)
def test_what_is_worse_is_bad_at_once_and_why_is_said(worse, told, elapsed_s):
    found, why = judge(replace(AS_GOOD, **worse), BEFORE, elapsed_s, LIMITS)
    assert found is Verdict.BAD
    assert told in why


@pytest.mark.parametrize(
    "bearable", [{"first_sound_p95_ms": 520}, {"transcript_p95_ms": 260}, {"memory_mb": 1050}, {"memory_begun_mb": 0}]
)
def test_a_little_worse_is_good_enough(bearable):
    assert verdict(replace(AS_GOOD, **bearable)) is Verdict.GOOD


def test_small_engines_may_grow_by_more_than_their_share():
    assert verdict(replace(AS_GOOD, memory_begun_mb=100, memory_mb=300)) is Verdict.GOOD
    assert verdict(replace(AS_GOOD, memory_begun_mb=100, memory_mb=301)) is Verdict.BAD


def test_times_are_compared_only_where_both_have_had_turns_enough():
    slow = replace(AS_GOOD, first_sound_p95_ms=4000)
    assert verdict(slow) is Verdict.BAD
    assert verdict(replace(slow, turns=9)) is Verdict.QUIET
    assert verdict(slow, replace(BEFORE, turns=10)) is Verdict.BAD
    assert verdict(slow, replace(BEFORE, turns=9)) is Verdict.GOOD
    assert verdict(slow, Health(turns=50)) is Verdict.GOOD


def test_what_was_seen_is_kept_and_a_file_that_can_not_be_read_tells_nothing(tmp_path):
    for name in ("3-c", ""):
        assert health.read(tmp_path, name) == Health()
        health.write(tmp_path, name, BEFORE)
        assert health.read(tmp_path, name) == BEFORE
    (tmp_path / "health" / "3-c.json").write_text('{"turns": 1')
    assert health.read(tmp_path, "3-c") == Health()
    health.forget(tmp_path, "")
    assert health.read(tmp_path, "") == Health()
