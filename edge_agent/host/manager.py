"""The service manager of this machine: whether there is one, and what it says of the agent."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edge_agent.base.errors import AccessError
from edge_agent.host.units import AGENT, Place

ASKED = ("LoadState", "ActiveState", "SubState", "StatusText", "Result", "NRestarts", "MainPID", "UnitFileState")
SAFE = "edge-agent-safe.service"


@dataclass(frozen=True, slots=True)
class Told:
    """What the manager says of the agent."""

    installed: bool
    state: str
    """active, activating, failed, inactive and so on; `safe mode` while that runs in its place."""
    status: str
    """The agent's own words."""
    at_boot: bool
    restarts: int
    pid: int | None
    result: str
    """Why it ended: success, watchdog, exit-code, signal, start-limit-hit."""


def require(where: Place, *, to_change: bool) -> None:
    """AccessError where there is no such manager, or it would not listen to us."""
    if not Path("/run/systemd/system").exists():
        hint = "Start `edge-agent run` with whatever starts services here; with --dry-run, only the plan is shown."
        raise AccessError("systemd does not run here", hint=hint)
    if where.user and not Path(f"/run/user/{os.getuid()}/systemd").exists():
        hint = "Log in as that user, or `sudo loginctl enable-linger USER`; as root, install it without --user."
        raise AccessError("this user has no service manager: nobody is logged in", hint=hint)
    if to_change and not where.user and os.geteuid():
        raise AccessError("the system's services are root's", hint="Put sudo in front, or use --user.")


def told(where: Place) -> Told:
    """Return what it says now."""
    agent, safe = _show(where, AGENT), _show(where, SAFE)
    in_safe_mode = safe.get("ActiveState") == "active"
    return Told(
        installed=agent.get("LoadState") == "loaded",
        state="safe mode" if in_safe_mode else agent.get("ActiveState", "unknown"),
        status=(safe if in_safe_mode else agent).get("StatusText", ""),
        at_boot=agent.get("UnitFileState") == "enabled",
        restarts=int(agent.get("NRestarts") or 0),
        pid=int(agent.get("MainPID") or 0) or None,
        result=agent.get("Result", ""),
    )


def log_command(where: Place, lines: int, *, follow: bool) -> list[str]:
    """Return the command that shows the agent's log, the safe mode's included."""
    units = [f"--{'user-' if where.user else ''}unit={name}" for name in (AGENT, SAFE, "edge-agent-rollback.service")]
    return ["journalctl", *units, f"--lines={lines}", *(["--follow"] if follow else ["--no-pager"])]


def _show(where: Place, unit: str) -> Mapping[str, str]:
    words = (*where.systemctl, "show", unit, f"--property={','.join(ASKED)}")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AccessError(f"systemd does not answer: {' '.join(done.stderr.split())}", hint="`systemctl status`")
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
