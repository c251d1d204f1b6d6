"""The units: what systemd itself says about them, and that each of their lines has a reason."""

import os
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
import typer

from edge_agent.cli import app

UNITS = Path(__file__).parents[2] / "systemd"
SYSTEM = sorted(path.name for path in UNITS.glob("*.service"))
USER = sorted(path.name for path in (UNITS / "user").glob("*.service"))

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")


@pytest.fixture
def root(tmp_path):
    """A system in which nothing is installed but the units and the programs that they name."""
    units = tmp_path / "etc" / "systemd" / "system"
    units.mkdir(parents=True)
    for path in [*UNITS.glob("*.service"), *UNITS.glob("*.timer")]:
        shutil.copy(path, units)
    for program in ("usr/bin/edge-agent", "bin/systemctl", "bin/kill", "opt/edge-agent/bin/python3"):
        (tmp_path / program).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("/bin/true", tmp_path / program)
    return tmp_path


def with_drop_in(root, name):
    folder = root / "etc/systemd/system/edge-agent.service.d"
    folder.mkdir()
    shutil.copy(UNITS / "drop-ins" / name, folder)


def analyzed(root, *words):
    line = ["systemd-analyze", f"--root={root}", "--man=no", *words]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def exposure(root, unit):
    told = analyzed(root, "security", "--offline=true", "--no-pager", unit).stdout
    return float(re.search(r"exposure level for \S+: (\d+\.\d)", told)[1])


@needs_systemd
@pytest.mark.parametrize(
    ("unit", "drop_in", "at_most"),
    [
        ("edge-agent.service", None, 1.5),
        ("edge-agent.service", "cloud.conf", 1.6),
        ("edge-agent.service", "local-only.conf", 0.8),
        ("edge-agent-updater.service", None, 1.0),
        ("edge-agent-fleet.service", None, 1.3),
        ("edge-agent-rollback.service", None, 0.5),
        ("edge-agent-safe.service", None, 0.5),
    ],
)
def test_a_unit_is_exposed_at_most_so_far(root, unit, drop_in, at_most):
    if drop_in:
        with_drop_in(root, drop_in)
    assert exposure(root, unit) <= at_most


@needs_systemd
@pytest.mark.parametrize("unit", [*SYSTEM, "edge-agent-updater.timer", "edge-agent-fleet.timer"])
def test_systemd_finds_no_fault_with_a_unit(root, unit):
    told = analyzed(root, "--recursive-errors=no", "verify", unit)
    assert (told.returncode, told.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("drop_in", ["cloud.conf", "fleet.conf", "local-only.conf"])
def test_systemd_finds_no_fault_with_a_drop_in(root, drop_in):
    with_drop_in(root, drop_in)
    told = analyzed(root, "--recursive-errors=no", "verify", "edge-agent.service")
    assert (told.returncode, told.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("unit", USER)
def test_systemd_finds_no_fault_with_a_users_unit(tmp_path, unit):
    for path in (UNITS / "user").glob("*.service"):
        (tmp_path / path.name).write_text(path.read_text().replace("/usr/bin/edge-agent", "/bin/true"))
    told = subprocess.run(
        ["systemd-analyze", "--user", "--man=no", "--recursive-errors=no", "verify", str(tmp_path / unit)],
        env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")


def lines(path):
    """`Key=value` of the unit's service section, in order."""
    section = path.read_text().partition("[Service]")[2].partition("[Install]")[0]
    return [line for line in section.splitlines() if re.match(r"\w+=", line)]


def sandbox(name):
    keys = r"Protect|Proc|MemoryDeny|Private|Restrict|NoNew|Lock|Remove|Capab|Ambient|SystemCall"
    keys += "|Device|IPAddress|UMask|LimitCORE|MemorySwap"
    return {line for line in lines(UNITS / name) if re.match(keys, line)}


@pytest.mark.parametrize("unit", [name for name in SYSTEM if name != "edge-agent.service"])
def test_what_protects_the_agent_protects_its_companions(unit):
    # A line that is changed in one unit and forgotten in another is a hole that nobody decided on.
    may_differ = ("RestrictRealtime", "RestrictAddr", "IPAddressAllow", "ProcSubset", "DeviceAllow", "MemoryDeny")
    may_differ += ("SystemCallFilter=sched_setscheduler",)
    missing = {line for line in sandbox("edge-agent.service") - sandbox(unit) if not line.startswith(may_differ)}
    assert missing == set()


def test_the_agent_may_write_and_execute_memory_or_its_engines_lie():
    # CTranslate2 returns garbage under MemoryDenyWriteExecute on AMD processors, without an error.
    assert "MemoryDenyWriteExecute=no" in lines(UNITS / "edge-agent.service")
    assert "MemoryDenyWriteExecute=yes" in lines(UNITS / "edge-agent-updater.service")


@pytest.mark.parametrize("unit", ["edge-agent.service", "user/edge-agent.service"])
def test_only_the_agent_is_told_to_stop_and_what_hangs_then_is_no_failure(unit):
    # Engines that systemd ended were started again in the middle of the last sentence. A stop that took too long was a
    # failure: what was updated last was taken back, and the agent that its owner had stopped ran again.
    assert {"KillMode=mixed", "SuccessExitStatus=SIGALRM"} <= set(lines(UNITS / unit))


@pytest.mark.parametrize("unit", [*SYSTEM, *(f"user/{name}" for name in USER)])
def test_p06_what_a_unit_holds_is_in_no_swap_and_no_core_dump(unit):
    assert {"MemorySwapMax=0", "LimitCORE=0"} <= set(lines(UNITS / unit))


def test_only_the_agent_and_its_safe_mode_reach_a_sound_card():
    assert "PrivateDevices=yes" in lines(UNITS / "edge-agent-updater.service")
    assert "PrivateDevices=yes" in lines(UNITS / "edge-agent-rollback.service")
    for unit in ("edge-agent.service", "edge-agent-safe.service"):
        assert "DeviceAllow=char-alsa rw" in lines(UNITS / unit)


@pytest.mark.parametrize("path", sorted(UNITS.rglob("*.*")), ids=lambda path: path.name)
def test_no_unit_holds_a_key_or_listens(path):
    text = path.read_text()
    assert not re.search(r"^Environment=.*(KEY|TOKEN|SECRET)", text, re.MULTILINE | re.IGNORECASE)
    assert "ListenStream" not in text


@pytest.mark.parametrize("path", sorted(UNITS.rglob("*.service")), ids=lambda path: str(path.relative_to(UNITS)))
def test_the_commands_in_a_unit_exist(path):
    for _, words in re.findall(r"^(ExecStart\w*)=\S*/edge-agent (.*)$", path.read_text(), re.MULTILINE):
        command = typer.main.get_command(app)
        if words.startswith("update ") and "update" not in command.commands:
            pytest.skip("updates are not part of this build: the unit goes on to the safe mode")
        for word in words.split():
            if not word.startswith("-"):
                command = command.commands[word]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words.split() if word.startswith("-")} <= options


def test_every_line_of_the_agents_sandbox_has_its_reason_above_it():
    text = (UNITS / "edge-agent.service").read_text().splitlines()
    for above, line in pairwise(text):
        if line in sandbox("edge-agent.service"):
            assert above.startswith("#") or above.split("=")[0] == line.split("=")[0], line


def test_what_a_unit_leaves_unsaid_the_agents_says():
    for path in UNITS.rglob("*.*"):
        assert path.read_text().startswith("# "), path.name
