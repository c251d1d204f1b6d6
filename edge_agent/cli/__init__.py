"""The command line: one short function per command, which parses, calls a room and prints.

Every module of this folder brings a `typer.Typer` called `commands`; a group's (`config`, `models`, `bench`) is listed
with the group's name. Each imports what is heavy inside of the function that needs it: `--help` loads none of it.
"""

import os
import sys
from typing import Annotated

import typer

from edge_agent import __version__
from edge_agent.cli import (
    bench_ear,
    config,
    devices,
    doctor,
    given,
    models,
    output,
    performing,
    privacy,
    remote,
    run,
    service,
    speak,
    talk,
    tools,
    update,
    where,
)

app = typer.Typer(
    name="edge-agent",
    help="A voice agent that lives on this device.",
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        output.line(f"edge-agent {__version__}")
        raise typer.Exit


@app.callback()
def edge_agent(
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="ROOM.NAME=VALUE", help="Change a setting for this run; may be repeated."),
    ] = None,
    log_level: Annotated[str, typer.Option(metavar="LEVEL", help="debug, info, warning or error.")] = "",
    log_format: Annotated[str, typer.Option(metavar="FORMAT", help="auto, console or json.")] = "auto",
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    given.remember(assignments or [])
    given.log(log_level, log_format)


for module in (talk, run, remote, speak, devices, doctor):
    app.add_typer(module.commands)
app.add_typer(models.commands, name="models")
app.add_typer(update.commands, name="update")
app.add_typer(config.commands, name="config")
app.add_typer(privacy.commands, name="privacy")
app.add_typer(service.commands, name="service")
app.add_typer(tools.commands, name="tools")
app.add_typer(where.commands)
app.add_typer(bench_ear.commands, name="bench")


def main() -> None:
    """Run the command that the process was started with."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as for the engines (`workers/budget.py`)
    sys.exit(perform(sys.argv[1:]))


def perform(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    return performing.perform(app, "edge-agent", arguments)
