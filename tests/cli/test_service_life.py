"""`edge-agent run` under a manager, in a process of its own: what the manager is told, from the start to the end."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from edge_agent.base.paths import paths
from edge_agent.host.single import FILE, alone

pytestmark = pytest.mark.alone

WATCHDOG_S = 1.5
"""Short, so that the state is told every half second."""


class Started:
    """A process, and the manager that started it."""

    def __init__(self, home, folder, *words, **environment):
        name = f"edge-agent-life-{uuid.uuid4()}"
        self.ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ear.bind(f"\0{name}")
        self.ear.settimeout(90)
        self.log = (folder / "log").open("w+")
        told = {"NOTIFY_SOCKET": f"@{name}", "WATCHDOG_USEC": str(round(WATCHDOG_S * 1e6)), "EDGE_AGENT_LOG": "info"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edge_agent", "--log-format", "json", "run", *words],
            env=home.environment(**told, **environment),
            stderr=self.log,
        )

    def until(self, pattern):
        """Read what the manager is told until it matches, and return all of it."""
        heard = []
        while not heard or not re.search(pattern, heard[-1]):
            heard.append(self.ear.recv(4096).decode())
        return heard

    def said(self):
        self.log.flush()
        return Path(self.log.name).read_text()

    def until_said(self, pattern):
        """The watchdog's food is the clock: after each, the log is looked at."""
        while not re.search(pattern, self.said()):
            self.until("WATCHDOG=1|STATUS")

    def leaves_s(self, number=signal.SIGTERM):
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=30)
        return time.monotonic() - began

    def close(self):
        self.process.kill()
        self.process.wait()
        self.ear.close()
        self.log.close()


@pytest.fixture
def start(home, tmp_path):
    running = []

    def begin(*words, **environment):
        running.append(Started(home, tmp_path, *words, **environment))
        return running[-1]

    yield begin
    for one in running:
        one.close()


@pytest.fixture
def room(home, models, tmp_path):
    """A room in which somebody asks for the time, and then for a story."""
    lines = tmp_path / "lines"
    lines.mkdir()
    for name, text in (("1-time", "What time is it?"), ("2-story", "Tell me a story about the moon and the sea.")):
        assert home.run("say", text, "--out", str(lines / f"{name}.wav"), **models).code == 0
    return models | {"EDGE_AGENT_AUDIO__VIRTUAL_ROOM": str(lines)}


@pytest.mark.models
def test_the_whole_life_of_a_service(home, start, room):
    service = start(**room)
    before = service.until("READY=1")
    assert before[0].startswith("EXTEND_TIMEOUT_USEC=")
    assert "STATUS=listening" in before[-1]
    assert service.said().count("→ READY") == 3, "it was ready before its engines were"
    children = subprocess.run(
        ["pgrep", "--parent", str(service.process.pid)], capture_output=True, text=True, check=True
    )
    engines = {Path(f"/proc/{child}/cmdline").read_text(): int(child) for child in children.stdout.split()}
    for child in engines.values() if os.geteuid() == 0 else ():  # They are closed to all others.
        assert "NOTIFY_SOCKET" not in Path(f"/proc/{child}/environ").read_text()

    # Settings are read anew in the middle of a turn, and it is answered.
    service.until_said("said: 1-time")
    home.configure("[floor]\nsilence_ms = 800\n")
    service.process.send_signal(signal.SIGHUP)
    assert "MONOTONIC_USEC=" in service.until("RELOADING=1")[-1]
    service.until("READY=1")
    service.until_said("a turn ended")
    assert "settings read anew; now: floor.silence_ms" in service.said()
    turn = next(line for line in service.said().splitlines() if "a turn ended" in line)
    assert json.loads(turn)["kind"] == "skill"

    # An engine dies while it speaks: that is told, and no matter for the watchdog.
    service.until("STATUS=speaking")
    os.kill(next(number for line, number in engines.items() if "workers.whisper" in line), signal.SIGKILL)
    assert any("WATCHDOG=1" in word for word in service.until("the stt engine is being restarted"))

    # It is told to go in the middle of a long answer.
    assert service.leaves_s() < 4  # 3, and what a busy machine takes to tell
    assert "STOPPING=1" in service.until("STOPPING=1")[-1]
    assert "Traceback" not in service.said()
    assert (home.state / "help.wav").stat().st_size > 50_000, "the safe mode has no words"


@pytest.mark.models
def test_who_wants_a_lamp_and_has_none_reads_that_in_the_service_s_status(start, room):
    service = start(**room, EDGE_AGENT_PRIVACY__LAMP="true")
    assert "STATUS=deaf: no lamp" in service.until("READY=1")[-1]


@pytest.mark.models
def test_it_can_be_told_to_go_while_it_starts(start, room):
    service = start(**room)
    service.until("starting the engines")
    assert service.leaves_s() < 4
    assert service.process.returncode == 0
    assert "Traceback" not in service.said()


@pytest.mark.models
def test_a_microphone_that_is_not_there_is_waited_for_and_that_is_told(start, models, silent):
    service = start(**models, **silent)
    (told,) = service.until("STATUS=waiting")
    assert told.startswith("EXTEND_TIMEOUT_USEC=")
    service.until("STATUS=waiting")
    assert service.said().count("waiting: ") == 1, "the log is not filled with it"
    assert service.leaves_s() < 4
    assert service.process.returncode == 0


def test_models_that_are_not_there_are_waited_for(start, silent):
    service = start(EDGE_AGENT_MODELS__FOLDER="/nowhere", **silent)
    assert "edge-agent models pull" in service.until("STATUS=waiting")[-1]


def test_settings_that_are_wrong_are_not_waited_for(home, start):
    home.configure("[floor]\nsilense_ms = 500\n")
    assert start().process.wait(timeout=30) == 78


def test_the_safe_mode_is_ready_without_models_or_loudspeaker_and_asks_on(home, start, silent):
    home.configure("[floor]\nsilense_ms = 500\n")
    service = start("--safe", EDGE_AGENT_MODELS__FOLDER="/nowhere", **silent)
    assert "STATUS=safe mode" in service.until("READY=1")[-1]
    assert service.leaves_s() < 4
    assert service.process.returncode == 0
    assert "needs help" in service.said()


def test_a_second_agent_is_told_who_the_first_is(home):
    runtime = paths(home.environment()).runtime
    with alone(runtime):
        ended = home.run("run")
    assert ended.code == 75
    assert f"process {os.getpid()}" in ended.err
    assert (runtime / FILE).exists()
