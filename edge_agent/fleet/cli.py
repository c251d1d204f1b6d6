"""`edge-fleet`: models for many devices, signed, paced and taken back. For the publisher, never for a device."""

import sys

import typer

from edge_agent.base.errors import AccessError, OutputError
from edge_agent.cli import performing
from edge_agent.fleet import making, simulating, steering

app = typer.Typer(
    name="edge-fleet",
    help="Publish models to a fleet of devices: sign, pace, stop, take back.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(making.commands)
app.add_typer(making.keys_commands, name="keys")
app.add_typer(making.release_commands, name="release")
app.add_typer(steering.rollout_commands, name="rollout")
app.add_typer(steering.commands)
app.add_typer(simulating.commands)


def main() -> None:
    """Run the command that the process was started with."""
    sys.exit(perform(sys.argv[1:]))


def perform(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    return performing.perform(app, "edge-fleet", arguments, _meant)


def _meant(error: Exception) -> Exception:
    """A publisher's files are wherever he says: that one can't be read or written is no mistake of ours."""
    if not isinstance(error, OSError):
        return error
    kind = AccessError if isinstance(error, PermissionError) else OutputError
    where = f"{error.filename}: " if error.filename else ""  # A disk that is full says no more.
    return kind(f"{where}{error.strerror}", hint="Name another place, or get the right to it.")
