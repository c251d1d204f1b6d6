"""`devices`, `doctor`, `say` and `transcribe`, with and without a sound card."""

import contextlib
import json
import subprocess
import wave

import numpy as np
import pytest

from edge_agent.bench.pulse import PulseRoom, available
from tests.sim.faults import NOISE_VOLUME

needs_pulse = [pytest.mark.pulse, pytest.mark.skipif(not available(), reason="PulseAudio is not installed")]


@pytest.fixture(scope="module")
def room():
    with PulseRoom(echo_db=-20) as made:
        yield made


def write(path, samples, rate_hz=16_000, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


@contextlib.contextmanager
def hiss(room):
    """Meanwhile the microphone hears some noise."""
    form = ["--raw", "--format=s16le", "--channels=1", "--rate=16000", "--latency-msec=50"]
    command = ["pacat", "--device=room", f"--volume={NOISE_VOLUME}", *form, "/dev/urandom"]
    noise = subprocess.Popen(command, env=room.environment, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        noise.kill()
        noise.wait()


def calibrated(home):
    """A calibration that ended, again where it says so: on a machine that was too busy for it."""
    for _ in range(4):
        ended = home.run("doctor", "--audio", "--json")
        if not ended.object["data"]["calibration"]["starved"]:
            break
    return ended


@pytest.mark.parametrize("mark", [pytest.param(None, marks=needs_pulse)])
class TestInARoom:
    def test_devices_are_listed_by_what_they_are_called(self, mark, home, room):
        found = home.run("devices", "--json").object["data"]
        assert [device["default"] for device in found["inputs"]].count(True) == 1
        assert all(set(device) == {"name", "host_api", "rate_hz", "default"} for device in found["outputs"])
        assert "Microphones (audio.input)" in home.run("devices").out

    def test_doctor_hears_its_own_chirp_and_says_that_it_listens(self, mark, home, room):
        ended = home.run("doctor", "--json")
        checks = {check["id"]: check for check in ended.object["data"]["checks"]}
        assert ended.object["schema"] == "edge-agent/doctor/v1"
        assert checks["audio.host"]["verdict"] == "ok"
        assert checks["audio.out"]["verdict"] == "ok"
        assert "Listening" in ended.err

    @pytest.mark.parametrize("echo_db", [-10, -30])
    def test_a_calibration_measures_the_room(self, mark, home, room, echo_db):
        room.set_echo(echo_db)
        ended = calibrated(home)
        found = ended.object["data"]["calibration"]
        assert ended.code == 0
        assert ended.object["schema"] == "edge-agent/doctor-audio/v1"
        assert found["echo_db"] == pytest.approx(echo_db, abs=1)
        assert found["noise_dbfs"] <= -100
        assert 20 < found["delay_ms"] < 120
        assert found["erle_db"]["aec3"] > 10
        assert "Listening" in ended.err
        known = {key: round(found[key], 1) for key in ("delay_ms", "drift_ppm")}
        assert list(json.loads((home.state / "echo.json").read_text()).values()) == [known]

    def test_a_calibration_without_an_echo_speaks_of_headphones(self, mark, home, room):
        room.set_echo(-200)
        with hiss(room):
            ended = home.run("doctor", "--audio")
        room.set_echo(-20)
        assert ended.code == 0
        assert "headphones" in ended.out

    def test_a_calibration_with_a_muted_microphone_fails(self, mark, home, room):
        room.pactl("set-source-mute", "mic", "1")
        ended = home.run("doctor", "--audio")
        room.pactl("set-source-mute", "mic", "0")
        assert ended.code == 1
        assert "✗ audio.in" in ended.out
        assert "Unmute" in ended.out

    @pytest.mark.models
    def test_what_is_said_is_heard_in_the_room(self, mark, home, room, models, tmp_path):
        with room.record("speaker.monitor", tmp_path / "heard.wav"):
            microphone = {"EDGE_AGENT_AUDIO__INPUT": "none is wanted"}
            ended = home.run("say", "Good morning, how are you today?", "--json", **models, **microphone)
        assert ended.code == 0
        heard = home.run("transcribe", str(tmp_path / "heard.wav"), **models).out
        assert "morning" in heard.lower()


def test_without_a_sound_card_devices_are_none_and_doctor_says_what_to_do(home, silent):
    assert home.run("devices", "--json", **silent).object["data"] == {"inputs": [], "outputs": []}
    ended = home.run("doctor", **silent)
    assert ended.code == 1
    assert "✗ audio.host" in ended.out
    assert "– audio.in" in ended.out
    assert "Fix: " in ended.out
    assert "Listening" not in ended.err


def test_without_a_sound_card_a_calibration_is_one_line_and_exit_code_69(home, silent):
    ended = home.run("doctor", "--audio", **silent)
    assert ended.code == 69
    assert "no device" in ended.err
    assert len(ended.err.splitlines()) == 1
    assert home.run("doctor", "--audio", "--json", **silent).object["error"]["code"] == "device_error"


@pytest.mark.pulse
@pytest.mark.skipif(not available(), reason="PulseAudio is not installed")
def test_a_loudspeaker_that_is_farther_away_is_measured_as_much_later(home):
    delays_ms = []
    for latency_ms in (20, 120):
        with PulseRoom(latency_ms=latency_ms):
            delays_ms.append(calibrated(home).object["data"]["calibration"]["delay_ms"])
    assert delays_ms[1] - delays_ms[0] == pytest.approx(100, abs=15)


def test_without_a_loudspeaker_say_is_one_line_and_exit_code_69(home, silent):
    ended = home.run("say", "hello", **silent)
    assert ended.code == 69
    assert len(ended.err.splitlines()) == 1
    assert "no loudspeaker found" in ended.err


def test_nothing_to_say_is_refused(home):
    assert home.run("say", "  ").code == 66


def test_what_is_piped_must_be_text(home):
    ended = home.run("say", "-", stdin=b"\xff\xfe")
    assert ended.code == 66
    assert "UTF-8" in ended.err
    assert home.run("say", "-").code == 66


def test_without_models_it_says_how_to_get_them(home, tmp_path):
    write(tmp_path / "a.wav", np.zeros(16_000))
    for words in (("transcribe", str(tmp_path / "a.wav")), ("say", "hello", "--out", str(tmp_path / "b.wav"))):
        ended = home.run(*words)
        assert ended.code == 69
        assert "edge-agent models pull" in ended.err
    assert not (tmp_path / "b.wav").exists()


@pytest.mark.models
def test_what_was_said_into_a_file_is_understood_from_it(home, models, tmp_path):
    wav = tmp_path / "said.wav"
    said = home.run("say", "It is a quarter past seven.", "--out", str(wav), "--json", **models)
    assert said.object["data"]["path"] == str(wav)
    with wave.open(str(wav)) as file:
        assert said.object["data"]["seconds"] == pytest.approx(file.getnframes() / file.getframerate(), abs=0.01)
    heard = home.run("transcribe", str(wav), "--json", **models).object["data"]
    assert "seven" in heard["text"].lower() or "7" in heard["text"]
    assert heard["pieces"][0]["start_s"] == 0


@pytest.mark.models
def test_a_place_that_can_not_be_written_is_told(home, models, tmp_path):
    ended = home.run("say", "hello", "--out", str(tmp_path / "nowhere" / "x.wav"), **models)
    assert ended.code == 73
    assert len(ended.err.splitlines()) == 1


@pytest.mark.models
def test_silence_has_no_words(home, models, tmp_path):
    write(tmp_path / "silence.wav", np.zeros(32_000))
    ended = home.run("transcribe", str(tmp_path / "silence.wav"), **models)
    assert (ended.code, ended.out) == (0, "")
    assert "No words" in ended.err


@pytest.mark.models
@pytest.mark.parametrize("content", [b"", b"this is not a wav", b"RIFF\x00\x00\x00\x00WAVE"])
def test_what_is_no_recording_is_one_line_and_exit_code_66(home, models, tmp_path, content):
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    ended = home.run("transcribe", str(path), **models)
    assert ended.code == 66
    assert str(path) in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_recording_that_is_not_there_is_told(home):
    assert home.run("transcribe", "/nowhere/x.wav").code == 66
