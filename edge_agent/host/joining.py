"""What it takes to let a device belong to a fleet: the steps that `service install --fleet` adds.

1. Whom it believes, where it asks and the boot guard are written before anything of it is started.
2. The settings go into a file of their own, `conf.d/fleet.toml`; whatever the owner wrote elsewhere is left alone.
3. Its timer asks the fleet, as the agent's user and without a microphone; the rollback unit is there already, and asks
   nobody.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_agent.base.errors import InputError
from edge_agent.base.paths import NAME
from edge_agent.host.units import AGENT, Place, Run, Step, Write, shipped

SETTINGS = Path("/etc") / NAME
TIMER = "edge-agent-fleet.timer"
PYTHON = "/opt/edge-agent/bin/python3"
"""As the drop-in names it."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Whose releases a device takes."""

    mirrors: tuple[str, ...]
    root: str
    """The root metadata's text."""


def fleet(mirrors: Sequence[str], root: Path) -> Fleet:
    """Return the fleet whose root is in that file; InputError where it is none."""
    hint = "Name the `1.root.json` that the operator handed out."
    try:
        text = root.read_text(encoding="utf-8")
        signed = json.loads(text)["signed"]
    except OSError as error:
        raise InputError(f"{root}: {error.strerror}", hint=hint) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{root} is no root metadata", hint=hint) from error
    if signed.get("_type") != "root":
        raise InputError(f"{root} is no root metadata", hint=hint)
    return Fleet(tuple(mirrors), text)


def before(
    where: Place, program: Path, told: Fleet, *, settings: Path = SETTINGS, source: Path | None = None
) -> list[Step]:
    """Return what is written before the agent is started."""
    root = settings / "fleet-root.json"
    text = (
        "# By `edge-agent service install --fleet`: whose releases this device takes.\n"
        f"[fleet]\nmirrors = {json.dumps(told.mirrors)}\nroot = {json.dumps(str(root))}\n"
    )
    guard = ((source or shipped()) / "drop-ins" / "fleet.conf").read_text(encoding="utf-8")
    if not where.packaged:
        guard = guard.replace(PYTHON, str(program.with_name("python3")))
    return [
        Write(root, told.root),
        Write(settings / "conf.d" / "fleet.toml", text),
        Write(where.units / f"{AGENT}.d" / "fleet.conf", guard),
    ]


def after(where: Place) -> list[Step]:
    """Return what is done once the units are there: it asks from now on, and with the machine."""
    return [Run((*where.systemctl, "enable", "--now", TIMER))]
