"""`edge-agent tools`: what the agent can do besides the skills that ship."""

from typing import TYPE_CHECKING, Any

import typer

from edge_agent.cli import given, output

if TYPE_CHECKING:
    from edge_agent.talk.mind.tools.tool import Tool

commands = typer.Typer(help="What the agent can do besides the skills that ship, and who may have it done.")


@commands.command("list")
def list_(json: output.Json = False) -> None:
    """List the tools: name, risk, who may call it besides yourself, and what it does. The code of skills is run."""
    from edge_agent.app.toolkit import taught, toolbox
    from edge_agent.talk.mind.tools.policy import Asker

    settings = given.settings()
    box = toolbox(settings, taught(settings))
    models = (Asker.DEVICE, Asker.CLOUD)
    rows = [
        _row(tool, [asker.value for asker in models if name in box.listed(asker)]) for name, tool in box.tools.items()
    ]
    output.emit("tools-list", {"tools": rows}, json=json, human=lambda: _show(rows))


def _row(tool: "Tool", models: list[str]) -> dict[str, object]:
    return {
        "name": tool.name,
        "risk": tool.risk.value,
        "source": tool.source,
        "models": models,
        "description": tool.description,
        "schema": tool.schema,
    }


def _show(rows: list[dict[str, Any]]) -> None:
    if not rows:
        output.note("There are none: tools.folders names folders with skills of your own.")
        return
    shown = [
        (row["name"], row["risk"], row["source"], ", ".join(row["models"]) or "no model", row["description"])
        for row in rows
    ]
    output.columns([("name", "risk", "source", "models", "what it does"), *shown])
