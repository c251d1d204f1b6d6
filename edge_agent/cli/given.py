"""What stood before the command's name: settings for this run alone, and how to log.

A command asks `settings()`; nothing is read from disk before one does, so that `--help` stays quick.
"""

import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

import typer

from edge_agent.cli import output

if TYPE_CHECKING:
    from edge_agent.base.settings import Settings

_overrides: dict[str, str] = {}


def remember(assignments: list[str]) -> None:
    """Take the `--set room.name=value` of this run."""
    _overrides.clear()
    settings.cache_clear()
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not (key.strip() and equals):
            raise typer.BadParameter(f"{assignment!r} is not room.name=value, as in floor.silence_ms=500")
        _overrides[key.strip()] = value.strip()


def overrides() -> Mapping[str, str]:
    """Return the settings of this run alone, by `room.name`."""
    tell_root()
    return _overrides


@cache
def settings() -> "Settings":
    """Return the settings of this run."""
    from edge_agent.base.layers import load

    return load(overrides())


@cache
def tell_root() -> None:
    """Tell root, who mostly means the service's settings and models, that these are others. Once."""
    from edge_agent.base.paths import paths
    from edge_agent.host.units import is_installed

    if os.geteuid() == 0 and not paths().service and is_installed():
        output.note("edge-agent: this is about root's own; the service's own: `sudo -u edge-agent edge-agent …`.")


def log(level: str, style: str) -> None:
    """Start the log in the way that this run asks for."""
    from edge_agent.host import log as lines

    if style not in lines.FORMATS:
        raise typer.BadParameter(f"--log-format must be one of {', '.join(lines.FORMATS)}")
    lines.setup(level, style)
