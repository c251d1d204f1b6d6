"""How a program runs the command that it was started with, and the exit code with which that ends."""

import os
from collections.abc import Callable

import typer

from edge_agent.cli import output


def perform(
    app: typer.Typer, program: str, arguments: list[str], meant: Callable[[Exception], Exception] = lambda error: error
) -> int:
    """Run one command and return its exit code. `meant` is what an error of the command is told as."""
    tree = typer.main.get_command(app)
    words, is_group = output.words(tree, arguments)
    if is_group and words == arguments:
        arguments = [*arguments, "--help"]
    try:
        return int(tree.main(arguments, prog_name=program, standalone_mode=False) or 0)
    except typer.Abort:
        return output.INTERRUPTED
    except Exception as error:
        _show_if_debugging()
        return output.failed(meant(error), words, json="--json" in arguments, program=program)


def _show_if_debugging() -> None:
    """Print the traceback of the error that is being handled, when EDGE_AGENT_DEBUG asks for it."""
    if os.environ.get("EDGE_AGENT_DEBUG"):
        import traceback

        traceback.print_exc()
