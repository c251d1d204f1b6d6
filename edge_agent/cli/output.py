"""What every command prints, and how it ends.

1. Data goes to stdout, everything else (notes, progress, errors) to stderr.
2. With `--json` stdout carries one object: schema, ok, data, warnings, error. A failure is an object of the same form.
3. An error is one line, `edge-agent: what happened. What to do.`, and the exit code of its class. No traceback, unless
   EDGE_AGENT_DEBUG=1 asks for one.
4. What nobody foresaw is our mistake: exit code 70, one line, and the traceback in a file that the line names.
5. Colour only on a terminal, and never against NO_COLOR.

No command prints by itself: it calls `emit`, `line` or `note`.
"""

import errno
import json as jsonlib
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, TextIO

import typer

from edge_agent.base.errors import AccessError, EdgeAgentError, OutputError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]
"""The `--json` of every command that a program may read."""

USAGE = 2
INTERNAL = 70
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that did not stop the command, for whoever reads its JSON."""

    code: str
    message: str


def emit(
    schema: str,
    data: object,
    *,
    json: bool,
    human: Callable[[], None],
    ok: bool = True,
    warnings: Sequence[Warned] = (),
) -> None:
    """Print a command's result: `data` as the JSON object of `edge-agent/<schema>/v1`, or whatever `human` prints."""
    if json:
        line(_dumps(schema, ok, data, warnings, None))
        return
    human()
    for warning in warnings:
        note(f"edge-agent: {warning.message}")


def line(text: str = "") -> None:
    """Print one line of data; OutputError where it can't be written."""
    try:
        typer.echo(text)
    except BrokenPipeError:
        raise  # Whoever read it has seen enough: typer ends the command without a word.
    except OSError as error:
        # What is left in its buffer would fail once more when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        hint = "Free some space, or send it elsewhere."
        raise OutputError(f"standard output takes no more: {error.strerror}", hint=hint) from error


def note(text: str) -> None:
    """Print one line for people only, beside the data. That nobody can read it stops nothing."""
    with suppress(OSError):
        typer.echo(text, err=True)


def columns(rows: Sequence[Sequence[str]], indent: str = "") -> None:
    """Print rows as aligned columns, the last one as wide as it likes."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        line((indent + "  ".join(cells)).rstrip())


def paint(text: str, colour: str, stream: TextIO | None = None) -> str:
    """Return the text in a colour, where colours are wanted."""
    terminal = (sys.stdout if stream is None else stream).isatty()
    return typer.style(text, fg=colour) if terminal and not os.environ.get("NO_COLOR") else text


def words(command: object, arguments: Sequence[str]) -> tuple[list[str], bool]:
    """Return the command's name out of its arguments, as far as it goes, and whether it is a group of commands."""
    found: list[str] = []
    for argument in arguments:
        known = getattr(command, "commands", {})
        if argument in known:
            found.append(argument)
            command = known[argument]
    return found, hasattr(command, "commands")


def failed(error: Exception, words: Sequence[str], *, json: bool, program: str = "edge-agent") -> int:
    """Say how the command of that name failed, and return the exit code for it."""
    if isinstance(error, PermissionError):
        hint = "Run it as the user that the agent runs as; of a service: `sudo -u edge-agent edge-agent …`."
        error = AccessError(f"{error.filename}: {error.strerror}", hint=hint)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f"{error.filename}: " if error.filename else ""
        error = OutputError(f"{where}{error.strerror}", hint="Free some space, or send it elsewhere.")
    match error:
        case EdgeAgentError():
            code, what, hint = _snake(type(error).__name__), str(error), error.hint
            leave = error.exit_code
        case typer.TyperException():
            what = error.format_message().replace("Value error, ", "")  # pydantic's own words
            code, hint = "usage", f"See `{' '.join([program, *words])} --help`."
            leave = USAGE
        case _:
            from edge_agent.host.secrets import without_secrets  # nobody chose these words: a library's may hold a key

            what = without_secrets(f"internal error, {type(error).__name__}: {error}")
            code, hint = "internal", _kept(error)
            leave = INTERNAL
    if json:
        told = {"code": code, "message": what, "hint": hint, "exit": leave}
        line(_dumps("-".join(words) or program, False, None, (), told))
    note(paint(f"{program}:", "red", sys.stderr) + f" {_sentence(what)} {_capital(_sentence(hint))}".rstrip())
    return leave


def _kept(error: Exception) -> str:
    from edge_agent.host import log

    path = log.crash(error)
    return f"The details are in {path}." if path else "EDGE_AGENT_DEBUG=1 shows the details."


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _sentence(text: str) -> str:
    flat = " ".join(text.split())
    return flat if not flat or flat.rstrip('"”').endswith((".", "!", "?")) else flat + "."


def _capital(text: str) -> str:
    # The name of a command, a setting or a file stays as it is typed.
    name = re.match(r"[\w./-]*\w", text)
    return text if name and not name[0].isalpha() else text[:1].upper() + text[1:]


def _dumps(schema: str, ok: bool, data: object, warnings: Sequence[Warned], error: Mapping[str, object] | None) -> str:
    whole = {
        "schema": f"edge-agent/{schema}/v1",
        "ok": ok,
        "data": data,
        "warnings": [{"code": warning.code, "message": warning.message} for warning in warnings],
        "error": error,
    }
    return jsonlib.dumps(whole, ensure_ascii=False, default=str)
