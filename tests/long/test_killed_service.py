"""kill -9 of the agent itself in each state of a turn, under a real systemd: it listens again, by itself."""

import asyncio
from pathlib import Path

import pytest

from edge_agent.base.frames import RATE_HZ
from edge_agent.base.layers import load
from edge_agent.bench.rehearsal import synthetic_lines
from edge_agent.talk.ear.wav import WavWriter
from edge_agent.talk.floor.state import State
from tests.sim import machine

SYSTEM = Path(__file__).parents[1] / "system"
BOOT_S = 1800
"""Each state may take minutes to come where others are at work."""

BACK_S = 6.0
"""From the kill until it listens again, engines proven; one second of it systemd waits before it starts anything."""

STORY = "Tell me a long story about the moon and the sea."
LINES = (("1-story", STORY), ("2-over", "Uh huh."), ("3-story", STORY), ("4-over", "Wait, stop. What time is it?"))

pytestmark = [
    pytest.mark.models,
    pytest.mark.container,
    pytest.mark.long,
    pytest.mark.timeout(BOOT_S + 300),
    pytest.mark.skipif(bool(machine.why_not()), reason=machine.why_not() or "-"),
]


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """What was written down inside, by state."""
    folder = tmp_path_factory.mktemp("machine")
    lines = folder / "lines"
    lines.mkdir()
    for line in asyncio.run(synthetic_lines(load({"models.profile": "tiny"}), LINES)):
        with WavWriter(lines / f"{line.name}.wav", RATE_HZ) as out:
            out.write(line.samples)
    return machine.lived(folder, SYSTEM / "inside_kills.py", lines, {}, timeout_s=BOOT_S)


@pytest.mark.parametrize("state", State, ids=lambda state: state.value)
def test_a_killed_agent_listens_again(capsys, steps, state):
    told = steps[state.value]
    assert "error" not in told, told["error"] + told["journal"]
    with capsys.disabled():
        print(f"\nkill -9 of the agent while {state.value}: it listens again after {told['back_s']:.1f} s")
    assert told["microphone"] == "open"
    assert told["back_s"] <= BACK_S


def test_the_last_one_answers(steps):
    assert "error" not in steps["answers"], steps["answers"]["error"]
    assert int(steps["answers"]["restarts"]) == len(State)
