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
from edge_agent.supply.fleet.canary import ROUNDS, TRIES, Canary, Meters
from edge_agent.supply.fleet.chunks import cut
from edge_agent.supply.fleet.proving import InACanary, Tried
from edge_agent.supply.fleet.release import Answer, Component, Format, Part, Release
from edge_agent.supply.fleet.speed import SLOWER_MAX, SLOWER_MS, Took, too_slow
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


TOOK = st.builds(Took, st.floats(0, 600_000), st.floats(0, 600_000))


@given(TOOK, TOOK)
def test_nobody_is_slow_who_takes_little_longer_or_not_much_more_of_it(new, old):
    pairs = ((new.clock, old.clock), (new.processor, old.processor))
    within = all(one <= other * SLOWER_MAX or one <= other + SLOWER_MS for one, other in pairs)
    assert (too_slow("llm", new, old) == "") == within
    assert too_slow("llm", old, old) == ""


@pytest.mark.parametrize(
    ("new", "old", "told"),
    [
        (Took(160, 0), Took(100, 0), ""),
        (Took(161, 0), Took(100, 0), "llm takes 161 ms where the models in use take 100"),
        (Took(40, 0), Took(10, 0), ""),
        (Took(41, 0), Took(10, 0), "llm takes 41 ms where the models in use take 10"),
        (Took(100, 320), Took(900, 150), "llm takes 320 ms of the processor where the models in use take 150"),
    ],
)
def test_the_limits_are_those_that_are_written_down(new, old, told):
    assert too_slow("llm", new, old) == told


def found_by(folder, tmp_path, *takes_ms, busy=False):
    """Let the real voice answer beside a copy of itself, by a meter on which each answer takes as long as is said.

    New and old voice take turns. The meter is the clock, or the processor's.
    """
    old = tmp_path / "voice"
    shutil.copytree(folder / "voice", old)
    readings, left = [0.0], list(takes_ms)

    def meter(_=None):
        readings.append(readings[-1] + (left.pop(0) / 1000 if len(readings) % 2 == 0 else 0))
        return readings[-1]

    answer = {"kind": "tts", "given": "Good morning.", "expect": (), "min_ms": 300, "max_ms": 2000}
    told = {"new": {"tts": str(folder / "voice")}, "old": {"tts": str(old)}, "words": (), "answers": (answer,)}
    meters = Meters(lambda: 0.0, meter) if busy else Meters(meter, lambda _: 0.0)
    reason = asyncio.run(Canary({**told, "threads": 1, "context_tokens": 512, "persona": ""}, meters).run())
    assert not left
    return reason


@pytest.mark.models
@pytest.mark.parametrize("busy", [False, True], ids=["clock", "processor"])
def test_whoever_is_slower_than_the_models_in_use_is_found(folder, tmp_path, busy):
    takes_ms = [*[180] * ROUNDS, *[100] * ROUNDS] * TRIES
    told = "of the processor " if busy else ""
    assert (
        found_by(folder, tmp_path, *takes_ms, busy=busy) == f"tts takes 180 ms {told}where the models in use take 100"
    )


@pytest.mark.models
def test_a_machine_that_was_busy_for_a_while_makes_nobody_slow(folder, tmp_path):
    # One answer of three was not disturbed: that one counts.
    assert found_by(folder, tmp_path, *[900, 150, 700], *[100, 800, 900]) == ""


@pytest.mark.models
def test_whoever_seems_slow_is_asked_again(folder, tmp_path):
    once, again = [400] * ROUNDS, [150] * ROUNDS
    assert found_by(folder, tmp_path, *once, *[100] * ROUNDS, *again, *[110] * ROUNDS) == ""


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
