"""The real models are let out, and those that are not themselves are found out."""

import asyncio
import shutil
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import ModelError
from edge_agent.base.paths import paths
from edge_agent.supply import catalogue
from edge_agent.supply.catalogue import Kind
from edge_agent.supply.fleet.canary import ROUNDS, SLOWER_MAX, SLOWER_MS, TRIES, Canary, too_slow
from edge_agent.supply.fleet.chunks import cut
from edge_agent.supply.fleet.proving import InACanary, Tried
from edge_agent.supply.fleet.release import Answer, Component, Format, Part, Release
from edge_agent.supply.store import Store

PROOF = InACanary(threads=2, context_tokens=512)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The smallest language model and the voice, as a generation."""
    root = tmp_path_factory.mktemp("generation")
    models = catalogue.load().profile("tiny")
    for name, kind in (("words", Kind.LLM), ("voice", Kind.TTS)):
        shutil.copytree(Store(paths().models).folder(models[kind]), root / name)
    return root


@pytest.fixture(scope="module")
def release(folder):
    components = []
    for name, kind in (("words", Part.LLM), ("voice", Part.TTS)):
        files = []
        for path in sorted((folder / name).iterdir(), key=lambda path: -path.stat().st_size):
            with path.open("rb") as file:
                files.append(cut(file, path.name, Format.PLAIN))
        components.append(Component(name, kind, Format.PLAIN, "MIT", "nowhere", tuple(files)))
    answers = (
        Answer("words", "Say the word yes.", ("yes",)),
        Answer("voice", "Good morning.", min_ms=300, max_ms=2000),
    )
    return Release("spring", "1.0.0", 1, tuple(components), answers=answers)


def found(release, folder, **old) -> str:
    with pytest.raises(ModelError) as told:
        PROOF(Tried(release, folder, old))
    return str(told.value)


MS = st.floats(0, 600_000)


@given(MS, MS)
def test_nobody_is_slow_who_takes_little_longer_or_not_much_more_of_it(new_ms, old_ms):
    within = new_ms <= old_ms * SLOWER_MAX or new_ms <= old_ms + SLOWER_MS
    assert (too_slow("llm", new_ms, old_ms) == "") == within
    assert too_slow("llm", old_ms, old_ms) == ""


def test_the_limits_are_those_that_are_written_down():
    assert (SLOWER_MAX, SLOWER_MS) == (1.6, 30)
    assert too_slow("llm", 160, 100) == ""
    assert too_slow("llm", 161, 100) == "llm takes 161 ms where the models in use take 100"
    assert too_slow("tts", 40, 10) == ""
    assert too_slow("tts", 41, 10)


def asked(folder, tmp_path, *takes_ms):
    """Let the real voice answer beside a copy of itself, by a clock on which each answer takes as long as is said.

    Returns what was found, and what was measured; new and old voice take turns.
    """
    old = tmp_path / "voice"
    shutil.copytree(folder / "voice", old)
    now, left = [0.0], list(takes_ms)

    def clock():
        now.append(now[-1] + (left.pop(0) / 1000 if len(now) % 2 == 0 else 0))
        return now[-1]

    answer = {"kind": "tts", "given": "Good morning.", "expect": (), "min_ms": 300, "max_ms": 2000}
    told = {"new": {"tts": str(folder / "voice")}, "old": {"tts": str(old)}, "words": (), "answers": (answer,)}
    canary = Canary({**told, "threads": 1, "context_tokens": 512, "persona": ""}, clock)
    reason = asyncio.run(canary.run())
    assert not left
    return reason, canary.ms["tts"]


@pytest.mark.models
def test_whoever_is_slower_than_the_models_in_use_is_found(folder, tmp_path):
    takes_ms = [*[180] * ROUNDS, *[100] * ROUNDS] * TRIES
    assert asked(folder, tmp_path, *takes_ms) == ("tts takes 180 ms where the models in use take 100", [180, 100])


@pytest.mark.models
def test_a_machine_that_was_busy_for_a_while_makes_nobody_slow(folder, tmp_path):
    disturbed = [900, 150, 700], [100, 800, 900]  # one answer of three was not: that one counts
    assert asked(folder, tmp_path, *disturbed[0], *disturbed[1]) == ("", [150, 100])


@pytest.mark.models
def test_whoever_seems_slow_is_asked_again(folder, tmp_path):
    once, again = [400] * ROUNDS, [150] * ROUNDS
    assert asked(folder, tmp_path, *once, *[100] * ROUNDS, *again, *[110] * ROUNDS) == ("", [150, 100])


@pytest.mark.models
def test_models_that_answer_are_good(release, folder):
    PROOF(Tried(release, folder, {"llm": folder / "words"}))


@pytest.mark.models
def test_a_wrong_answer_is_found(release, folder):
    wrong = replace(release, answers=(replace(release.answers[0], expect=("no",)),))
    assert "llm gave another answer" in found(wrong, folder)
    mute = replace(release, answers=(replace(release.answers[1], min_ms=5000, max_ms=6000),))
    assert "tts spoke for" in found(mute, folder)


@pytest.mark.models
def test_a_model_that_does_not_load_is_found(release, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "broken")
    model = next((tmp_path / "broken" / "words").glob("*.gguf"))
    model.write_bytes(b"GGUF" + bytes(1000))
    assert "llm engine does not start" in found(release, tmp_path / "broken")


@pytest.mark.models
def test_one_that_hangs_is_not_waited_for(release, folder):
    with pytest.raises(ModelError, match="did not answer within 0 s"):
        replace(PROOF, timeout_s=0.2)(Tried(release, folder, {}))
