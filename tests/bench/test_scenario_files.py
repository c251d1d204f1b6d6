"""A scenario's file: what it may say, and what is told where it says something else."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import DeviceError, InputError
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.layers import load
from edge_agent.bench.scenarios import form, sounds
from edge_agent.bench.scenarios.places import Simulated
from edge_agent.bench.scenarios.read import read, read_all
from edge_agent.bench.scenarios.run import End, Outcome, report
from tests.sim.engines import model_folder

WHOLE = """\
proves: Something.
room: {echo: -10 dB, noise: -60 dB}
steps:
  - say: What [300 ms] time is it?
  - agent lets them finish
  - when: agent speaks for 0.8 s
    backchannel: Yes.
  - agent says: ^It's
    within: 2 s
never says: [sorry]
"""


@pytest.fixture
def scenario(tmp_path):
    def written(text):
        path = tmp_path / "it.yaml"
        path.write_text(text)
        return read(path)

    return written


def test_a_scenario_is_read_with_the_line_of_each_step(scenario):
    it = scenario(WHOLE)
    assert (it.name, it.room.kind, it.room.echo, it.room.noise) == ("it", form.Kind.SIMULATED, -10, -60)
    assert [(line.number, line.text) for line in it.lines] == [
        (4, "say: What [300 ms] time is it?"),
        (5, "agent lets them finish"),
        (6, "backchannel: Yes."),
        (8, "agent says: ^It's"),
    ]
    assert it.lines[2].step.when == form.Moment.model_validate({"agent speaks": True, "for s": 0.8})
    assert it.lines[3].step.within == 2
    assert it.head.never_says[0].search("I am Sorry")


def test_words_are_words_also_where_yaml_would_make_them_something_else(scenario):
    it = scenario("proves: That.\nsteps:\n  - say: yes\n  - say: 12:30\n")
    assert [line.step.say for line in it.lines] == ["yes", "12:30"]


STEP = "proves: That.\nsteps:\n  - say: Hello.\n"


@pytest.mark.parametrize(
    ("text", "line", "what", "hint"),
    [
        ("", 1, "no mapping", ""),
        ("- a\n", 1, "no mapping", ""),
        ("steps:\n  - say: Hello.\n", 1, "`proves` is missing", "Add it"),
        ("proves: That.\n", 1, "at least one step", ""),
        ("proves: That.\nsteps: []\n", 2, "at least one step", ""),
        ("proves: That.\nprove: that\nsteps:\n  - say: Hello.\n", 2, "no `prove`", "`proves`"),
        ("proves: That.\nproves: this\n", 2, "said twice", "Keep one"),
        ("proves: That.\nroom: {echo: loud}\nsteps:\n  - say: Hello.\n", 2, "-20 dB", ""),
        ("proves: That.\nroom: {kind: cave}\nsteps:\n  - say: Hello.\n", 2, "'simulated' or 'pulse'", ""),
        (STEP + "  - sey: Hello.\n", 4, "no step is called `sey`", "`say`"),
        (STEP + "  - xyzzy\n", 4, "no step is called `xyzzy`", "begins with one of"),
        (STEP + "  - [a]\n", 4, "a word, a colon", ""),
        (STEP + "  - say: Hello.\n    type: hello\n", 4, "`say`, `type`", "a step each"),
        (STEP + "  - say: Hello.\n    whne: agent speaks for 1 s\n", 5, "no `whne`", "`when`"),
        (STEP + "  - say: Hello.\n    when: agent sings\n", 5, "no moment", ""),
        (STEP + "  - say: Hello [a while] there.\n", 4, "no length of time", ""),
        (STEP + "  - wait: long\n", 4, "300 ms, 0.8 s or 2 min", ""),
        (STEP + "  - noise: bang\n", 4, "'cough'", ""),
        (STEP + "  - agent says: (\n", 4, "no regular expression", ""),
        (STEP + "  - memory holds: {user: a}\n", 4, "`memory holds.agent` is missing", ""),
        (STEP + "  - state: asleep\n", 4, "'listening'", ""),
        (STEP + "  - device: back\n", 4, "there already", ""),
        (STEP + "  - device: lost\n  - say: Hello.\n", 5, "nobody is heard", "`device: back`"),
        ("proves: That.\nsteps:\n  - agent goes on\n", 3, "said before", ""),
        ("proves: That.\nsteps:\n  - answered within: 1 s\n", 3, "nothing was asked", ""),
        ("proves: [\n", 2, "", "YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_what_to_do(scenario, text, line, what, hint):
    with pytest.raises(InputError) as told:
        scenario(text)
    assert f"it.yaml, line {line}: " in str(told.value)
    assert what in str(told.value)
    assert hint in told.value.hint
    assert told.value.hint


@pytest.mark.parametrize("name", ["", "nowhere.yaml"])
def test_a_place_without_scenarios_is_told(tmp_path, name):
    with pytest.raises(InputError) as told:
        read_all(tmp_path / name)
    assert told.value.hint


def test_scenarios_of_one_room_are_played_one_after_the_other(tmp_path):
    for name, room in (("a", "{kind: pulse}"), ("b", "{}"), ("c", "{echo: -10 dB}"), ("d", "{}")):
        (tmp_path / f"{name}.yaml").write_text(f"proves: That.\nroom: {room}\nsteps:\n  - say: Hello.\n")
    assert [scenario.name for scenario in read_all(tmp_path)] == ["b", "d", "c", "a"]


@given(st.integers(0, 9999), st.sampled_from(sorted(form.UNITS_S)))
def test_a_length_of_time_is_read_in_its_unit(number, unit):
    assert form.seconds(f"{number} {unit}") == pytest.approx(number * {"ms": 0.001, "s": 1, "min": 60}[unit])


# What is heard.


@pytest.mark.parametrize("noise", form.Noise)
def test_a_noise_is_heard_and_dies_away(noise):
    made = sounds.made(noise)
    assert np.abs(made).max() == pytest.approx(sounds.PEAK, abs=1e-3)
    assert made.size < RATE_HZ
    assert np.abs(made[-RATE_HZ // 200 :]).max() < 0.2


@pytest.mark.parametrize("folder", [None, Path("nowhere")])
def test_a_recording_that_is_not_there_is_missing_and_no_failure(folder):
    with pytest.raises(sounds.Missing, match=r"door|nowhere"):
        sounds.recorded(folder, "door")


@pytest.mark.models
def test_a_pause_stands_between_two_words_of_the_sentence_as_it_was_spoken_whole():
    model_folder("piper-joe")
    steps = [form.Say(say="What is the capital of France?"), form.Say(say="What is the capital of [800 ms] France?")]
    whole, paused = asyncio.run(sounds.voiced(load({"models.profile": "tiny"}), steps)).values()
    gaps = [np.diff(np.flatnonzero(np.abs(line) > 0.01)) / RATE_HZ for line in (whole, paused)]
    assert gaps[0].max() < 0.3
    assert sum(gaps[1] >= 0.8) == 1


def test_a_room_whose_plug_is_pulled_is_not_found_until_it_is_back():
    room = Simulated(form.Acoustics())
    room.pull()
    with pytest.raises(DeviceError):
        room.find()
    room.plug()
    room.find()


# What is reported.

PASSED, FAILED, SKIPPED = Outcome(End.PASSED), Outcome(End.FAILED, "why"), Outcome(End.SKIPPED, "no folder")


@pytest.mark.parametrize(
    ("known", "outcomes", "told"),
    [
        ("", [PASSED, PASSED], (2, 0, True)),
        ("", [PASSED, FAILED, FAILED, FAILED], (1, 0.75, False)),
        ("", [SKIPPED, PASSED], (1, 0, True)),
        ("", [SKIPPED], (0, None, True)),
        ("known to fail: Why.\n", [FAILED, PASSED], (1, 0.5, True)),
        ("known to fail: Why.\n", [PASSED], (1, 0, False)),
    ],
)
def test_the_flake_rate_is_the_share_of_the_runs_that_failed(scenario, known, outcomes, told):
    it = scenario(known + STEP)
    made = report([it], {"it": outcomes}, len(outcomes))
    (row,) = made["scenarios"]
    assert (row["passes"], row["flake_rate"], made["passed"]) == told
