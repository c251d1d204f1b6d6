"""What the ear's tests hear with: the real models, real voices, and a room without a sound card."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from edge_agent.base.frames import RATE_HZ
from edge_agent.bench.pulse import PulseRoom, available
from edge_agent.talk.ear.resample import resample
from edge_agent.talk.ear.wav import WavReader

DATA = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


@pytest.fixture(scope="session")
def silero_path():
    return DATA / "edge-agent" / "models" / "silero-vad" / "silero_vad_16k_op15.onnx"


@pytest.fixture(scope="session")
def speak(tmp_path_factory):
    """Say a text in a voice of espeak-ng: no person, but a voice to every detector."""
    if not shutil.which("espeak-ng"):
        pytest.skip("espeak-ng is not installed")

    def say(text, voice="en-us", pitch=50):
        path = tmp_path_factory.mktemp("voice") / "said.wav"
        subprocess.run(["espeak-ng", "-v", voice, "-p", str(pitch), "-w", path, text], check=True)
        reader = WavReader(path)
        spoken = resample(reader.read(reader.frames), reader.rate_hz, RATE_HZ)
        reader.close()
        return spoken * np.float32(0.3 / np.abs(spoken).max())

    return say


@pytest.fixture(scope="session")
def pulse_room():
    if not available():
        pytest.skip("PulseAudio is not installed")
    with PulseRoom() as room:
        yield room
