"""The real models are let out, and those that are not themselves are found out."""

import shutil
from dataclasses import replace

import pytest

from edge_agent.base.errors import ModelError
from edge_agent.base.paths import paths
from edge_agent.supply import catalogue
from edge_agent.supply.catalogue import Kind
from edge_agent.supply.fleet.chunks import cut
from edge_agent.supply.fleet.proving import InACanary, Tried
from edge_agent.supply.fleet.release import Answer, Component, Format, Part, Release
from edge_agent.supply.store import Store

pytestmark = pytest.mark.models

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


def test_models_that_answer_are_good(release, folder):
    PROOF(Tried(release, folder, {"llm": folder / "words"}))


def test_a_wrong_answer_is_found(release, folder):
    wrong = replace(release, answers=(replace(release.answers[0], expect=("no",)),))
    assert "llm gave another answer" in found(wrong, folder)
    mute = replace(release, answers=(replace(release.answers[1], min_ms=5000, max_ms=6000),))
    assert "tts spoke for" in found(mute, folder)


def test_a_model_that_does_not_load_is_found(release, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "broken")
    model = next((tmp_path / "broken" / "words").glob("*.gguf"))
    model.write_bytes(b"GGUF" + bytes(1000))
    assert "llm engine does not start" in found(release, tmp_path / "broken")


def test_one_that_hangs_is_not_waited_for(release, folder):
    with pytest.raises(ModelError, match="did not answer within 0 s"):
        replace(PROOF, timeout_s=0.2)(Tried(release, folder, {}))
