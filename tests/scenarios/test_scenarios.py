"""Every scenario of this folder, once; `make scenarios N=10` tells how often each of them fails."""

import asyncio
from pathlib import Path

import pytest

from edge_agent.base.layers import load
from edge_agent.bench.scenarios.read import read_all
from edge_agent.bench.scenarios.run import End, Theatre
from tests.sim.engines import EVAL, model_folder
from tests.sim.live import PATIENT

pytestmark = [pytest.mark.models, pytest.mark.alone]

SCENARIOS = read_all(Path(__file__).parent)
PROVEN = {
    "cough": "tests/app/test_interruptions.py",
    "go-on": "tests/app/test_interruptions.py",
    "goes-on-after-the-first-word": "tests/app/test_interruptions.py",
    "local-turn": "tests/app/test_loop.py",
    "skill-turn": "tests/app/test_loop.py",
    "typed-turn": "tests/app/test_loop.py",
}
"""Where the same is lived through line by line: these scenarios are played by `make long`, and by `make scenarios`."""


@pytest.fixture(scope="module")
def play():
    """Play a scenario with an agent of the smallest models."""
    for name in ("whisper-tiny.en", "smollm2-135m", "piper-joe", "silero-vad", "smart-turn"):
        model_folder(name)
    theatre = Theatre(load(PATIENT), EVAL, in_a_hurry=True)
    with asyncio.Runner() as runner:
        runner.run(theatre.learn(SCENARIOS))
        yield lambda scenario: runner.run(theatre.play(scenario))
        runner.run(theatre.clear())


def marked(scenario):
    marks = [pytest.mark.pulse] if scenario.room.kind.value == "pulse" else []
    if scenario.head.known_to_fail:
        marks.append(pytest.mark.xfail(reason=scenario.head.known_to_fail))
    if scenario.name in PROVEN:
        marks.append(pytest.mark.long)
    return pytest.param(scenario, id=scenario.name, marks=marks)


@pytest.mark.parametrize("scenario", [marked(scenario) for scenario in SCENARIOS])
def test_what_it_proves_holds(play, scenario):
    outcome = play(scenario)
    if outcome.end is End.SKIPPED:
        pytest.skip(outcome.why)
    assert outcome.end is End.PASSED, f"{scenario.head.proves}\n{outcome.why}"
