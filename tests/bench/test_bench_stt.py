"""The speech-to-text benchmark, on recordings of our own making and on real ones."""

import asyncio
import wave

import pytest

from edge_agent.base.errors import InputError
from edge_agent.bench import stt
from edge_agent.workers.utterance import WORDS, utterance
from tests.sim.engines import model_folder

KEYS = {"wer", "wer_full_window", "p50_ms", "p95_ms", "p50_full_window_ms"}


@pytest.fixture
def data(tmp_path):
    """Three turns: one written down rightly, one with a word too many, one not at all."""
    (tmp_path / "turns").mkdir()
    with wave.open(str(tmp_path / "turns/a.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes((utterance() * 32767).astype("<i2").tobytes())
    sentence = " ".join(WORDS)
    rows = [
        ("path", "text", "speech_spans"),
        ("a.wav", sentence, "[[0.3, 1.9]]"),
        ("a.wav", f"{sentence} or two", "[[0.3, 1.9]]"),
        ("a.wav", "", "[[0.3, 1.9]]"),
    ]
    (tmp_path / "turns/manifest.tsv").write_text("\n".join("\t".join(row) for row in rows))
    return tmp_path


@pytest.mark.models
def test_it_prints_errors_and_times_of_both_windows_for_every_model(data):
    models = {"whisper-tiny.en": model_folder("whisper-tiny.en")}
    result = asyncio.run(stt.run(data, models, threads=2))
    assert result["clips"] == 2
    assert result["models"].keys() == {"tiny-en"}
    measured = result["models"]["tiny-en"]
    assert measured.keys() == KEYS
    assert measured["wer"] == measured["wer_full_window"] == pytest.approx(100 * 2 / 14, abs=0.01)
    assert 0 < measured["p50_ms"] <= measured["p95_ms"]
    assert measured["p50_ms"] < measured["p50_full_window_ms"]


def test_turns_without_a_text_are_nothing_to_measure(data):
    manifest = data / "turns/manifest.tsv"
    first, *_, last = manifest.read_text().splitlines()
    manifest.write_text(f"{first}\n{last}")
    with pytest.raises(InputError, match="has a text"):
        asyncio.run(stt.run(data, {}, threads=1))
