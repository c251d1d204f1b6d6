"""What doctor concludes from what it sees."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from edge_agent.base.paths import paths
from edge_agent.base.settings import ModelSettings, Settings
from edge_agent.base.settings_cloud import CloudSettings, Transcriber
from edge_agent.host import doctor, sound
from edge_agent.host.check import Verdict
from edge_agent.talk.ear.rings import Block

FINE = sound.Measured("Mic", 48_000, 1.0, -50.0, clipped=False, played=True, delay_ms=60.0)
RATE_HZ = 48_000


@pytest.mark.parametrize(
    ("seen", "verdict", "said"),
    [
        ({}, Verdict.OK, "-50 dBFS"),
        ({"speed": 0.97}, Verdict.FAILED, "97% of its rate"),
        ({"speed": 1.03}, Verdict.FAILED, "103% of its rate"),
        ({"level_dbfs": -120.0}, Verdict.WARNED, "muted"),
        ({"clipped": True}, Verdict.WARNED, "clipping"),
    ],
)
def test_a_second_of_sound_tells_how_the_microphone_is(seen, verdict, said):
    check = doctor.judge_input(replace(FINE, **seen))
    assert (check.id, check.verdict) == ("audio.in", verdict)
    assert said in check.message
    assert bool(check.fix) == (verdict is not Verdict.OK)


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [({}, Verdict.OK), ({"played": False}, Verdict.FAILED), ({"delay_ms": None}, Verdict.WARNED)],
)
def test_a_chirp_tells_how_the_loudspeaker_is(seen, verdict):
    check = doctor.judge_output(replace(FINE, **seen))
    assert (check.id, check.verdict) == ("audio.out", verdict)
    assert bool(check.fix) == (verdict is not Verdict.OK)


def heard(delay, gain, noise):
    """What comes in and goes out while the chirp is played, 10 ms at a time."""
    far = np.zeros(RATE_HZ, np.float32)
    chirp = sound.chirp_at(RATE_HZ)
    far[480 : 480 + chirp.size] = chirp
    near = noise * np.random.default_rng(7).standard_normal(RATE_HZ).astype(np.float32)
    near[delay:] += gain * far[: RATE_HZ - delay]
    return [Block(at, near[at : at + 480], far[at : at + 480]) for at in range(0, RATE_HZ, 480)]


@pytest.mark.parametrize("delay", [0, 960, 9_600, 24_000])
def test_the_delay_of_the_echo_is_measured_to_the_sample(delay):
    measured_ms = sound.delay_ms(heard(delay, gain=0.1, noise=0.01), RATE_HZ)
    assert measured_ms == pytest.approx(1000 * delay / RATE_HZ, abs=0.05)


@pytest.mark.parametrize("noise", [0.0, 0.001, 0.1])
def test_what_is_not_in_the_noise_is_not_heard_there(noise):
    assert sound.delay_ms(heard(0, gain=0.0, noise=noise), RATE_HZ) is None


def test_more_threads_than_cores_is_a_warning_and_one_core_as_well():
    assert doctor.threads(0, 4).verdict is Verdict.OK
    assert doctor.threads(8, 4).verdict is Verdict.WARNED
    assert doctor.threads(0, 1).verdict is Verdict.WARNED


def test_models_that_do_not_fit_into_memory_are_named_as_such(tmp_path):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 1000000 kB\nMemAvailable: 204800 kB\n")
    check = doctor.memory(ModelSettings(), meminfo)
    assert check.verdict is Verdict.FAILED
    assert "200 MB free" in check.message
    assert "tiny" in check.fix
    meminfo.write_text("MemAvailable: 9000000 kB\n")
    assert doctor.memory(ModelSettings(), meminfo).verdict is Verdict.OK
    meminfo.write_bytes(b"MemAvailable: much\n\xff")
    assert doctor.memory(ModelSettings(), meminfo).verdict is Verdict.WARNED


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path):
    (tmp_path / ".local").mkdir(mode=0o500)
    check = doctor.permissions(paths({"HOME": str(tmp_path)}))
    assert check.verdict is Verdict.FAILED
    assert str(tmp_path / ".local") in check.message


def test_what_is_to_be_given_away_is_never_a_folder_above_ours(tmp_path):
    """A file in the way says no to root as well."""
    (tmp_path / ".local").touch()
    where = paths({"HOME": str(tmp_path)})
    check = doctor.permissions(where)
    assert check.verdict is Verdict.FAILED
    assert f" {where.models}`" in check.fix
    assert "-R" not in check.fix


def test_folders_that_do_not_exist_yet_are_fine_where_they_can_be_made(tmp_path):
    assert doctor.permissions(paths({"HOME": str(tmp_path)})).verdict is Verdict.OK
    assert not list(tmp_path.iterdir())


def test_a_wrong_settings_file_is_told_with_its_remedy(tmp_path):
    where = paths({"HOME": str(tmp_path)})
    where.config.mkdir(parents=True)
    (where.config / "config.toml").write_text("[voice]\nvolum = 1\nsped = 1\n")
    check = doctor.config(Settings, where)
    assert check.verdict is Verdict.FAILED
    assert "voice.volum" in check.message
    assert "1 more" in check.message
    assert "voice.volume" in check.fix


def test_where_sound_leaves_the_device_that_is_said():
    ear = Transcriber(name="far", base_url="https://a.example/v1", model="any")
    check = doctor.leaving(Settings(cloud=CloudSettings(stt=(ear,))))
    assert (check.verdict, check.message) == (Verdict.WARNED, "the sound of what is said is sent to far")


def test_this_machine_can_be_described():
    assert "Python" in doctor.machine().message


EXAMINE = """
import json
from edge_agent.base.errors import EngineError
from edge_agent.base.settings import Settings
from edge_agent.host import doctor

def broken(settings):
    raise EngineError("it said garbage", hint="buy another processor")

proofs = {"stt": broken, "tts": lambda settings: "well"}
print(json.dumps([[c.id, c.verdict, c.message, c.fix] for c in doctor.examine(Settings, proofs, lambda: None)]))
"""


def examined(**environment):
    """Every check by its id. In a process of its own: PortAudio keeps the sound system that it was started with."""
    silent = {"PULSE_SERVER": "unix:/nowhere", "ALSA_CONFIG_PATH": "/usr/share/alsa/alsa.conf"}
    done = subprocess.run(
        [sys.executable, "-c", EXAMINE], env=os.environ | silent | environment, capture_output=True, check=True
    )
    return {id: rest for id, *rest in json.loads(done.stdout)}


def test_the_checks_come_in_the_order_of_the_signal_and_engines_without_models_are_skipped(tmp_path):
    made = examined(HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path))
    assert list(made) == [
        "platform", "config", "audio.host", "audio.in", "audio.out",
        "models", "memory", "threads", "permissions", "service", "stt", "tts",
    ]  # fmt: skip
    assert made["audio.in"][0] == "skipped"
    assert made["models"][0] == "failed"
    assert "edge-agent models pull" in made["models"][2]
    assert made["stt"][0] == "skipped"


@pytest.mark.models
def test_an_engine_that_does_not_know_its_answer_fails_and_the_others_do_not():
    made = examined()
    assert made["stt"] == ["failed", "it said garbage", "buy another processor"]
    assert made["tts"] == ["ok", "well", ""]
