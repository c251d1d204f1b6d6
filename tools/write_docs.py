"""Write the pages of docs/ that are made from the code: settings.md, cli.md and licences.md.

A test compares the pages with what this would write, so that none goes stale.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import typer
from packaging.requirements import Requirement

from edge_agent.base import layers
from edge_agent.base.settings import Settings
from edge_agent.cli import app
from edge_agent.supply import catalogue

DOCS = Path(__file__).parents[1] / "docs"
WIDTH = 100
MADE = "<!-- Made by `make docs`; change the code instead. -->"


def settings() -> str:
    """Return docs/settings.md."""
    parts = [SETTINGS_HEAD]
    for room, info in Settings.model_fields.items():
        about = " ".join((info.annotation.__doc__ or "").split()) if info.annotation else ""
        parts.append(f"## [{room}]\n\n{about}\n\n| name | built in | may be | what it does |\n|---|---|---|---|")
        for of, name, field in layers.fields():
            if of == room:
                parts.append(_row(name, field))
        parts.append("")
        for of, name, field in layers.fields():
            if of == room and (tables := layers.tables(field)):
                parts.append(f"### [[{room}.{name}]]\n\n| name | built in | may be | what it does |\n|---|---|---|---|")
                parts += [_row(inner, known) for inner, known in tables.items()] + [""]
    return "\n".join(parts).rstrip() + "\n"


def _row(name: str, field: Any) -> str:
    default = "" if field.is_required() or field.default in (None, "", ()) else f"`{str(field.default).lower()}`"
    if name == "persona":
        default = f"“{field.default}”"
    return f"| `{name}` | {default} | {layers.allowed(field)} | {_flat(field.description or '')} |"


def cli() -> str:
    """Return docs/cli.md."""
    parts = [CLI_HEAD]
    for words, command in _commands(typer.main.get_command(app), ("edge-agent",)):
        context = typer.Context(command, info_name=" ".join(words), terminal_width=WIDTH, max_content_width=WIDTH)
        parts.append(f"## {' '.join(words)}\n\n```\n{command.get_help(context).rstrip()}\n```\n")
    return "\n".join(parts).rstrip() + "\n"


def licences() -> str:
    """Return docs/licences.md."""
    rows = [f"| {dist.name} | {licence(dist)} |" for dist in runtime()]
    weights = [f"| {model.name} | {model.about} | {model.licence} |" for model in catalogue.load().models.values()]
    models = "\n".join(["| model | what it is | licence |", "|---|---|---|", *weights])
    packages = "\n".join(["| package | licence |", "|---|---|", *rows])
    return "\n\n".join([LICENCES_HEAD.rstrip(), MODELS_HEAD, models, PACKAGES_HEAD, packages]) + "\n"


def runtime() -> list[Distribution]:
    """Return what is installed because edge-agent needs it, directly or not, by name; and pip, which fetches models.

    What it needs stands in pyproject.toml: what is installed of ourselves may be older than this tree.
    """
    found: dict[str, Distribution] = {}
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [*needed(project["dependencies"]), "pip"]
    while waiting:
        name = waiting.pop()
        with suppress(PackageNotFoundError):
            if name not in found:
                found[name] = distribution(name)
                waiting += needed(found[name].requires or [])
    return [found[name] for name in sorted(found)]


def needed(requirements: Iterable[str]) -> Iterator[str]:
    """Yield the names of those that are needed here, without extras."""
    for text in requirements:
        need = Requirement(text)
        if need.marker is None or need.marker.evaluate({"extra": ""}):
            yield re.sub(r"[-_.]+", "-", need.name).lower()


def licence(dist: Distribution) -> str:
    """Return the licence that a package states for itself, shortly."""
    said: Any = dist.metadata
    text = said.get("License-Expression") or (said.get("License") or "").strip()
    if text and len(text) < 60:
        return " ".join(text.split())
    classes = [line.rsplit(" :: ", 1)[1] for line in said.get_all("Classifier") or [] if line.startswith("License ::")]
    return ", ".join(classes) or "see its own files"


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield words, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, (*words, name))


def _flat(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


SETTINGS_HEAD = f"""{MADE}

# Settings

Every setting there is, by room. They are written as TOML:

```toml
[floor]
silence_ms = 600

[audio]
input = "USB PnP"
```

From low to high, the highest that names a setting wins:

1. what is built in;
2. `/usr/lib/edge-agent/config.toml`, from a packager;
3. `config.toml` in `~/.config/edge-agent` (`$XDG_CONFIG_HOME`), or in `/etc/edge-agent` for the system service;
4. `conf.d/*.toml` beside it, by name;
5. the environment: `EDGE_AGENT_FLOOR__SILENCE_MS=600`;
6. the command line: `edge-agent --set floor.silence_ms=600 talk`.

The last two are read as TOML, unless the setting is text. `edge-agent config show --origin` prints what holds and
where it comes from, `edge-agent config check` says what is wrong, `edge-agent config schema` prints the JSON Schema. An
unknown name is an error. Units are the last part of a name: `_ms` and `_s` are time, `_db` loudness, `_hz` a rate.
"""

CLI_HEAD = f"""{MADE}

# Commands

Data goes to standard output, everything else to standard error. With `--json` a command prints one object:
`{{"schema": "edge-agent/NAME/v1", "ok": …, "data": {{…}}, "warnings": […], "error": null}}`; a failure has the same
form with `error: {{"code", "message", "hint", "exit"}}`. Otherwise a failure is one line: what happened, what to do.
`NO_COLOR` is heeded. `EDGE_AGENT_DEBUG=1` adds tracebacks, `EDGE_AGENT_LOG=info,edge_agent.workers=debug` sets the
log's levels.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | it ran, and the answer is no: a check failed, a file differs |
| 2 | the command line is wrong |
| 66 | an input is missing or can't be used |
| 69 | an audio device or a model is not available |
| 70 | an engine failed, or we made a mistake (then a crash file is named) |
| 73 | something can't be written, or the disk is full |
| 75 | a source can't be reached now, or another process is at work; try again later |
| 76 | what a fleet says can't be believed; tell whoever runs it |
| 77 | the system says no: permissions |
| 78 | a setting is wrong |
| 130 | stopped by Ctrl-C |
"""

LICENCES_HEAD = f"""{MADE}

# What ships under which licence

| part | licence | text |
|---|---|---|
| edge-agent | Apache-2.0 | `LICENSE` |
| `edge_agent/workers/piper.py` | GPL-3.0-or-later | `LICENSES/GPL-3.0-or-later.txt` |
| `edge_agent/talk/mind/skills/sounds/cmudict.xz` | BSD-2-Clause | `LICENSES/BSD-2-Clause.txt` |

The Piper worker is a program of its own: it runs in its own process, and the agent talks with it through a pipe. It is
the only file that imports Piper, whose licence it therefore has. Without it (another voice behind the same pipe)
nothing of what is left is under the GPL.

`cmudict.xz` is the CMU Pronouncing Dictionary of Carnegie Mellon University, packed by `tools/pack_cmudict.py`.
"""

MODELS_HEAD = """## Models

Weights are not part of this repository. `edge-agent models pull` fetches them from the sources that
`models/catalogue.toml` names; these are their licences."""

PACKAGES_HEAD = """## Python packages

Installed beside it by `pip`, each under the licence that it states for itself. Wheels may contain native libraries
with notices of their own: see `*.dist-info/licenses` of each."""

PAGES = {"settings.md": settings, "cli.md": cli, "licences.md": licences}


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
        sys.stdout.write(f"docs/{name}\n")


if __name__ == "__main__":
    main()
