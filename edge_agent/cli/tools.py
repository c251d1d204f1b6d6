"""`edge-agent tools`: what the agent can do besides the skills that ship."""

from typing import TYPE_CHECKING, Any

import typer

from edge_agent.cli import given, output

if TYPE_CHECKING:
    from edge_agent.talk.mind.tools.tool import Tool

commands = typer.Typer(help="What the agent can do besides the skills that ship, and who may have it done.")


@commands.command("list")
def list_(json: output.Json = False) -> None:
    """List the tools: name, risk, who may call it besides yourself, and what it does.

    The code of your skills is run, and servers are started, to see what they have.
    """
    import asyncio

    rows = asyncio.run(_rows())
    output.emit("tools-list", {"tools": rows}, json=json, human=lambda: _show(rows))


async def _rows() -> list[dict[str, Any]]:
    from edge_agent.app.toolkit import taught, toolkit
    from edge_agent.talk.mind.tools.policy import Asker

    settings = given.settings()
    async with toolkit(settings, taught(settings), output.note) as tools:
        await tools.sources.settled()
        listed = {asker.value: tools.box.listed(asker) for asker in (Asker.DEVICE, Asker.CLOUD)}
        return [
            _row(tool, [asker for asker, known in listed.items() if name in known])
            for name, tool in tools.box.tools.items()
        ]


def _row(tool: "Tool", models: list[str]) -> dict[str, Any]:
    return {
        "name": tool.name,
        "risk": tool.risk.value,
        "source": tool.source or tool.name.partition("_")[0],
        "models": models,
        "description": tool.description,
        "schema": tool.schema,
    }


def _show(rows: list[dict[str, Any]]) -> None:
    if not rows:
        output.note(
            "There are none: tools.folders names folders with skills of your own, tools.mcp and tools.openapi others."
        )
        return
    shown = [
        (row["name"], row["risk"], row["source"], ", ".join(row["models"]) or "no model", row["description"])
        for row in rows
    ]
    output.columns([("name", "risk", "source", "models", "what it does"), *shown])
