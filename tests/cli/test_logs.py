"""What decides how much is logged, and in which form."""

import json
import subprocess
import sys

import pytest

LOGS = """
import logging
from edge_agent import cli
cli.perform([*{arguments}, "paths"])
logging.getLogger("edge_agent.a").info("quiet_thing", extra={{"n": 1}})
logging.getLogger("edge_agent.b").warning("loud_thing")
"""


@pytest.fixture
def lines(home):
    def run(*arguments, **environment):
        environment = home.environment(**environment)
        script = LOGS.format(arguments=list(arguments))
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        return done.stderr.splitlines()

    return run


def test_warnings_are_shown_and_the_rest_is_not(lines):
    (line,) = lines()
    assert "loud_thing" in line


def test_the_environment_sets_the_level_for_all_and_for_some(lines):
    assert len(lines(EDGE_AGENT_LOG="info")) == 2
    assert len(lines(EDGE_AGENT_LOG="error")) == 0
    (line,) = lines(EDGE_AGENT_LOG="error,edge_agent.a=debug")
    assert "quiet_thing" in line


def test_the_command_line_beats_the_environment(lines):
    assert len(lines("--log-level", "info", EDGE_AGENT_LOG="error")) == 2


def test_under_systemd_lines_are_objects_with_priorities(lines):
    quiet, loud = lines(JOURNAL_STREAM="8:1234")  # The journal has levels of its own, so it gets more.
    assert (quiet[:3], loud[:3]) == ("<6>", "<4>")
    assert json.loads(loud.removeprefix("<4>"))["event"] == "loud_thing"


def test_objects_may_be_asked_for(lines):
    (line,) = lines("--log-format", "json")
    assert json.loads(line)["event"] == "loud_thing"
    _, line = lines("--log-format", "console", JOURNAL_STREAM="8:1234")
    assert line.startswith("<4>")
    assert "{" not in line
