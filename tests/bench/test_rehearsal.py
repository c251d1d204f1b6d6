"""The conversation that is held in a room when there is no microphone."""

import wave

import numpy as np
import pytest

from edge_agent.base.errors import InputError
from edge_agent.base.frames import RATE_HZ
from edge_agent.bench.rehearsal import lines_in, write
from edge_agent.talk.ear.room import Recording


def wav(path, rate_hz=RATE_HZ, seconds=0.5):
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(np.zeros(int(rate_hz * seconds), "<i2").tobytes())


def test_lines_are_spoken_in_the_order_of_their_names_and_over_says_which_interrupt(tmp_path):
    names = [f"{number}-line" for number in (4, 1, 8, 3, 6, 2, 7)] + ["5-over-wait"]
    for name in names:
        wav(tmp_path / f"{name}.wav")
    (tmp_path / "notes.txt").write_text("not a line")
    lines = lines_in(tmp_path)
    assert [line.name for line in lines] == sorted(names)
    assert [line.name for line in lines if line.is_over] == ["5-over-wait"]


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100])
def test_lines_of_any_rate_are_brought_to_ours(tmp_path, rate_hz):
    wav(tmp_path / "a.wav", rate_hz)
    (line,) = lines_in(tmp_path)
    assert line.samples.size == pytest.approx(RATE_HZ / 2, abs=2)


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_a_folder_without_lines_is_told(tmp_path, folder):
    with pytest.raises(InputError, match="no wav files") as told:
        lines_in(tmp_path / folder)
    assert told.value.hint


def test_a_line_that_is_no_sound_is_told_by_its_name(tmp_path):
    (tmp_path / "broken.wav").write_text("hello")
    with pytest.raises(InputError, match=r"broken\.wav"):
        lines_in(tmp_path)


def test_the_recording_has_the_user_left_and_the_agent_right(tmp_path):
    user, agent = np.full(480, 0.5, np.float32), np.full(480, -0.25, np.float32)
    write(Recording(48_000, user, agent, user), tmp_path / "out.wav")
    with wave.open(str(tmp_path / "out.wav")) as made:
        assert (made.getnchannels(), made.getframerate(), made.getnframes()) == (2, 48_000, 480)
        sides = np.frombuffer(made.readframes(480), "<i2").reshape(-1, 2)
    assert sides[:, 0] == pytest.approx(16_384, abs=2)
    assert sides[:, 1] == pytest.approx(-8_192, abs=2)
