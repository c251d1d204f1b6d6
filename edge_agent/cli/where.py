"""`edge-agent paths`: where is everything?"""

from dataclasses import asdict

import typer

from edge_agent.base.paths import paths
from edge_agent.cli import given, output

commands = typer.Typer()


@commands.command("paths")
def show(json: output.Json = False) -> None:
    """Print where settings, models, state and caches lie."""
    given.tell_root()
    found = asdict(paths())
    rows = [(name, str(place)) for name, place in found.items() if name != "service"]
    output.emit("paths", found, json=json, human=lambda: output.columns(rows))
