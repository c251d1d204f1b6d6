"""`run`, `run-wav` and `ask`: the agent without a screen."""

import re
import signal
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from edge_agent.base.frames import RATE_HZ
from edge_agent.bench.pulse import PulseRoom, available

EMPTY = {"EDGE_AGENT_MODELS__FOLDER": "/nowhere"}


def one_line(ended, code):
    assert (ended.code, len(ended.err.splitlines())) == (code, 1), ended.err
    assert "Traceback" not in ended.err
    return ended.err


def samples(path):
    with wave.open(str(path)) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
        return data, file.getframerate()


# In writing.


@pytest.mark.models
def test_a_skill_answers_in_writing(home, models):
    ended = home.run("ask", "what time is it", **models)
    assert ended.code == 0
    assert re.fullmatch(r"It's \d+:\d\d [ap]m\.\n", ended.out)


@pytest.mark.models
def test_the_model_answers_in_writing_and_says_who_answered(home, models):
    ended = home.run("ask", "What is the capital of France?", "--json", **models)
    told = ended.object
    assert (ended.code, told["schema"]) == (0, "edge-agent/ask/v1")
    assert told["data"]["route"] == "local"
    assert "Paris" in told["data"]["reply"]
    assert told["data"]["ms"] > 0


@pytest.mark.models
def test_a_long_answer_is_written_once_and_ends_with_a_sentence(home, models):
    reply = home.run("ask", "Tell me a long story about a dragon.", **models).out.strip()
    assert len(reply.split()) > 40
    assert reply.count(" ".join(reply.split()[:3])) == 1
    assert reply.endswith((".", "!", "?", '"'))


def test_a_skill_needs_no_models(home):
    ended = home.run("ask", "what time is it", **EMPTY)
    assert ended.code == 0


def test_what_is_no_text_is_not_asked(home):
    assert "UTF-8" in one_line(home.run("ask", "wie sp\udce4t ist es", **EMPTY), 66)


def test_notes_that_can_not_be_read_are_named(home, tmp_path):
    (tmp_path / "hours.md").write_bytes("We open at nine.".encode("utf-16"))
    ended = home.run("ask", "When do you open?", EDGE_AGENT_MIND__NOTES=str(tmp_path), **EMPTY)
    assert (ended.code, ended.out) == (0, "I don't know that.\n")
    assert "hours.md" in one_line(ended, 0)


def test_the_owners_grammar_answers(home, tmp_path):
    grammar = tmp_path / "kiosk.yaml"
    grammar.write_text("context:\n  expressions:\n    order: ['a $drink:drink']\n  slots:\n    drink: [latte, mocha]\n")
    owned = {"EDGE_AGENT_MIND__GRAMMARS": f'["{grammar}"]', **EMPTY}
    assert "latte" in home.run("ask", "a latte", **owned).out
    assert "nowhere" in one_line(
        home.run("ask", "a latte", **{**owned, "EDGE_AGENT_MIND__GRAMMARS": '["/nowhere"]'}), 66
    )


@pytest.mark.models
def test_a_virtual_room_in_which_nobody_would_speak_is_refused(home, models):
    assert "holds no wav files" in one_line(home.run("run", EDGE_AGENT_AUDIO__VIRTUAL_ROOM="/nowhere", **models), 66)


def test_what_needs_the_model_says_how_to_get_it(home):
    assert "edge-agent models pull" in one_line(home.run("ask", "why is the sky blue", **EMPTY), 69)


def test_what_would_need_a_running_agent_is_refused_with_a_hint(home):
    assert "edge-agent talk" in one_line(home.run("ask", "set a timer for five minutes", **EMPTY), 66)


@pytest.mark.parametrize("text", ["", "   "])
def test_nothing_is_not_answered(home, text):
    one_line(home.run("ask", text, **EMPTY), 66)


def test_a_decision_is_explained_without_models(home):
    ended = home.run("ask", "--explain", "Compare trains and planes, and explain which is better and why.", **EMPTY)
    assert ended.code == 0
    assert re.search(r"^plan +local: .*no cloud is set up", ended.out, re.MULTILINE)
    assert re.search(r"^with a cloud +cloud: ", ended.out, re.MULTILINE)
    assert re.search(r"^odds +cloud \d", ended.out, re.MULTILINE)
    assert re.search(r"^\+\d\.\d\d +\w+:", ended.out, re.MULTILINE)


def test_an_explanation_is_an_object_for_programs(home):
    told = home.run("ask", "--explain", "--json", "dim the lights in the kitchen", **EMPTY).object
    assert told["schema"] == "edge-agent/ask-explain/v1"
    assert told["data"]["plan"]["unable"]
    assert sum(told["data"]["odds"].values()) == pytest.approx(1, abs=0.001)
    assert {"name": "has:device", "towards": pytest.approx(2, abs=1.5)} in told["data"]["features"]


def test_the_tools_that_the_model_may_choose_from_are_named(home):
    kiosk = Path(__file__).parents[2] / "docs" / "examples" / "kiosk"
    settings = {"EDGE_AGENT_TOOLS__FOLDERS": f'["{kiosk}"]', "EDGE_AGENT_TOOLS__DEVICE": '["*"]'}
    told = home.run("ask", "--explain", "--json", "put the music in the kiosk down to 2", **EMPTY, **settings).object
    assert told["data"]["plan"]["route"] == "local"
    assert told["data"]["tools"]
    unlisted = {**settings, "EDGE_AGENT_TOOLS__DEVICE": "[]"}
    told = home.run("ask", "--explain", "--json", "put the music in the kiosk down to 2", **EMPTY, **unlisted).object
    assert told["data"]["tools"] == []


def test_what_a_skill_understood_needs_no_odds(home):
    told = home.run("ask", "--explain", "--json", "set a timer for five minutes", **EMPTY).object
    assert told["data"]["plan"]["route"] == told["data"]["with_cloud"]["route"] == "skill"
    assert told["data"]["odds"] == {}


def test_a_command_that_no_skill_knows_is_owned_up_to_without_the_model(home):
    ended = home.run("ask", "turn off the heater in the living room", **EMPTY)
    assert (ended.code, ended.out) == (0, "Sorry, I can't do that yet.\n")


# On a recording.


@pytest.mark.models
@pytest.mark.alone
def test_a_question_in_a_recording_is_answered_in_another_on_the_same_clock(home, models, tmp_path):
    asked, answered = tmp_path / "asked.wav", tmp_path / "answered.wav"
    assert home.run("say", "What time is it?", "--out", str(asked), **models).code == 0
    ended = home.run("run-wav", str(asked), "--out", str(answered), "--json", **models)
    assert ended.code == 0, ended.err
    (turn,) = ended.object["data"]["turns"]
    assert turn["kind"] == "skill"
    assert turn["heard"].startswith("It's ")
    voice, rate_hz = samples(answered)
    loud = np.flatnonzero(np.abs(voice) > 0.01) / rate_hz
    question, question_hz = samples(asked)
    spoken_until_s = np.flatnonzero(np.abs(question) > 0.01)[-1] / question_hz
    assert spoken_until_s < loud[0] < spoken_until_s + 5
    assert loud[-1] - loud[0] > 0.5


@pytest.mark.models
def test_a_silent_recording_has_no_turns(home, models, tmp_path):
    with wave.open(str(tmp_path / "silence.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(bytes(RATE_HZ))
    ended = home.run("run-wav", str(tmp_path / "silence.wav"), "--out", str(tmp_path / "out.wav"), "--json", **models)
    assert (ended.code, ended.object["data"]["turns"]) == (0, [])
    assert not samples(tmp_path / "out.wav")[0].any()


@pytest.mark.models
@pytest.mark.parametrize("content", [None, b"", b"What time is it?", b"RIFF\x00\x00\x00\x00WAVE"])
def test_what_is_no_recording_is_one_line_and_exit_code_66(home, models, tmp_path, content):
    path = tmp_path / "in.wav"
    if content is not None:
        path.write_bytes(content)
    told = one_line(home.run("run-wav", str(path), "--out", str(tmp_path / "out.wav"), **models), 66)
    assert str(path) in told
    assert not (tmp_path / "out.wav").exists()


@pytest.mark.models
def test_a_place_that_can_not_be_written_is_one_line_and_exit_code_73(home, models, tmp_path):
    with wave.open(str(tmp_path / "in.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(bytes(RATE_HZ))
    one_line(home.run("run-wav", str(tmp_path / "in.wav"), "--out", str(tmp_path / "no" / "out.wav"), **models), 73)


# On microphone and loudspeaker.


@pytest.mark.models
def test_without_a_microphone_run_is_one_line_and_exit_code_69(home, models, silent):
    one_line(home.run("run", **models, **silent), 69)


@pytest.mark.models
@pytest.mark.pulse
@pytest.mark.skipif(not available(), reason="PulseAudio is not installed")
def test_run_listens_until_it_is_told_to_stop(home, models):
    with PulseRoom():
        process = subprocess.Popen(
            [sys.executable, "-m", "edge_agent", "run"],
            env=home.environment(**models),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            told = next(line for line in process.stderr if "listening" in line)
            assert told
            process.send_signal(signal.SIGTERM)
            _, rest = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "Traceback" not in rest
