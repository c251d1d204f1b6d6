"""The endpoint benchmark: which pauses count, what a policy costs, and the curve that comes out."""

import asyncio
import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edge_agent.app.judging import commanded
from edge_agent.base.errors import OutputError
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.paths import paths
from edge_agent.bench.endpoint import operating_point, run
from edge_agent.bench.endpoint_judge import Judged, Models
from edge_agent.bench.endpoint_pauses import SOFT_S, Pause, continued, pauses
from edge_agent.bench.endpoint_plot import require
from edge_agent.bench.endpoint_sweep import Cost, best, cost, frontier, silence, sweep
from edge_agent.bench.recordings import Turn, load, turns
from edge_agent.talk.floor.endpoint import Evidence
from edge_agent.talk.mind.skills import Skills

EVAL = Path(os.environ.get("EDGE_AGENT_EVAL") or Path(__file__).parents[3] / "shared" / "eval")


WRITTEN = [
    "label\ttext",
    "finished\tWhat is the capital of France",
    "finished\tTurn on the lights in the kitchen",
    "unfinished\tWhat is the capital of",
    "unfinished\tTurn on the lights in the",
]


def turn(*spans_s):
    return Turn(Path("somebody.flac"), "", spans_s)


def clip(seconds):
    """Each sample knows when it was."""
    return np.arange(round(seconds * RATE_HZ), dtype=np.float32) / RATE_HZ


# Which pauses count


def test_every_gap_is_a_hold_and_the_last_silence_is_the_end():
    found = list(pauses(turn((1.0, 2.0), (2.3, 3.0), (4.0, 4.5)), clip(8)))
    assert [pause.is_end for pause in found] == [False, False, True]
    assert [pause.length_s for pause in found] == pytest.approx([0.3, 1.0, math.inf])


def test_a_gap_under_100_ms_is_no_pause():
    lengths = [pause.length_s for pause in pauses(turn((0.0, 1.0), (1.09, 2.0), (2.1, 3.0)), clip(4))]
    assert lengths == pytest.approx([0.1, math.inf])


def test_nothing_is_heard_of_what_comes_after_the_soft_end():
    hold, _ = pauses(turn((1.0, 2.0), (3.0, 4.0)), clip(8))
    assert hold.heard[0] == pytest.approx(0.6, abs=1e-3)  # the pre-roll
    assert hold.heard[-1] == pytest.approx(2.0 + SOFT_S, abs=1e-3)


def test_a_speaker_is_known_by_the_pauses_before_this_one():
    found = list(pauses(turn((0.0, 1.0), (1.8, 2.0), (2.3, 3.0)), clip(4)))
    assert [pause.paused_s for pause in found] == pytest.approx([0.0, 0.8, 0.8])


def test_a_clip_that_stops_too_early_goes_on_with_its_own_background():
    samples = np.full(RATE_HZ, 0.5, np.float32)
    samples[: RATE_HZ // 2] = 0.01
    longer = continued(samples, ((0.65, 1.0),), 1.5)
    assert longer.size == 1.5 * RATE_HZ
    assert np.array_equal(longer[:RATE_HZ], samples)
    assert np.allclose(longer[RATE_HZ:], 0.01)


def test_a_clip_without_background_goes_on_with_silence():
    longer = continued(np.full(RATE_HZ, 0.5, np.float32), ((0.0, 1.0),), 1.2)
    assert not longer[RATE_HZ:].any()


def test_a_clip_that_is_long_enough_stays_as_it_is():
    samples = clip(2)
    assert continued(samples, ((0.5, 1.0),), 1.1) is samples


# What a policy costs

LENGTHS_S = np.array([0.15, 0.25, 0.35, 0.7, math.inf, math.inf])


def test_acting_in_a_hold_is_a_cutoff_and_the_wait_at_an_end_is_latency():
    assert cost(np.array([300, 300, 300, 300, 200, 400.0]), LENGTHS_S) == Cost(cutoff_pct=50, ms=300)


def test_whoever_goes_on_at_the_very_moment_is_not_cut_off():
    assert cost(np.array([350.0, 100]), np.array([0.35, math.inf])).cutoff_pct == 0


def test_without_holds_nobody_is_cut_off():
    assert cost(np.array([100.0]), np.array([math.inf])) == Cost(0, 100)


def test_silence_cuts_off_whatever_is_longer():
    found = best(silence(LENGTHS_S))
    assert found["cutoff_pct"] == {"200": 75, "300": 50, "400": 25, "600": 25}
    assert found["ms_at_cutoff"] == {"2": 700, "5": 700, "10": 700}


def test_a_detector_that_knows_is_as_fast_as_it_may_be_and_cuts_nobody_off():
    found = best(sweep(np.where(np.isinf(LENGTHS_S), 5.0, -5.0), LENGTHS_S))
    assert found["cutoff_pct"] == {"200": 0, "300": 0, "400": 0, "600": 0}
    assert found["ms_at_cutoff"] == {"2": 100, "5": 100, "10": 100}


def test_a_budget_that_nothing_keeps_has_no_figure():
    assert best([Cost(50, 500)])["cutoff_pct"] == {"200": None, "300": None, "400": None, "600": 50}


@settings(deadline=None, max_examples=20)
@given(arrays(float, LENGTHS_S.size, elements=st.floats(-6, 6)))
def test_a_policy_over_odds_is_never_worse_than_one_delay_for_all(odds):
    # Every delay of the grid is among the policies, as a threshold that all odds reach or a cap equal to the delay.
    found, plain = best(sweep(odds, LENGTHS_S))["cutoff_pct"], best(silence(LENGTHS_S))["cutoff_pct"]
    assert all(found[ms] <= plain[ms] for ms in plain)


@given(st.lists(st.builds(Cost, st.integers(0, 100), st.integers(100, 900)), min_size=1))
def test_on_the_frontier_nobody_is_faster_without_cutting_off_more(costs):
    kept = frontier(costs)
    assert [one.ms for one in kept] == sorted({one.ms for one in kept})
    assert [one.cutoff_pct for one in kept] == sorted({one.cutoff_pct for one in kept}, reverse=True)
    for one in costs:
        assert any(other.ms <= one.ms and other.cutoff_pct <= one.cutoff_pct for other in kept)


def test_a_picture_that_could_not_be_written_is_refused_before_the_work(tmp_path):
    with pytest.raises(OutputError, match="nowhere"):
        require(tmp_path / "nowhere" / "curves.png")


def test_a_clip_that_is_cut_off_twice_is_cut_off():
    lengths_s = [("a", 0.3), ("a", 0.5), ("a", math.inf), ("b", 0.3), ("b", math.inf)]
    judged = [Judged(Pause(clip, np.zeros(0, np.float32), 0.0, s), Evidence()) for clip, s in lengths_s]
    assert operating_point(judged, np.array([200, 200, 400, 300, 200.0])) == {
        "cutoff_pct": 66.7,
        "clips_cut_pct": 50,
        "ms": 300,
        "median_ms": 300,
        "p90_ms": 380,
        "p95_ms": 390,
    }


# What the agent knows


@pytest.mark.parametrize(
    ("words", "complete", "can_go_on"),
    [
        ("What time is it right now?", True, False),
        ("Set a timer for two minutes.", True, True),
        ("Set a timer for", False, True),
        ("Tell me a story.", None, False),
        ("", None, False),
    ],
)
def test_a_grammar_knows_whether_a_command_is_whole_and_whether_it_may_go_on(words, complete, can_go_on):
    known = commanded(Evidence(words=words), Skills(), Skills().understand(words))
    assert (known.grammar_complete, known.can_go_on) == (complete, can_go_on)


def test_a_whole_command_is_not_shown_to_the_language_model():
    assert (
        commanded(Evidence(words="Stop.", sentence_end=0.4), Skills(), Skills().understand("Stop.")).sentence_end
        is None
    )
    assert commanded(Evidence(words="Tell me a story.", sentence_end=0.4), Skills(), None).sentence_end == 0.4


@pytest.mark.recordings
def test_the_recordings_hold_holds_and_ends():
    if not EVAL.is_dir():
        pytest.skip(f"no recordings in {EVAL}: set EDGE_AGENT_EVAL")
    some = [one for one in turns(EVAL) if len(one.spans_s) > 1][:3]
    found = [pause for one in some for pause in pauses(one, load(one.path))]
    assert sum(pause.is_end for pause in found) == len(some)
    assert len(found) > len(some)


@pytest.mark.models
@pytest.mark.recordings
def test_the_benchmark_prints_what_it_promises(tmp_path):
    folder = paths().models
    models = Models(
        smart_turn=folder / "smart-turn" / "smart-turn-v3.2-cpu.onnx",
        whisper=folder / "whisper-tiny.en",
        language=folder / "smollm2-135m",
    )
    if not (EVAL.is_dir() and models.smart_turn.exists() and models.whisper.exists() and models.language.exists()):
        pytest.skip(f"needs recordings in {EVAL} (EDGE_AGENT_EVAL) and models in {folder}")
    lines = ["path\ttext\tspeech_spans"]
    for one in [one for one in turns(EVAL) if len(one.spans_s) > 1][:2]:
        lines.append(f"{one.path.resolve()}\t\t{json.dumps(one.spans_s)}")
    kiosk = ["context:", "  expressions:", "    order: [$drink:drink]", "  slots:", "    drink: [latte]"]
    for name, rows in (
        ("turns/manifest.tsv", lines),
        ("routing/turn_text.tsv", WRITTEN),
        ("intents/grammar.yaml", kiosk),
    ):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("\n".join(rows) + "\n")

    data = asyncio.run(run(tmp_path, models, threads=1))

    assert (data["holds"] >= 2, data["ends"]) == (True, 2)
    assert set(data["detectors"]) == {"silence", "smart_turn", "ours", "ours_with_grammar"}
    for detector in data["detectors"].values():
        assert set(detector["cutoff_pct"]) == {"200", "300", "400", "600"}
        assert set(detector["ms_at_cutoff"]) == {"2", "5", "10"}
    assert set(data["shipped"]) == {"ours", "ours_with_grammar"}
    assert data["text"]["auc"] == 1
