"""Folders of recordings: what is read from them, and what is said about those that can't be read."""

import wave
from pathlib import Path

import numpy as np
import pytest

from edge_agent.base.errors import InputError
from edge_agent.bench import recordings
from edge_agent.bench.recordings import Echo, Intent, Interruption, Question, Sound, Turn, load, names_speech
from tests.sim.engines import recordings as evaluation


def manifest(data, folder, *lines, name="manifest.tsv"):
    (data / folder).mkdir(exist_ok=True)
    (data / folder / name).write_text("\n".join("\t".join(line) for line in lines) + "\n")


def record(path, *, rate_hz=16_000, channels=1, seconds=1.0):
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    samples = (10_000 * np.sin(2 * np.pi * 440 * times)).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(np.repeat(samples, channels).tobytes())


def test_every_folder_is_read_into_what_it_is(tmp_path):
    manifest(tmp_path, "turns", ("path", "text", "speech_spans"), ("a.wav", "set a timer", "[[0.1, 0.9], [1.2, 2]]"))
    manifest(
        tmp_path,
        "intents",
        ("path", "intent", "slots", "speech_start_s", "speech_end_s"),
        ("b.wav", "order", '{"size": " large"}', "0.5", "2.5"),
    )
    manifest(tmp_path, "interrupt", ("path", "label", "text", "speech_start_s"), ("c.wav", "speech", "stop", "0.1"))
    manifest(tmp_path, "noise", ("path", "label"), ("d.wav", "fan"))
    manifest(tmp_path, "rir", ("path", "label"), ("e.wav", "bathroom"))
    manifest(tmp_path, "echo", ("scenario", "mic", "lpb", "near"), ("far", "m.wav", "l.wav", ""), ("d", "m", "l", "n"))
    manifest(tmp_path, "routing", ("text", "class"), ("what time is it", "local_tool"))
    manifest(tmp_path, "routing", ("label", "text"), ("wait", "hold on"), name="turn_text.tsv")

    assert recordings.turns(tmp_path) == [Turn(tmp_path / "turns/a.wav", "set a timer", ((0.1, 0.9), (1.2, 2.0)))]
    assert recordings.intents(tmp_path) == [
        Intent(tmp_path / "intents/b.wav", "order", {"size": "large"}, 0.5, 2.5),
    ]
    assert recordings.interruptions(tmp_path) == [Interruption(tmp_path / "interrupt/c.wav", "speech", "stop", 0.1)]
    assert recordings.noises(tmp_path) == [Sound(tmp_path / "noise/d.wav", "fan")]
    assert recordings.rooms(tmp_path) == [Sound(tmp_path / "rir/e.wav", "bathroom")]
    echo = tmp_path / "echo"
    assert recordings.echoes(tmp_path) == [
        Echo("far", echo / "m.wav", echo / "l.wav", None),
        Echo("d", echo / "m", echo / "l", echo / "n"),
    ]
    assert recordings.questions(tmp_path) == [Question("what time is it", "local_tool")]
    assert recordings.turn_texts(tmp_path) == [Question("hold on", "wait")]


@pytest.mark.recordings
def test_the_evaluation_set_is_read_whole_and_its_files_are_there():
    data = evaluation()
    paths = [turn.path for turn in recordings.turns(data)]
    paths += [intent.path for intent in recordings.intents(data)]
    paths += [clip.path for clip in recordings.interruptions(data)]
    paths += [sound.path for sound in recordings.noises(data) + recordings.rooms(data)]
    paths += [path for echo in recordings.echoes(data) for path in (echo.mic, echo.far, echo.near) if path]
    assert [path for path in paths if not path.is_file()] == []
    assert recordings.questions(data)
    assert recordings.turn_texts(data)


def test_a_folder_without_a_manifest_is_named(tmp_path):
    with pytest.raises(InputError, match=r"turns/manifest\.tsv"):
        recordings.turns(tmp_path)


def test_a_missing_column_is_named(tmp_path):
    manifest(tmp_path, "turns", ("path", "words"), ("a.wav", "hello"))
    with pytest.raises(InputError, match="no column text, speech_spans"):
        recordings.turns(tmp_path)


@pytest.mark.parametrize("spans", ["", "[[0.1]]", "[0.1, 0.2]", "soon", '{"a": 1}', '[["x", 1]]'])
def test_a_cell_of_another_form_is_named_with_its_line(tmp_path, spans):
    manifest(tmp_path, "turns", ("path", "text", "speech_spans"), ("a.wav", "", "[[0, 1]]"), ("b.wav", "", spans))
    with pytest.raises(InputError, match="line 3"):
        recordings.turns(tmp_path)


def test_a_short_line_is_named(tmp_path):
    manifest(tmp_path, "interrupt", ("path", "label", "text", "speech_start_s"), ("a.wav", "speech"))
    with pytest.raises(InputError, match="line 2"):
        recordings.interruptions(tmp_path)


def test_a_manifest_that_lists_nothing_or_is_no_text_is_refused(tmp_path):
    manifest(tmp_path, "noise", ("path", "label"))
    with pytest.raises(InputError, match="lists nothing"):
        recordings.noises(tmp_path)
    (tmp_path / "noise/manifest.tsv").write_bytes(b"path\tlabel\n\xff\xfe\tx\n")
    with pytest.raises(InputError, match="can't be read"):
        recordings.noises(tmp_path)


@pytest.mark.parametrize(("rate_hz", "channels"), [(16_000, 1), (8_000, 1), (48_000, 2), (96_000, 1)])
def test_any_rate_and_stereo_become_sixteen_kilohertz_mono(tmp_path, rate_hz, channels):
    record(tmp_path / "a.wav", rate_hz=rate_hz, channels=channels)
    samples = load(tmp_path / "a.wav")
    assert samples.dtype == np.float32
    assert samples.size == pytest.approx(16_000, abs=64)
    peak = np.abs(np.fft.rfft(samples)).argmax() * 16_000 / samples.size
    assert peak == pytest.approx(440, abs=2)


@pytest.mark.parametrize("content", [b"", b"this is no sound", b"RIFF\x24\0\0\0WAVEfmt "])
def test_a_file_that_is_no_sound_is_named(tmp_path, content):
    path = Path(tmp_path / "b.wav")
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"b\.wav"):
        load(path)


def test_an_empty_or_missing_recording_is_named(tmp_path):
    record(tmp_path / "empty.wav", seconds=0)
    with pytest.raises(InputError, match=r"empty\.wav"):
        load(tmp_path / "empty.wav")
    with pytest.raises(InputError, match=r"gone\.wav"):
        load(tmp_path / "gone.wav")


@pytest.mark.parametrize(
    ("label", "speech"),
    [
        ("speech", True),
        ("noise/speech:market", True),
        ("noise", False),
        ("noise:typing", False),
        ("noise:a speech in it", False),
        ("noise:nonspeech n1", False),
    ],
)
def test_a_label_tells_whether_somebody_speaks(label, speech):
    assert names_speech(label) is speech
