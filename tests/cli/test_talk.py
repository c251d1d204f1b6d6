"""`talk`: a conversation at this terminal, or in a virtual room where there is no microphone."""

import json
import os
import pty
import subprocess
import sys
import wave

import numpy as np
import pytest

from edge_agent.bench.pulse import PulseRoom, available


def one_line(ended, code):
    assert (ended.code, len(ended.err.splitlines())) == (code, 1), ended.err
    assert "Traceback" not in ended.err
    return ended.err


@pytest.mark.models
@pytest.mark.alone
def test_a_conversation_in_the_virtual_room_leaves_its_sound_and_its_times(home, models, tmp_path):
    lines, out = tmp_path / "lines", tmp_path / "out"
    lines.mkdir()
    home.run("say", "What time is it?", "--out", str(lines / "1-time.wav"), **models)
    ended = home.run("talk", "--room", "--lines", str(lines), "--out", str(out), **models)
    assert ended.code == 0, ended.err
    assert "the user says: 1-time" in ended.out
    (line,) = (out / "timelines.jsonl").read_text().splitlines()
    turn = json.loads(line)
    assert turn["heard"].startswith("It's ")
    assert f" agent  {turn['heard']}" in ended.out
    with wave.open(str(out / "conversation.wav")) as file:
        assert file.getnchannels() == 2
        sides = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        rate_hz = file.getframerate()
    user, agent = (np.flatnonzero(np.abs(side) > 300) / rate_hz for side in sides.T)
    assert user[-1] < agent[0] < user[-1] + 5


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_a_folder_without_lines_is_one_line_and_exit_code_66(home, tmp_path, folder):
    ended = home.run("talk", "--lines", str(tmp_path / folder), "--out", str(tmp_path / "out"))
    assert "no wav files" in one_line(ended, 66)


def test_a_place_that_can_not_be_made_is_one_line_and_exit_code_73(home, tmp_path):
    (tmp_path / "file").write_text("")
    one_line(home.run("talk", "--room", "--out", str(tmp_path / "file" / "out")), 73)


def test_a_microphone_that_was_chosen_by_name_must_be_there(home):
    ended = home.run("--set", "audio.input=nosuch", "talk", PULSE_SERVER="unix:/nowhere")
    one_line(ended, 69)


@pytest.mark.models
@pytest.mark.pulse
@pytest.mark.skipif(not available(), reason="PulseAudio is not installed")
def test_at_a_terminal_it_is_drawn_a_typed_turn_is_answered_and_q_leaves(home, models):
    with PulseRoom():
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "edge_agent", "talk"],
            env=home.environment(TERM="xterm", COLUMNS="100", LINES="40", **models),
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.PIPE,
        )
        os.close(theirs)
        try:
            shown = until(ours, "listening")
            os.write(ours, b"twhat time is it\n")
            shown += until(ours, "ms after your last sample")
            os.write(ours, b"q")
            until(ours, None)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
            os.close(ours)
    assert "It's " in shown
    assert b"Traceback" not in process.stderr.read()


def until(terminal, words):
    """Read what is drawn until `words` are; None reads to the end."""
    drawn = b""
    while words is None or words.encode() not in drawn:
        try:
            drawn += os.read(terminal, 65_536)
        except OSError:  # The other side has closed.
            assert words is None, f"{words!r} was never drawn"
            break
    return drawn.decode(errors="replace")
