"""`edge-agent bench …`: what measures the agent on a folder of recordings."""

from pathlib import Path
from typing import Annotated, Any

import typer

from edge_agent.cli import given, output

commands = typer.Typer(help="Measure the agent on a folder of recordings.")

Data = Annotated[Path, typer.Option(help="Folder of recordings; docs/benchmarks.md describes it.")]


@commands.callback()
def bench() -> None:
    """Measure the agent on a folder of recordings."""


@commands.command()
def latency(
    data: Data,
    n: Annotated[int, typer.Option("--n", min=0, help="Clips to play; 0 plays all.")] = 0,
    json: output.Json = False,
) -> None:
    """How soon it answers, from outside: the user's last sample to the agent's first, in real time."""
    import asyncio

    from edge_agent.bench import latency as bench

    report = asyncio.run(bench.run(data, given.settings(), n, _progress))
    output.emit("bench-latency", report, json=json, human=lambda: _print_latency(report))


def _progress(kind: str, number: int, total: int) -> None:
    if number % 10 == 0:
        output.note(f"{kind}: clip {number + 1} of {total}")


def _print_latency(report: dict[str, Any]) -> None:
    output.line(f"{report['answered']} of {report['n']} answered, {report['false_cutoffs']} cut off too early")
    rows = [("", "n", "p50 ms", "p95 ms")]
    rows += [(kind, str(of["n"]), str(of["p50_ms"]), str(of["p95_ms"])) for kind, of in report["by_kind"].items()]
    rows.append(("all", str(report["n"]), str(report["p50_ms"]), str(report["p95_ms"])))
    output.columns(rows)
    output.line()
    output.line("Median of each stage, ms after the end of the voice:")
    output.columns([(stage.replace("_", " "), str(ms)) for stage, ms in report["stages"].items()], indent="  ")
