"""Runs as root in a machine that has just booted: does what an owner does, and writes down what came of it.

Each step is one line of JSON in /results/steps.jsonl; the tests outside read them. A step that raises is written down
with its error, and the next one is tried.
"""

import json
import re
import shutil
import time
from pathlib import Path

from inside_tools import all_steps, as_agent, journal, names, pid, policies, run, settled, show, step, until

CONFIG = Path("/etc/edge-agent/config.toml")
SETTINGS = """
[audio]
virtual_room = "/srv/lines"
[models]
folder = "/srv/models"
profile = "tiny"
"""
CANARY = "sk-canary-4815162342"
OTHERS = ("/srv", "/results", "/proc", "/var/log/journal", "/run/log", "/home")
"""What neither the package nor its service put there: the test's own, the system's log, and people's."""

SYSTEMD = "org.freedesktop.systemd1"
START_KEY = ("call", SYSTEMD, "/org/freedesktop/systemd1", f"{SYSTEMD}.Manager", "StartUnit", "ss")


@step
def installed():
    done = run("dpkg", "--install", "/srv/edge-agent.deb", check=True)
    return {
        "said": done.stdout,
        "version": run("edge-agent", "--version", check=True).stdout,
        "user": run("id", "edge-agent", check=True).stdout,
        "started_unasked": show("ActiveState") != "inactive" or show("UnitFileState") == "enabled",
    }


@step
def ready():
    CONFIG.write_text(SETTINGS)
    overlay = Path("/etc/systemd/system/edge-agent.service.d/test.conf")
    overlay.parent.mkdir(parents=True, exist_ok=True)
    overlay.write_text("[Service]\nWatchdogSec=5\n")  # the unit's 20 s would be most of this test
    began = time.monotonic()
    told = run("edge-agent", "service", "install", "--local-only", check=True).stdout
    run("systemctl", "start", "edge-agent.service", check=True)  # returns when it is ready
    status = json.loads(run("edge-agent", "service", "status", "--json").stdout)
    return settled() | {"told": told, "seconds": time.monotonic() - began, "status": status}


@step
def conversation():
    until(lambda: "a turn ended" in journal(), 60)
    line = next(line for line in journal().splitlines() if "a turn ended" in line)
    return json.loads(re.sub(r"^<\d>", "", line))


@step
def confined():
    children = run("pgrep", "--parent", str(pid())).stdout.split()
    facts = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid()}/status").read_text().splitlines())
    places = ("/etc/x", "/usr/x", "/opt/edge-agent/x", "/srv/models/x", "/home/x", "/root/x", "/boot/x")
    may = {place: as_agent("touch", place).returncode == 0 for place in places}
    own = [f"/{name}/edge-agent/x" for name in ("var/lib", "var/cache", "run")]
    return {
        "facts": {name: facts[name].strip() for name in ("NoNewPrivs", "Seccomp", "CapBnd", "CapEff")},
        "may_write": may,
        "own": {place: as_agent("touch", place).returncode == 0 for place in own},
        "home": names(f"/proc/{pid()}/root/root"),
        "interfaces": Path(f"/proc/{pid()}/net/dev").read_text().count(":"),
        "core": [line for line in Path(f"/proc/{pid()}/limits").read_text().splitlines() if "core file" in line],
        "devices": names(f"/proc/{pid()}/root/dev"),
        "real_time": [policies(number) for number in (pid(), *map(int, children))],
    }


@step
def alone():
    done = run("runuser", "-u", "edge-agent", "--", "edge-agent", "run")  # Its user means the service.
    return {"code": done.returncode, "said": done.stderr}


@step
def reloaded():
    before = pid()
    CONFIG.write_text(SETTINGS + "[floor]\nsilence_ms = 900\n")
    run("systemctl", "reload", "edge-agent.service", check=True)
    until(lambda: "settings read anew" in journal(), 10)
    CONFIG.write_text(SETTINGS + "[floor]\nsilense_ms = 900\n")
    run("systemctl", "reload", "edge-agent.service", check=True)
    until(lambda: "the settings stay as they are" in journal(), 10)
    CONFIG.write_text(SETTINGS)
    said = [line for line in journal().splitlines() if "settings" in line]
    return settled() | {"said": said, "same": before == pid()}


@step
def watchdog():
    before = pid()
    run("kill", "-STOP", str(before), check=True)
    died = until(lambda: pid() not in (0, before), 60)
    back = until(lambda: show("ActiveState") == "active", 60)
    said = journal()
    return settled() | {
        "died_s": died,
        "back_s": back,
        "watchdog": "Watchdog timeout" in said,
        "stacks": "Fatal Python error: Aborted" in said,
        "workers_left": run("pgrep", "--parent", str(before)).stdout.split(),
    }


@step
def stopped():
    began = time.monotonic()
    run("systemctl", "stop", "edge-agent.service", check=True)
    return {"seconds": time.monotonic() - began, "result": show("Result"), "state": show("ActiveState")}


@step
def credential():
    key = Path("/etc/edge-agent/credentials/cloud-key")
    missing = run("edge-agent", "service", "install", "--cloud")
    key.write_text(CANARY)
    key.chmod(0o600)
    run("edge-agent", "service", "install", "--cloud", check=True)
    run("systemctl", "start", "edge-agent.service", check=True)
    environment = Path(f"/proc/{pid()}/environ").read_text()
    given = re.search(r"CREDENTIALS_DIRECTORY=([^\0]+)", environment)[1]
    return {
        "without": [missing.returncode, missing.stderr],
        "read": as_agent("cat", f"{given}/cloud-key").stdout == CANARY,
        "source": as_agent("cat", str(key)).returncode != 0,
        "leaked": CANARY in environment + journal() + run("systemctl", "show", "edge-agent.service").stdout,
        "local_only_gone": not Path("/etc/systemd/system/edge-agent.service.d/local-only.conf").exists(),
    }


@step
def bus():
    """The talk key pressed by whoever speaks D-Bus: the example's unit, called as its page says."""
    unit = Path("/etc/systemd/system/edge-agent-key@.service")
    shutil.copy("/srv/dbus/edge-agent-key@.service", unit)
    CONFIG.write_text(SETTINGS + '[ear]\nwake = "button"\n')
    run("systemctl", "daemon-reload", check=True)
    run("systemctl", "restart", "edge-agent.service", check=True)
    run("useradd", "stranger", check=True)
    for move, then in (("press", True), ("release", False), ("tap", True)):
        move_key(move, check=True)
        until(lambda so=then: awake() is so, 10)
    move_key("nonsense", check=True)
    until(lambda: show("ActiveState", "edge-agent-key@nonsense.service") == "failed", 10)
    said = journal("edge-agent-key@nonsense.service")
    refused = run("runuser", "-u", "stranger", "--", "busctl", *START_KEY, "edge-agent-key@press.service", "replace")
    unit.unlink()
    CONFIG.write_text(SETTINGS)
    run("systemctl", "reset-failed")
    run("systemctl", "restart", "edge-agent.service", check=True)
    return {"said": said, "stranger": [refused.returncode, refused.stderr]}


def move_key(move, **how):
    return run("busctl", *START_KEY, f"edge-agent-key@{move}.service", "replace", **how)


def awake(runtime="/run"):
    asked = run("curl", "--silent", "--unix-socket", f"{runtime}/edge-agent/agent.sock", "http://localhost/v1/status")
    return json.loads(asked.stdout)["awake"]


@step
def helpless():
    CONFIG.write_text("[floor]\nsilense_ms = 900\n")
    run("systemctl", "restart", "edge-agent.service")
    until(lambda: show("ActiveState", "edge-agent-safe.service") == "active", 40)
    until(lambda: "needs help" in journal("edge-agent-safe.service"), 10)
    status = json.loads(run("edge-agent", "service", "status", "--json").stdout)
    words = Path("/var/lib/edge-agent/help.wav")
    CONFIG.write_text(SETTINGS)
    run("systemctl", "reset-failed", "edge-agent.service")
    run("systemctl", "start", "--no-block", "edge-agent.service")
    until(lambda: show("ActiveState") == "active", 60)  # what is stopped while it starts has failed, for the next step
    return {
        "rollback": show("ExecMainStatus", "edge-agent-rollback.service"),
        "rollback_ran": "edge-agent" in journal("edge-agent-rollback.service"),
        "status": status["data"],
        "said": journal("edge-agent-safe.service"),
        "words": words.exists() and words.stat().st_size,
    }


@step
def crashes():
    """The agent dies at every start, and taking back what was updated does not help."""
    agent, rollback = (Path(f"/etc/systemd/system/edge-agent{name}.service.d/crash.conf") for name in ("", "-rollback"))
    rollback.parent.mkdir(exist_ok=True)
    agent.write_text("[Service]\nExecStartPre=/bin/false\nRestartSec=100ms\n")
    rollback.write_text("[Service]\nExecStart=\nExecStart=/bin/true\n")
    run("systemctl", "daemon-reload", check=True)
    run("systemctl", "reset-failed", "edge-agent-rollback.service")
    run("systemctl", "restart", "edge-agent.service")
    until(lambda: show("ActiveState", "edge-agent-safe.service") == "active", 60)
    tried = journal().count("Scheduled restart job")
    agent.unlink()
    rollback.unlink()
    rollback.parent.rmdir()
    run("systemctl", "daemon-reload", check=True)
    run("systemctl", "reset-failed")
    run("systemctl", "start", "edge-agent.service", check=True)
    return settled() | {
        "tried": tried,
        "rollbacks": journal("edge-agent-rollback.service").count("Deactivated successfully"),
    }


@step
def session():
    """The same for a user who is not logged in, but lingers."""
    run("systemctl", "stop", "edge-agent.service", check=True)
    run("useradd", "--create-home", "ann", check=True)
    user = run("id", "--user", "ann", check=True).stdout.strip()
    config = Path("/home/ann/.config/edge-agent/config.toml")
    as_ann = ("runuser", "-u", "ann", "--", "env", f"XDG_RUNTIME_DIR=/run/user/{user}", "HOME=/home/ann")
    key = Path("/home/ann/.config/systemd/user/edge-agent-key@.service")
    run(*as_ann, "mkdir", "--parents", str(config.parent), str(key.parent), check=True)
    config.write_text(SETTINGS + '[ear]\nwake = "button"\n')
    shutil.copy("/srv/dbus/edge-agent-key@.service", key)
    before = run(*as_ann, "edge-agent", "service", "install", "--user")
    run("loginctl", "enable-linger", "ann", check=True)
    until(Path(f"/run/user/{user}/systemd").exists, 30)
    installed = run(*as_ann, "edge-agent", "service", "install", "--user", check=True).stdout
    until(lambda: run(*as_ann, "edge-agent", "service", "status", "--user").returncode == 0, 60)
    status = json.loads(run(*as_ann, "edge-agent", "service", "status", "--user", "--json").stdout)
    run(*as_ann, "busctl", "--user", *START_KEY, "edge-agent-key@press.service", "replace", check=True)
    until(lambda: awake(f"/run/user/{user}"), 10)
    key.unlink()
    run(*as_ann, "edge-agent", "service", "uninstall", "--user", check=True)
    left = run("find", "/home/ann/.config/systemd", "-type", "f").stdout.split()
    gone = run(*as_ann, "edge-agent", "service", "status", "--user")
    run("systemctl", "start", "edge-agent.service", check=True)
    return {
        "before": [before.returncode, before.stderr],
        "installed": installed,
        "status": status["data"],
        "left": left,
        "gone": [gone.returncode, gone.stdout],
    }


@step
def fleet():
    """It joins a fleet that lies in a folder, and takes its release as its timer would, in the sandbox of that."""
    changed = Path("/etc/systemd/system/edge-agent-fleet.service.d/test.conf")
    changed.parent.mkdir()
    own = {"MODELS__FOLDER": "/var/lib/edge-agent/models", "FLEET__PROBATION_S": "10"}
    changed.write_text("[Service]\n" + "".join(f"Environment=EDGE_AGENT_{key}={text}\n" for key, text in own.items()))
    joined = ("--fleet", "file:///srv/fleet", "--root", "/srv/fleet/metadata/1.root.json")
    told = run("edge-agent", "service", "install", "--local-only", *joined, check=True).stdout
    timer = [show(key, "edge-agent-fleet.timer") for key in ("ActiveState", "UnitFileState")]
    run("systemctl", "start", "edge-agent-fleet.service", check=True)
    until(lambda: show("ActiveState") == "active", 60)
    guard = show("ExecStartPre")
    pointers = json.loads(Path("/var/lib/edge-agent/models/.fleet/pointers.json").read_text())
    run("systemctl", "disable", "--now", "edge-agent-fleet.timer", check=True)
    changed.unlink()
    changed.parent.rmdir()
    run("systemctl", "daemon-reload", check=True)
    return {"told": told, "timer": timer, "pointers": pointers, "guard": guard} | settled()


@step
def upgraded():
    until(lambda: show("ActiveState") == "active", 60)  # as it is without the safe mode
    before = pid()
    done = run("dpkg", "--install", "/srv/edge-agent.deb", check=True)
    until(lambda: pid() not in (0, before) and show("ActiveState") == "active", 60)
    return {"said": done.stdout, "settings": CONFIG.read_text() == SETTINGS} | settled()


@step
def removed():
    state = Path("/var/lib/edge-agent")
    run("dpkg", "--remove", "edge-agent", check=True)
    after = {"state": state.exists(), "settings": CONFIG.exists(), "load": show("LoadState")}
    processes = run("pgrep", "--uid", "edge-agent").stdout.split()
    run("dpkg", "--purge", "edge-agent", check=True)
    left = run("find", "/", "-xdev", "-path", "/proc", "-prune", "-o", "-name", "*edge-agent*", "-print").stdout.split()
    return {
        "after_remove": after,
        "processes": processes,
        "left": [path for path in left if not path.startswith(OTHERS)],
        "user": run("id", "edge-agent").returncode == 0,
    }


all_steps()
