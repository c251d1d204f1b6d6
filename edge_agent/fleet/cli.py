"""`edge-fleet`: models for many devices, signed, paced and taken back. For the publisher, never for a device."""

import sys

import typer

from edge_agent.base.errors import AccessError, OutputError
from edge_agent.cli import output
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
    tree = typer.main.get_command(app)
    words, is_group = output.words(tree, arguments)
    if is_group and words == arguments:
        arguments = [*arguments, "--help"]
    try:
        return int(tree.main(arguments, prog_name="edge-fleet", standalone_mode=False) or 0)
    except typer.Abort:
        return output.INTERRUPTED
    except OSError as error:
        kind = AccessError if isinstance(error, PermissionError) else OutputError
        told = kind(f"{error.filename}: {error.strerror}", hint="Name another place, or get the right to it.")
        return output.failed(told, words, json="--json" in arguments, program="edge-fleet")
    except Exception as error:
        return output.failed(error, words, json="--json" in arguments, program="edge-fleet")
