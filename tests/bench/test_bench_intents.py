"""The benchmark of orders, on sounds of our own making."""

import asyncio
import json
import wave

import numpy as np
import pytest

from edge_agent.base.errors import InputError
from edge_agent.bench import intents
from edge_agent.talk.mind.stt import whisper
from edge_agent.workers.utterance import WORDS, utterance
from tests.sim.engines import model_folder

WAYS = {"clean", "by_snr", "mean"}
KEYS = WAYS | {
    "n", "p50_ms", "p95_ms", "clean_p50_ms", "clean_p95_ms", "leaning", "again",
    "out_of_domain", "out_of_domain_n", "out_of_domain_texts", "by_sound", "exact",
}  # fmt: skip


def write(path, samples):
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes((samples * 32767).astype("<i2").tobytes())


def listed(folder, *rows):
    folder.mkdir(exist_ok=True)
    (folder / "manifest.tsv").write_text("\n".join("\t".join(row) for row in rows))


@pytest.fixture
def data(tmp_path):
    """One order, whose grammar knows the sentence made of numbers, and a noise that is none."""
    write(tmp_path / "intents/a.wav", utterance())
    write(tmp_path / "intents/noise_hum.wav", np.random.default_rng(1).normal(0, 0.1, 32_000).clip(-1, 1))
    write(tmp_path / "noise/a.wav", np.random.default_rng(2).normal(0, 0.1, 32_000).clip(-1, 1))
    *first, last = WORDS
    (tmp_path / "intents/grammar.yaml").write_text(
        f'context:\n  expressions:\n    ask: ["{" ".join(first)} $when:when"]\n  slots:\n    when: [{last}, tomorrow]\n'
    )
    listed(
        tmp_path / "intents",
        ("path", "intent", "slots", "speech_start_s", "speech_end_s"),
        ("a.wav", "ask", json.dumps({"when": last}), "0.3", "1.9"),
    )
    listed(tmp_path / "noise", ("path", "label"), ("a.wav", "hum"))
    listed(tmp_path / "routing", ("text", "class"), ("what is the capital of france", "cloud"))
    return tmp_path


def run(data, noise="hum", snrs=(20.0,)):
    ear = whisper(model_folder("whisper-tiny.en"), threads=2)
    return asyncio.run(intents.run(data, ear, noise, snrs, progress=lambda *_: None))


@pytest.mark.models
def test_it_prints_shares_times_and_what_was_taken_for_an_order(data):
    report = run(data)
    assert report.keys() == KEYS
    assert report["n"] == 1
    assert report["clean"] == report["exact"]["clean"] == 1
    assert report["by_snr"].keys() == {"20"}
    assert report["mean"] == report["by_snr"]["20"]
    assert report["by_sound"].keys() == report["exact"].keys() == WAYS
    assert 0 < report["p50_ms"] <= report["p95_ms"]
    assert report["out_of_domain"] == report["out_of_domain_texts"] == 0
    assert report["out_of_domain_n"] == 1


@pytest.mark.models
def test_without_noise_there_is_the_clean_share_alone(data):
    report = run(data, snrs=())
    assert (report["clean"], report["by_snr"], report["mean"]) == (1, {}, None)


@pytest.mark.models
def test_a_noise_that_is_not_there_is_said_to_be_missing(data):
    with pytest.raises(InputError, match=r"noise_cafe"):
        run(data, noise="cafe")
