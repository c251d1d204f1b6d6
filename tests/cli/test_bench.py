"""`bench …` as a user meets it. What the benchmarks measure is tested with them."""

import os
import wave

import pytest

from edge_agent.base.paths import paths


@pytest.mark.parametrize("command", ["latency", "stt", "endpoint", "noise", "route", "intents"])
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


def test_ratios_that_are_no_numbers_are_refused(home, tmp_path):
    ended = home.run("bench", "intents", "--data", str(tmp_path), "--snr", "6,loud")
    assert ended.code == 66
    assert "6,loud" in ended.err


@pytest.mark.models
def test_intents_prints_a_table_and_one_object(home, tmp_path):
    (tmp_path / "intents").mkdir()
    one_clip(tmp_path / "intents")
    models = {"EDGE_AGENT_MODELS__FOLDER": str(paths().models)}
    command = ("bench", "intents", "--data", str(tmp_path), "--snr", "", "--model", "whisper-tiny.en")
    printed = home.run(*command, **models)
    assert printed.code == 0
    assert "exact" in printed.out
    assert home.run(*command, "--json", **models).object["data"]["clean"] == 0


def test_a_peer_that_nobody_knows_is_refused(home, tmp_path):
    assert home.run("bench", "latency", "--data", str(tmp_path), "--peer", "nobody").code == 2


def test_a_scenario_with_a_mistake_is_told_with_its_line_before_anything_is_played(home, tmp_path):
    (tmp_path / "it.yaml").write_text("proves: That.\nsteps:\n  - sey: Hello.\n")
    ended = home.run("bench", "scenarios", str(tmp_path), EDGE_AGENT_MODELS__FOLDER="/nowhere")
    assert ended.code == 66
    assert "it.yaml, line 3: no step is called `sey`. Did you mean `say`?" in ended.err


@pytest.mark.models
@pytest.mark.alone
def test_a_scenario_that_fails_leaves_with_one_and_says_so_in_json(home, tmp_path):
    path = tmp_path / "it.yaml"
    path.write_text("proves: That.\nsteps:\n  - type: what time is it\n  - agent stays silent for: 1 s\n")
    models = {"EDGE_AGENT_MODELS__FOLDER": str(paths().models)}
    ended = home.run("bench", "scenarios", str(path), "--json", within_s=60, **models)
    assert ended.code == 1
    assert not ended.object["ok"]
    (row,) = ended.object["data"]["scenarios"]
    assert (row["name"], row["passes"], row["runs"], row["flake_rate"]) == ("it", 0, 1, 1.0)
    assert row["why"][0].startswith("line 4, ")


def one_clip(folder):
    """Somebody who makes a noise, in a folder as the benchmark takes it."""
    with wave.open(str(folder / "noise.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(bytes(16_000))
    (folder / "manifest.tsv").write_text(
        "path\tintent\tslots\tspeech_start_s\tspeech_end_s\nnoise.wav\torder\t{}\t0.1\t0.4\n"
    )
    (folder / "grammar.yaml").write_text('context:\n  expressions:\n    order:\n      - "coffee"\n')


@pytest.mark.models
def test_a_peer_that_cannot_be_installed_costs_none_of_our_own_figures(home, tmp_path):
    (tmp_path / "intents").mkdir()
    one_clip(tmp_path / "intents")
    offline = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    models = {"EDGE_AGENT_MODELS__FOLDER": str(paths().models)}
    command = ("bench", "latency", "--data", str(tmp_path), "--peer", "pipecat", "--json")
    ended = home.run(*command, within_s=110, **offline, **models)
    assert ended.code == 75
    assert not ended.object["ok"]
    assert ended.object["data"]["n"] == 2
    assert "peer" not in ended.object["data"]
    (warning,) = ended.object["warnings"]
    assert warning["code"] == "peer"
    assert "pip could not fetch pipecat" in warning["message"]
    assert "Traceback" not in ended.err
