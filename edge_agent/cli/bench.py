"""`edge-agent bench …`: what measures the agent on a folder of recordings."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge_agent.bench.peers import Peer
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
    peer: Annotated[
        Peer | None,
        typer.Option(help="Another agent to play the same clips to, right after ours; it is installed in the cache."),
    ] = None,
    json: output.Json = False,
) -> None:
    """How soon it answers, from outside: the user's last sample to the agent's first, in real time."""
    import asyncio

    if peer is not None:
        _compare(peer, data, n, json=json)
        return
    from edge_agent.bench import latency as bench

    report = asyncio.run(bench.run(data, given.settings(), n, progress))
    output.emit("bench-latency", report, json=json, human=lambda: _print_latency(report))


def _compare(peer: Peer, data: Path, n: int, *, json: bool) -> None:
    import asyncio

    from edge_agent.bench import peer as bench

    report, failure = asyncio.run(bench.compared(peer, data, given.settings(), n, progress=progress, say=output.note))
    warnings = [output.Warned("peer", f"{failure}. {failure.hint}".strip())] if failure else []
    output.emit(
        "bench-latency", report, json=json, human=lambda: _print_latency(report), ok=not failure, warnings=warnings
    )
    if failure:
        raise typer.Exit(failure.exit_code)


@commands.command()
def intents(
    data: Data,
    *,
    model: Annotated[str, typer.Option(help="The model's name; empty takes the one that the settings choose.")] = "",
    noise: Annotated[str, typer.Option(help="Which noise of the folder: its file is noise_NAME.")] = "kitchen",
    snr: Annotated[str, typer.Option(help="Ratios of speech to noise, dB, with commas.")] = "6,9,12,15,18,21,24",
    n: Annotated[int, typer.Option("--n", min=0, help="Orders to take, evenly; 0 takes all.")] = 0,
    json: output.Json = False,
) -> None:
    """How often an order of a kiosk's grammar is understood, intent and every slot, in quiet and in noise."""
    import asyncio

    from edge_agent.app.engines import model_file
    from edge_agent.bench import intents as bench
    from edge_agent.supply.catalogue import Kind
    from edge_agent.talk.mind.stt import whisper
    from edge_agent.workers import budget

    settings, wanted = given.settings(), bench.ratios(snr)
    folder = _whispers(settings, model)[model] if model else model_file(settings, Kind.STT).parent
    ear = whisper(folder, budget.share(settings.workers.threads).stt)
    report = asyncio.run(bench.run(data, ear, noise, wanted, count=n, progress=progress))
    output.emit("bench-intents", report, json=json, human=lambda: _print_intents(report))


def _print_intents(report: dict[str, Any]) -> None:
    from edge_agent.bench.intents import table

    output.columns(table(report))
    output.line()
    output.line(f"After the transcript {report['p50_ms']} ms (p50), {report['p95_ms']} ms (p95);")
    output.line(f"in quiet {report['clean_p50_ms']} and {report['clean_p95_ms']} ms.")
    nearly = f"Of {100 * report['leaning']:.0f} % Whisper was asked what it nearly wrote"
    output.line(f"{nearly}; {100 * report['again']:.0f} % were listened to again.")
    output.line(
        f"Of {report['out_of_domain_n']} other sounds {percent(report['out_of_domain'])} were taken for an order."
    )


@commands.command()
def route(data: Data, json: output.Json = False) -> None:
    """Who would answer what: commands kept on the device, hard questions handed over, and the time it takes."""
    from edge_agent.bench import route as bench

    report = bench.run(data)
    output.emit("bench-route", report, json=json, human=lambda: _print_route(report))


def _print_route(report: dict[str, Any]) -> None:
    output.line(
        f"Commands kept on the device: {_tenths(report['kept_local'])}; turns that need the cloud sent there: "
        f"{_tenths(report['sent_to_cloud'])}; handed over in total: {_tenths(report['handoff'])} of {report['n']}"
    )
    partials = report["partials"]
    output.line(f"The router takes {report['p95_ms']} ms (p95), with the skills {partials['p95_ms']} ms for a glance;")
    output.line(f"{_tenths(partials['foreseen'])} of what is handed over is known a second before its end")
    for title, table in (("answered by", report["confusion"]), ("taken for", report["taken_for"])):
        output.line()
        output.columns(
            [(title, *next(iter(table.values()))), *((kind, *map(str, of.values())) for kind, of in table.items())]
        )


def _tenths(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def percent(share: float | None) -> str:
    """A share (0-1) as people read it."""
    return "-" if share is None else f"{100 * share:.0f} %"


@commands.command()
def scenarios(
    place: Annotated[
        Path, typer.Argument(metavar="PLACE", help="A scenario, or a folder of them; docs/scenarios.md has the form.")
    ],
    n: Annotated[int, typer.Option("--n", min=1, help="How often each is played.")] = 1,
    data: Annotated[
        Path | None, typer.Option(help="Folder of recordings, for the scenarios that play one; without it these skip.")
    ] = None,
    json: output.Json = False,
) -> None:
    """Whole conversations in a virtual room, in real time: whether what each proves holds, and how often it does not.

    Leaves with 1 where anything failed.
    """
    import asyncio

    from edge_agent.bench.scenarios import run as bench
    from edge_agent.bench.scenarios.read import read_all

    report = asyncio.run(bench.run(read_all(place), given.settings(), data, n, output.note))
    passed = report["passed"]
    output.emit("bench-scenarios", report, json=json, human=lambda: _print_scenarios(report), ok=passed)
    if not passed:
        raise typer.Exit(1)


def _print_scenarios(report: dict[str, Any]) -> None:
    rows = [("", "passes", "flake rate", "proves")]
    rows += [
        (of["name"], f"{of['passes']} of {of['runs']}", percent(of["flake_rate"]), of["proves"])
        for of in report["scenarios"]
    ]
    output.columns(rows)
    for of in report["scenarios"]:
        for why in of["why"]:
            output.line(f"{of['name']}: {why}")
        if of["known_to_fail"]:
            output.line(f"{of['name']} is known to fail: {of['known_to_fail']}")


def _whispers(settings: "Settings", name: str) -> Mapping[str, Path]:
    from edge_agent.base.paths import paths
    from edge_agent.supply import catalogue
    from edge_agent.supply.catalogue import Kind
    from edge_agent.supply.store import Store

    known = catalogue.load(settings.models.catalogue)
    every = [model for model in known.models.values() if model.kind is Kind.STT]
    chosen = [known.chosen(settings.models.model_copy(update={"stt": name}))[Kind.STT]] if name else every
    store = Store(settings.models.folder or paths().models)
    return {model.name: store.folder(model) for model in chosen}


def progress(kind: str, number: int, total: int) -> None:
    """Say now and then how far a long measurement is."""
    if number % 10 == 0:
        output.note(f"{kind}: {number + 1} of {total}")


def _print_latency(report: dict[str, Any]) -> None:
    output.line(f"{report['answered']} of {report['n']} answered, {report['false_cutoffs']} cut off too early")
    rows = [("", "n", "p50 ms", "p95 ms")]
    rows += [(kind, str(of["n"]), str(of["p50_ms"]), str(of["p95_ms"])) for kind, of in report["by_kind"].items()]
    rows.append(("all", str(report["n"]), str(report["p50_ms"]), str(report["p95_ms"])))
    output.columns(rows)
    output.line()
    output.line("Median of each stage, ms after the end of the voice:")
    output.columns([(stage.replace("_", " "), str(ms)) for stage, ms in report["stages"].items()], indent="  ")
    if report["thrown_pct"] is not None:
        by = ", ".join(f"{what} {pct} %" for what, pct in report["thrown_pct_by"].items())
        output.line()
        output.line(f"Of the engines' processor time no answer came from {report['thrown_pct']} %: {by}")
    if "peer" in report:
        output.line()
        _print_peer(report["peer"])


def _print_peer(peer: dict[str, Any]) -> None:
    output.line(
        f"{peer['name']} {peer['version']}: {peer['answered']} of {peer['n']} answered, "
        f"{peer['false_cutoffs']} cut off too early"
    )
    rows = [("", "p50", "p95"), ("ms", str(peer["p50_ms"]), str(peer["p95_ms"]))]
    output.columns([*rows, ("local / " + peer["name"], str(peer["ratio_p50"]), str(peer["ratio_p95"]))])
