"""The routing benchmark: what it counts, and that the router keeps its promises on turns that people wrote."""

import os
from pathlib import Path

import pytest

from edge_agent.base.errors import InputError
from edge_agent.bench.route import run

EVAL = Path(os.environ.get("EDGE_AGENT_EVAL") or Path(__file__).parents[3] / "shared" / "eval")


def folder(tmp_path, *rows):
    (tmp_path / "routing").mkdir()
    (tmp_path / "routing" / "manifest.tsv").write_text("\n".join(["text\tclass", *rows]) + "\n")
    return tmp_path


def test_what_stays_and_what_goes_is_counted(tmp_path):
    measured = run(
        folder(
            tmp_path,
            "what time is it\tlocal_tool",
            "turn off the fan in the attic\tlocal_tool",
            "write a long speech about public transport for my team and explain the main arguments\tcloud",
            "hello there\tcloud",
        )
    )
    assert (measured["n"], measured["kept_local"], measured["sent_to_cloud"]) == (4, 1.0, 0.5)
    assert measured["handoff"] == 0.25
    assert measured["confusion"]["local_tool"] == {"skill": 1, "local": 1, "cloud": 0, "hedge": 0}
    assert measured["taken_for"]["local_tool"]["local_tool"] == 1
    assert measured["unable"]["local_tool"] == 1
    assert measured["partials"]["n"] == 3 + 6 + 14 + 1
    assert measured["partials"]["foreseen"] == 1.0


def test_a_share_of_nothing_is_not_a_number(tmp_path):
    measured = run(folder(tmp_path, "hello there\tlocal_chitchat"))
    assert measured["kept_local"] is None
    assert measured["sent_to_cloud"] is None


def test_a_class_that_nobody_knows_is_named(tmp_path):
    with pytest.raises(InputError, match="'nonsense'"):
        run(folder(tmp_path, "hello\tnonsense"))


@pytest.mark.recordings
def test_on_turns_that_people_wrote_commands_stay_and_hard_questions_go():
    if not (EVAL / "routing").is_dir():
        pytest.skip("no recordings in EDGE_AGENT_EVAL")
    measured = run(EVAL)
    assert measured["kept_local"] >= 0.97
    assert measured["sent_to_cloud"] >= 0.92
    assert measured["handoff"] <= 0.35
    assert measured["p95_ms"] <= 5
    assert measured["partials"]["p95_ms"] <= 5
    assert measured["partials"]["foreseen"] >= 0.8
