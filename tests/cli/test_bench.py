"""`bench …` as a user meets it. What the benchmarks measure is tested with them."""

import pytest


@pytest.mark.parametrize("command", ["latency", "stt", "endpoint"])
def test_recordings_that_are_not_there_are_one_line_without_a_traceback(home, tmp_path, command):
    ended = home.run("bench", command, "--data", str(tmp_path), EDGE_AGENT_MODELS__FOLDER="/nowhere")
    assert ended.code in (66, 69)
    assert len(ended.err.splitlines()) == 1
    assert "Traceback" not in ended.err


def test_latency_names_the_manifest_that_it_misses(home, tmp_path):
    ended = home.run("bench", "latency", "--data", str(tmp_path))
    assert ended.code == 66
    assert str(tmp_path / "intents" / "manifest.tsv") in ended.err


def test_a_negative_count_is_refused(home, tmp_path):
    assert home.run("bench", "latency", "--data", str(tmp_path), "--n", "-1").code == 2
