"""Smart Turn: the right window, Whisper's features, and a model that tells a finished sound from a broken one."""

import os
import subprocess
import sys
from pathlib import Path
from time import process_time

import numpy as np
import pytest

from edge_agent.base.errors import ModelError
from edge_agent.base.frames import RATE_HZ
from edge_agent.talk.ear.smart_turn import BANDS, HOP, WINDOW, SmartTurn, mel, window

DATA = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
MODEL = DATA / "edge-agent" / "models" / "smart-turn" / "smart-turn-v3.2-cpu.onnx"


def tone(hz, seconds):
    return np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ).astype(np.float32)


def test_a_short_turn_gets_its_silence_in_front():
    turn = tone(440, 1)
    seen = window(turn)
    assert seen.shape == (WINDOW,)
    assert np.array_equal(seen[-turn.size :], turn)
    assert not seen[: -turn.size].any()


def test_of_a_long_turn_the_end_is_judged():
    turn = np.arange(WINDOW + 7, dtype=np.float32)
    assert np.array_equal(window(turn), turn[7:])


def test_nothing_at_all_is_a_window_of_silence():
    assert not window(np.zeros(0, np.float32)).any()


def test_features_have_the_shape_and_the_range_that_the_model_was_trained_on():
    features = mel(window(tone(440, 3)))
    assert features.shape == (BANDS, WINDOW // HOP)
    assert features.dtype == np.float32
    # Whisper's scaling cuts everything 80 dB below the loudest band, which is two units.
    assert features.max() - features.min() == pytest.approx(2)


@pytest.mark.parametrize(("hz", "band"), [(440, 11), (1000, 26), (4000, 62)])
def test_a_tone_lights_the_band_whose_triangle_it_falls_in(hz, band):
    # Bands are spaced evenly in mel: 440 Hz is 6.6 mel, 1 kHz 15, 4 kHz 35.2; a step is 45.2 mel (8 kHz) / 81.
    last_frame = mel(window(tone(hz, 8)))[:, -10]
    assert abs(int(last_frame.argmax()) - band) <= 1


def test_loudness_makes_no_difference():
    turn = tone(300, 2) * np.hanning(2 * RATE_HZ).astype(np.float32)
    assert np.allclose(mel(window(turn)), mel(window(turn * 0.1)), atol=1e-3)


def test_a_file_that_is_no_model_is_named(tmp_path):
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    with pytest.raises(ModelError, match=r"broken\.onnx") as caught:
        SmartTurn(broken)
    assert caught.value.hint == "edge-agent models pull"


@pytest.fixture(scope="module")
def smart_turn():
    if not MODEL.exists():
        pytest.skip(f"no model at {MODEL}: edge-agent models pull")
    return SmartTurn(MODEL)


@pytest.mark.models
def test_the_model_gives_a_probability_for_any_length(smart_turn):
    for seconds in (0, 0.01, 1, 8, 12):
        assert 0 <= smart_turn.probability(tone(200, seconds)) <= 1


ASKED_IN_A_PROCESS_OF_ITS_OWN = """
import os, sys
from pathlib import Path
import numpy as np
from edge_agent.talk.ear.smart_turn import SmartTurn

def memory_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

smart_turn = SmartTurn(Path(sys.argv[1]))
loaded_mb = memory_mb()
grown_mb = []
for seconds in range(1, 11):
    smart_turn.probability(np.zeros(seconds * 16_000, np.float32))
    grown_mb.append(memory_mb() - loaded_mb)
print(min(grown_mb))
"""


@pytest.mark.models
def test_whoever_asks_first_finds_its_memory_there(smart_turn):
    command = [sys.executable, "-c", ASKED_IN_A_PROCESS_OF_ITS_OWN, MODEL]
    asked = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(asked.stdout) < 10


@pytest.mark.models
def test_a_judgement_fits_into_a_pause(smart_turn):
    noise = np.random.default_rng(1).normal(0, 0.1, WINDOW).astype(np.float32)
    costs_s = []
    for _ in range(5):
        before = process_time()
        smart_turn.probability(noise)
        costs_s.append(process_time() - before)
    assert min(costs_s) < 0.3
