"""The latency record of one turn."""

import json

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.app.timeline import Stage, Timeline

POSITIONS = st.integers(0, 10**9)
STAMPS = st.lists(st.tuples(st.sampled_from(Stage), POSITIONS), max_size=20)
WORDS = st.lists(st.sampled_from(["a", "tale", "of", "the", "sea"]), max_size=8)


def of(stamps):
    timeline = Timeline(1)
    for stage, position in stamps:
        timeline = timeline.stamped(stage, position)
    return timeline


@given(STAMPS)
def test_the_first_stamp_of_a_stage_stays(stamps):
    first = {}
    for stage, position in stamps:
        first.setdefault(stage, position)
    assert of(stamps).stamps == first


@given(STAMPS, st.sampled_from(Stage), POSITIONS)
def test_stamping_leaves_the_record_that_was_alone(stamps, stage, position):
    before = of(stamps)
    kept = dict(before.stamps)
    before.stamped(stage, position)
    assert before.stamps == kept


@given(STAMPS, st.sampled_from(Stage))
def test_a_delay_is_known_exactly_where_both_ends_are(stamps, stage):
    timeline = of(stamps)
    ms = timeline.since_speech_end_ms(stage)
    assert (ms is not None) == {stage, Stage.SPEECH_END}.issubset(timeline.stamps)
    if ms is not None:
        assert ms == (timeline.stamps[stage] - timeline.stamps[Stage.SPEECH_END]) / 16


@given(WORDS, st.integers(0, 8))
def test_a_reply_is_interrupted_when_words_of_it_were_not_heard(reply, heard):
    timeline = Timeline(1).noted(reply=" ".join(reply), heard=" ".join(reply[:heard]))
    assert timeline.interrupted == (heard < len(reply))
    assert timeline.unheard == " ".join(reply[heard:])


def test_a_reply_of_which_the_rest_was_never_made_is_interrupted_too():
    assert Timeline(1).noted(reply="a tale", heard="a tale", unfinished=True).interrupted


@given(STAMPS, WORDS)
def test_a_line_of_the_file_holds_all_that_is_known_and_can_be_read_back(stamps, reply):
    timeline = of(stamps).noted(reply=" ".join(reply), user="hello", kind="local", reason="because", revision=2)
    line = json.loads(json.dumps(timeline.as_json()))
    known = {stage.value for stage in Stage if timeline.since_speech_end_ms(stage) is not None}
    assert set(line["stages_ms"]) == known
    assert (line["user"], line["kind"], line["reason"], line["revision"]) == ("hello", "local", "because", 2)
    assert line["interrupted"] == bool(reply)


def test_stages_count_from_the_last_sample_of_the_voice_in_ms():
    line = of([(Stage.SPEECH_END, 16_000), (Stage.SOFT_END, 17_024), (Stage.FIRST_SAMPLE, 24_000)]).as_json()
    assert line["speech_end_s"] == 1.0
    assert line["stages_ms"] == {"speech_end": 0.0, "soft_end": 64.0, "first_sample": 500.0}


def test_what_was_made_before_the_commit_was_speculative():
    line = of([(Stage.SPEECH_END, 0), (Stage.TRANSCRIPT, 10), (Stage.HARD_END, 20), (Stage.FIRST_AUDIO, 30)]).as_json()
    assert line["speculative"] == ["transcript"]


def test_the_figures_hold_no_word_of_what_was_said():
    spoken = {"user": "my secret", "reply": "your secret", "heard": "your"}
    assert "secret" not in json.dumps(Timeline(1).noted(**spoken).figures)
    assert {*spoken}.isdisjoint(Timeline(1).figures)
