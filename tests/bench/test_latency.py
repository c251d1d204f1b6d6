"""What the latency benchmark makes of a room's recording. The playing itself is the whole agent's, and tested there."""

from pathlib import Path

import numpy as np
import pytest

from edge_agent.app.timeline import Stage, Timeline
from edge_agent.base.frames import RATE_HZ
from edge_agent.bench.latency import ANSWER_S, Answer, Asked, _answer, report, told_apart
from edge_agent.bench.recordings import Intent

START, END = 10 * RATE_HZ, 12 * RATE_HZ
ASKED = Asked(Intent(Path("clips/one.flac"), "order", {}, 0.5, 2.0), START, END, whole=False)


def sounding(*spans_s):
    """Positions at which the agent sounds."""
    spans = [np.arange(int(a * RATE_HZ), int(b * RATE_HZ)) for a, b in spans_s]
    return np.concatenate(spans) if spans else np.zeros(0, np.int64)


def read(*spans_s, timelines=()):
    return _answer("skill", ASKED, sounding(*spans_s), timelines)


def test_an_answer_counts_from_the_last_sample_of_the_voice_to_its_own_first():
    answer = read((3.0, 5.0), (12.45, 14.0))
    assert (answer.clip, answer.ms, answer.cut_off) == ("one", 450.0, False)


def test_who_says_nothing_in_time_has_not_answered():
    assert read().ms is None
    assert read((3.0, 5.0)).ms is None
    assert read((12 + ANSWER_S, 20.0)).ms is None


def test_who_begins_while_the_user_speaks_has_cut_him_off():
    answer = read((11.9, 12.6))
    assert answer.cut_off
    assert read((11.0, 11.5)) == Answer("one", "skill", None, True, None, False)


def test_an_answer_to_the_clip_before_is_not_this_ones():
    assert not read((8.0, 9.99), (12.1, 13.0)).cut_off


def test_the_record_is_the_one_whose_voice_ended_there():
    near = Timeline(2, {Stage.SPEECH_END: END + RATE_HZ // 10})
    far = Timeline(1, {Stage.SPEECH_END: START - 5 * RATE_HZ})
    assert read((12.5, 13), timelines=[far, Timeline(3), near]).timeline is near
    assert read((12.5, 13), timelines=[far]).timeline is None


def made(ms, kind="skill", *, cut_off=False, timeline=None, whole=False):
    return Answer("a", kind, ms, cut_off, timeline, whole)


def test_a_cut_off_is_counted_but_its_delay_is_not():
    told = report([made(400.0), made(1.0, cut_off=True), made(600.0, "local"), made(None)])
    assert (told["n"], told["answered"], told["false_cutoffs"]) == (4, 2, 1)
    assert told["p50_ms"] == 500.0
    assert told["by_kind"] == {
        "local": {"n": 1, "p50_ms": 600.0, "p95_ms": 600.0},
        "skill": {"n": 1, "p50_ms": 400.0, "p95_ms": 400.0},
    }
    assert [answer["ms"] for answer in told["answers"]] == [400.0, 1.0, 600.0, None]


def test_only_what_went_to_the_cloud_counts_as_its_answer():
    by_it, held_for = Timeline(1, provider="sky"), Timeline(2, {Stage.HOLD: END})
    given = [made(1.0, "cloud", timeline=line) for line in (by_it, held_for, Timeline(3), None)]
    assert [answer.kind for answer in told_apart(given)] == ["cloud", "cloud", "kept", "kept"]


def test_percentiles_are_those_of_all_timely_answers():
    told = report([made(float(ms)) for ms in range(101)])
    assert (told["p50_ms"], told["p95_ms"]) == (50.0, 95.0)


def test_without_a_timely_answer_there_is_no_figure():
    told = report([made(None), made(3.0, cut_off=True)])
    assert (told["p50_ms"], told["p95_ms"], told["stages"]) == (None, None, {})
    assert told["by_kind"] == {"skill": {"n": 0, "p50_ms": None, "p95_ms": None}}


def test_stages_are_medians_of_those_that_were_reached():
    def timeline(**stages_ms):
        stamps = {Stage(name): END + round(ms * RATE_HZ / 1000) for name, ms in stages_ms.items()}
        return Timeline(1, {Stage.SPEECH_END: END, **stamps})

    records = [timeline(transcript=200), timeline(transcript=300, first_token=500), timeline(transcript=400)]
    stages = report([made(1.0, timeline=record) for record in records])["stages"]
    assert stages == {"speech_end": 0, "transcript": pytest.approx(300), "first_token": pytest.approx(500)}


def test_what_is_thrown_away_is_told_from_answers_that_were_heard_to_their_end():
    broken_off = Timeline(1, work_ms=100.0, thrown={"glance": 90.0})
    heard = Timeline(2, work_ms=400.0, thrown={"glance": 60.0, "draft": 40.0})
    told = report([made(1.0, timeline=broken_off), made(1.0, timeline=heard, whole=True)])
    assert told["thrown_pct"] == 25.0
    assert told["thrown_pct_by"] == {"glance": 15.0, "reading": 0.0, "draft": 10.0}
    assert report([made(1.0, timeline=broken_off)])["thrown_pct"] is None
