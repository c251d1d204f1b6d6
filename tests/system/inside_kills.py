"""Runs as root in a machine that has just booted: kills the agent in each state of a turn, and waits for the next one.

One line of the results for each state, as in `inside.py`. In the room somebody asks for a story, again and again, and
speaks over it.
"""

import json
import subprocess
import time
from pathlib import Path

from inside_tools import all_steps, pid, run, show, step, until

UNIT = "edge-agent.service"
CONFIG = Path("/etc/edge-agent/config.toml")
SETTINGS = """
[audio]
virtual_room = "/srv/lines"
[models]
folder = "/srv/models"
profile = "tiny"
[floor]
reply_timeout_s = 30
"""
DROP_IN = """
[Unit]
# Eight kills are more than a device has in five minutes.
StartLimitIntervalSec=0
[Service]
# Each change of state is a line of the log.
Environment=EDGE_AGENT_LOG=debug
LogRateLimitIntervalSec=0
"""
COMES_S = 200
"""For a state to come, on a machine that is as busy as it can be."""


def killed_in(state):
    @step
    def killed():
        before = pid()
        entered(state)
        run("kill", "-KILL", str(before), check=True)
        began = time.monotonic()
        until(lambda: pid() not in (0, before) and show("ActiveState") == "active", COMES_S)
        back_s = time.monotonic() - began
        return {"back_s": back_s, "microphone": status()["microphone"], "result": show("Result")}

    killed.__name__ = state


def entered(state):
    """Return when the conversation enters it, for the first time from now on."""
    line = ["journalctl", "--follow", "--lines=0", "--output=cat", f"--unit={UNIT}"]
    told = subprocess.Popen(["timeout", str(COMES_S), *line], stdout=subprocess.PIPE, text=True)
    try:
        if not any(f", then {state}" in text for text in told.stdout):
            raise TimeoutError(f"never {state}")
    finally:
        told.kill()


def status():
    asked = run("curl", "--silent", "--unix-socket", "/run/edge-agent/agent.sock", "http://localhost/v1/status")
    return json.loads(asked.stdout)


@step
def begun():
    run("dpkg", "--install", "/srv/edge-agent.deb", check=True)
    CONFIG.write_text(SETTINGS)
    overlay = Path(f"/etc/systemd/system/{UNIT}.d/test.conf")
    overlay.parent.mkdir(parents=True, exist_ok=True)
    overlay.write_text(DROP_IN)
    run("edge-agent", "service", "install", "--local-only", check=True)
    run("systemctl", "start", UNIT, check=True)
    return {}


for each in ("hearing", "paused", "thinking", "speaking", "ducked", "held", "weighed", "listening"):
    killed_in(each)


@step
def answers():
    until(lambda: status()["turns"] > 0, COMES_S)
    return {"restarts": show("NRestarts")}


all_steps()
