"""`edge-agent bench …`: what measures the agent on a folder of recordings."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge_agent.cli import given, output

if TYPE_CHECKING:
    from edge_agent.base.settings import Settings

commands = typer.Typer(help="Measure the agent on a folder of recordings.")

Data = Annotated[Path, typer.Option(help="Folder of recordings; docs/benchmarks.md describes it.")]


@commands.callback()
def bench() -> None:
    """Measure the agent on a folder of recordings."""


@commands.command()
def stt(
    data: Data,
    model: Annotated[str, typer.Option(help="One model's name; empty takes every speech-to-text model.")] = "",
    json: output.Json = False,
) -> None:
    """Word error rate and time of each Whisper model, with the short window and with the full one."""
    import asyncio

    from edge_agent.bench import stt as bench
    from edge_agent.workers import budget

    settings = given.settings()
    report = asyncio.run(bench.run(data, _whispers(settings, model), budget.share(settings.workers.threads).stt))
    rows = [("", "WER %", "WER full", "p50 ms", "p95 ms", "p50 full ms")]
    rows += [(name, *(str(of[key]) for key in _STT_COLUMNS)) for name, of in report["models"].items()]
    output.emit("bench-stt", report, json=json, human=lambda: output.columns(rows))


_STT_COLUMNS = ("wer", "wer_full_window", "p50_ms", "p95_ms", "p50_full_window_ms")


@commands.command()
def endpoint(
    data: Data,
    plot: Annotated[Path | None, typer.Option(help="Draw the curves into this PNG file; needs matplotlib.")] = None,
    json: output.Json = False,
) -> None:
    """How often a pause is taken for the end, and how late the end is noticed: silence, Smart Turn, ours."""
    import asyncio

    from edge_agent.app.engines import model_file
    from edge_agent.bench import endpoint as bench
    from edge_agent.bench.endpoint_judge import Models
    from edge_agent.supply.catalogue import Kind
    from edge_agent.workers import budget

    settings = given.settings()
    models = Models(
        model_file(settings, Kind.TURN), model_file(settings, Kind.STT).parent, model_file(settings, Kind.LLM).parent
    )
    report = asyncio.run(bench.run(data, models, budget.share(settings.workers.threads).stt, plot))
    output.emit("bench-endpoint", report, json=json, human=lambda: _print_endpoint(report))


def _print_endpoint(report: dict[str, Any]) -> None:
    for title, key, columns, unit in (
        ("cut off %, waiting", "cutoff_pct", ("200", "300", "400", "600"), "ms"),
        ("ms, cutting off", "ms_at_cutoff", ("2", "5", "10"), "%"),
    ):
        rows = [(title, *(f"{column} {unit}" for column in columns))]
        rows += [(name, *(str(of[key][column]) for column in columns)) for name, of in report["detectors"].items()]
        output.columns(rows)
        output.line()
    for name, of in report["shipped"].items():
        output.line(
            f"{name}, with its default settings: {of['cutoff_pct']} % of the holds and {of['clips_cut_pct']} % of the "
            f"turns cut off, waiting {of['median_ms']} ms (median; {of['ms']} on average)"
        )


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


def _whispers(settings: "Settings", name: str) -> Mapping[str, Path]:
    from edge_agent.base.paths import paths
    from edge_agent.supply import catalogue
    from edge_agent.supply.catalogue import Kind
    from edge_agent.supply.store import Store

    known = catalogue.load(settings.models.catalogue)
    chosen = [known.model(name)] if name else [model for model in known.models.values() if model.kind is Kind.STT]
    store = Store(settings.models.folder or paths().models)
    return {model.name: store.folder(model) for model in chosen}


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
