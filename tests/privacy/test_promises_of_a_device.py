"""Promises of an agent that runs as a process of its own on a real audio stream, asked through its socket.

One agent lives through the file, in the order of the tests; it is killed once and begins again.
"""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edge_agent.app.safe_mode import FILE as HELP
from edge_agent.base.paths import paths
from edge_agent.bench.pulse import PulseRoom, available
from edge_agent.host.asking import ask
from edge_agent.talk.ear.wav import WavReader

pytestmark = [
    pytest.mark.models,
    pytest.mark.pulse,
    pytest.mark.skipif(not available(), reason="PulseAudio is not installed"),
]

CANARY = "sk-canary-4f1c0ffee"
WORDS = "what time is it"
LARGE = 256 << 10
"""Bytes: less than two seconds of sound at the device's rate."""


class Device:
    """The process, and what it says."""

    def __init__(self, home, room):
        self.home, self.room = home, room
        self.socket = home.root / ".cache" / "edge-agent" / "agent.sock"
        self.told = []

    def start(self):
        provider = '[{name = "sky", base_url = "http://127.0.0.1:9/v1", model = "m", key_env = "SKY_KEY"}]'
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edge_agent", "--set", f"cloud.providers={provider}", "run"],
            env=self.home.environment(
                EDGE_AGENT_MODELS__FOLDER=str(paths().models),
                EDGE_AGENT_MODELS__PROFILE="tiny",
                EDGE_AGENT_LOG="debug",
                SKY_KEY=CANARY,
            ),
            cwd=self.home.root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        ready = threading.Event()

        def read():
            for line in self.process.stderr:
                self.told.append(line)
                if line.strip() == "listening":
                    ready.set()
            ready.set()

        threading.Thread(target=read, daemon=True).start()
        assert ready.wait(60)
        assert self.process.poll() is None, "".join(self.told)

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(20)

    def ask(self, method, path):
        return ask(method, path, self.socket)

    def until(self, so, timeout_s=20):
        """Look again and again; nothing tells another process when it is so."""
        pause = threading.Event()
        for _ in range(round(timeout_s / 0.05)):
            if so():
                return True
            pause.wait(0.05)
        return False

    def captures(self):
        """How many streams the sound server knows that listen for this process."""
        listed = self.room.pactl("list", "source-outputs")
        return listed.count(f'application.process.id = "{self.process.pid}"')


@pytest.fixture(scope="module")
def device(home):
    with PulseRoom() as room:
        made = Device(home, room)
        made.start()
        yield made
        made.process.kill()
        made.process.wait()


def test_p01_muted_means_that_no_capture_stream_is_open(device):
    assert device.until(lambda: device.captures() == 1)
    assert device.ask("POST", "/v1/mute")["muted"]
    assert device.until(lambda: device.captures() == 0)
    assert device.until(lambda: device.ask("GET", "/v1/status")["microphone"] == "closed")
    device.ask("POST", "/v1/unmute")
    assert device.until(lambda: device.captures() == 1)
    assert device.ask("GET", "/v1/status")["microphone"] == "open"


def test_a_device_whose_microphone_is_closed_and_opened_is_not_lost(device):
    assert [line for line in device.told if "device lost" in line] == []


def test_p03_the_status_says_muted_within_200_ms(device):
    said = device.ask("POST", "/v1/mute")
    assert (said["muted"], device.ask("GET", "/v1/status")["muted"]) == (True, True)
    device.ask("POST", "/v1/unmute")


def test_after_it_was_muted_it_hears_and_answers_again(device, tmp_path_factory):
    wav = tmp_path_factory.mktemp("said") / "said.wav"
    made = device.home.run("say", WORDS + "?", "--out", str(wav), EDGE_AGENT_MODELS__FOLDER=str(paths().models))
    assert made.code == 0, made.err
    reader = WavReader(wav)
    question = reader.read(reader.frames)
    for _ in range(3):  # A loaded machine may miss a word.
        device.room.play(question, reader.rate_hz)
        if device.until(lambda: device.ask("GET", "/v1/status")["turns"] > 0, 8):
            break
    (turn, *_) = device.ask("GET", "/v1/journal")["turns"]
    assert turn["kind"] in ("skill", "local")
    assert "user" not in turn


def test_p02_mute_survives_a_kill_from_the_moment_that_it_is_acknowledged(device):
    if device.process.poll() is not None:
        device.start()  # It was killed here before.
    assert device.ask("POST", "/v1/mute")["muted"]
    device.end(signal.SIGKILL)
    device.start()
    assert device.ask("GET", "/v1/status")["muted"]
    assert device.until(lambda: device.captures() == 0)
    device.ask("POST", "/v1/unmute")
    assert device.until(lambda: device.captures() == 1)
    assert device.end() == 0


def written(device):
    return [path for path in Path(device.home.root).rglob("*") if path.is_file()]


def test_p06_no_sound_is_on_the_disk_after_a_conversation(device):
    large = [path for path in written(device) if path.stat().st_size > LARGE]
    sounding = {path.name for path in written(device) if path.read_bytes()[:4] in (b"RIFF", b"OggS", b"fLaC")}
    assert (large, sounding) == ([], {HELP})  # What it would say for help, in its own voice.


def test_p17_no_word_of_a_conversation_is_on_the_disk_or_in_the_log(device):
    kept = b"".join(path.read_bytes() for path in written(device)) + "".join(device.told).encode()
    assert WORDS.encode() not in kept.lower()
    assert b"It's " not in kept


def test_p15_no_key_is_on_the_disk_or_in_the_log_even_when_all_is_logged(device):
    kept = b"".join(path.read_bytes() for path in written(device)) + "".join(device.told).encode()
    assert len(device.told) > 10
    assert CANARY.encode() not in kept
