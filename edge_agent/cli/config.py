"""`edge-agent config`: which settings hold, where each comes from, whether they are right."""

import json as jsonlib
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from edge_agent.base.errors import EdgeAgentError
from edge_agent.base.paths import paths
from edge_agent.cli import given, output

commands = typer.Typer(help="Settings: what holds, where it comes from, whether it is right.")


@commands.command()
def show(
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value comes from.")] = False,
    json: output.Json = False,
) -> None:
    """Print every setting as it holds now, in the form of the file."""
    from edge_agent.base import layers

    loaded = layers.load_with_origins(given.overrides())
    values = loaded.settings.model_dump(mode="json")
    data = {"settings": values, "origins": dict(loaded.origins)} if origin else {"settings": values}
    output.emit("config-show", data, json=json, human=lambda: _print(values, loaded.origins if origin else {}))


@commands.command()
def check(json: output.Json = False) -> None:
    """Check every file, every EDGE_AGENT_ variable and --set, and name all that is wrong."""
    from edge_agent.base import layers

    wrong = layers.check(given.overrides())
    read = [str(path) for path in layers.files(paths()) if path.exists()]
    data = {"files": read, "problems": [{"message": str(error), "hint": error.hint} for error in wrong]}
    output.emit("config-check", data, json=json, human=lambda: _report(read, wrong), ok=not wrong)
    if wrong:
        raise typer.Exit(wrong[0].exit_code)


@commands.command()
def schema() -> None:
    """Print the JSON Schema of the settings, for editors and fleet tools."""
    from edge_agent.base.settings import Settings

    output.line(jsonlib.dumps(Settings.model_json_schema(), indent=2, ensure_ascii=False))


def _print(values: dict[str, dict[str, object]], origins: Mapping[str, str]) -> None:
    for room, settings in values.items():
        output.line(f"[{room}]")
        for name, value in settings.items():
            # TOML has no null: a setting that is not set is shown as the comment that it would be.
            text = f"{name} = {_toml(value)}" if value is not None else f"# {name} is not set"
            where = origins.get(f"{room}.{name}")
            output.line(f"{text}  # {where}" if where else text)
        output.line()


def _toml(value: object) -> str:
    """A value as TOML has it: like JSON, but for tables."""
    match value:
        case dict():
            return f"{{ {', '.join(f'{name} = {_toml(one)}' for name, one in value.items() if one is not None)} }}"
        case list():
            return f"[{', '.join(map(_toml, value))}]"
    return jsonlib.dumps(value, ensure_ascii=False)


def _report(read: Sequence[str], wrong: Sequence[EdgeAgentError]) -> None:
    for error in wrong:
        output.line(f"{error}. {error.hint}")
    files = ", ".join(read) or "no settings file"
    output.note(f"Read: {files}{'' if read or wrong else ', everything is built in'}.")
