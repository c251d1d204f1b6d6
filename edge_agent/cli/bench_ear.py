"""`edge-agent bench echo`, `noise` and `interrupt`: what measures the ear."""

from typing import Annotated, Any

import typer

from edge_agent.cli import given, output
from edge_agent.cli.bench import Data, commands, percent, progress

__all__ = ["commands"]
"""Those of `bench.py`, and these."""


@commands.command()
def echo(
    data: Data,
    hours: Annotated[float, typer.Option(min=0, help="Simulated rooms for each canceller, hours.")] = 0.1,
    json: output.Json = False,
) -> None:
    """Whether it hears itself, and still hears you: each echo canceller on recordings and in simulated rooms."""
    from edge_agent.app.engines import model_file
    from edge_agent.bench import echo as bench
    from edge_agent.supply.catalogue import Kind
    from edge_agent.talk.mind.stt import whisper
    from edge_agent.workers import budget

    settings = given.settings()
    stt = whisper(model_file(settings, Kind.STT).parent, budget.share(settings.workers.threads).stt)
    report = bench.run(data, model_file(settings, Kind.VAD), stt, hours, progress)
    rows = [("", "ERLE dB", "false clips", "of", "near kept", "worst clip", "false/h", "dips/min")]
    rows += [(name, *(str(of[key]) for key in _ECHO_COLUMNS)) for name, of in report["cancellers"].items()]

    def human() -> None:
        output.columns(rows)
        for name, of in report["cancellers"].items():
            for kind, start in of["start"].items():
                output.line(
                    f"{name}, over its first sentence {kind}: noticed {percent(start['noticed'])} of {start['rooms']} "
                    f"voices, {start['p50_ms']} ms (p50), {start['p95_ms']} ms (p95); false {start['false']}"
                )
        for name, of in report["cancellers"].items():
            words = of["words"]
            output.line(
                f"{name}, words of {words['turns']} users as loud as its echo: {words['wer']} % wrong, "
                f"{words['wer_alone']} % of the same alone"
            )
        delay = report["delay"]
        output.line(
            f"delay known after {delay['first_s']['p50']} s of talk (p50), {delay['first_s']['p95']} s (p95), "
            f"off by {delay['error_ms']['p95']} ms (p95), drift by {delay['drift_error_ppm']['p95']} millionths (p95)"
        )

    output.emit("bench-echo", report, json=json, human=human)


_ECHO_COLUMNS = (
    "erle_db",
    "false_clips",
    "far_only_clips",
    "near_recall",
    "near_recall_worst",
    "false_per_hour",
    "dips_per_min",
)


@commands.command()
def noise(
    data: Data,
    n: Annotated[int, typer.Option("--n", min=1, help="Scenes of each kind and level.")] = 40,
    json: output.Json = False,
) -> None:
    """Whether noise and strangers are taken for the user, and the user for noise: the ear alone, faster than time."""
    from edge_agent.app.engines import model_file
    from edge_agent.bench import noise as bench
    from edge_agent.supply.catalogue import Kind

    settings = given.settings()
    report = bench.run(data, model_file(settings, Kind.VAD), settings.ear, n, progress)
    output.emit("bench-noise", report, json=json, human=lambda: _print_noise(report))


def _print_noise(report: dict[str, Any]) -> None:
    columns = ("missed", "kept_open", "kept", "false_per_min")
    rows: list[tuple[str, ...]] = [("speech at", "missed", "kept open", "kept", "false/min")]
    rows += [(f"{snr} dB", *(str(of[key]) for key in columns)) for snr, of in report["by_snr"].items()]
    rows += [(f"car, {snr} dB", *(str(of[key]) for key in columns)) for snr, of in report["car"].items()]
    output.columns(rows)
    output.line(f"Noise alone: {report['alone']['false_per_min']} voices a minute")
    output.line()
    kinds = ("alone", "crowd", "after", "beside", "over_agent")
    rows = [("stranger taken", *kinds)]
    rows += [(f"-{below} dB", *(str(of[kind]["taken"]) for kind in kinds)) for below, of in report["stranger"].items()]
    output.columns(rows)
    output.line()
    output.columns([(key.replace("_", " "), str(value)) for key, value in report["near"].items()])
    output.line(f"{report['cpu_pct']} % of one core")


@commands.command()
def interrupt(
    data: Data,
    n: Annotated[int, typer.Option("--n", min=0, help="Clips of either kind at each level; 0 plays all.")] = 12,
    fast: Annotated[bool, typer.Option("--fast", help="Faster than real time, without the language model.")] = False,
    json: output.Json = False,
) -> None:
    """How soon it is silent when you talk over it, and whether it goes on after a cough, in real time or faster."""
    from edge_agent.bench import interrupt as bench

    report = (bench.run_fast if fast else bench.run)(data, given.settings(), n, progress)
    output.emit("bench-interrupt", report, json=json, human=lambda: _print_interrupt(report))


def _print_interrupt(report: dict[str, Any]) -> None:
    stopped = ", ".join(f"{percent(share)} at {ratio} dB" for ratio, share in report["stopped"].items())
    output.line(f"Speech stopped it: {stopped}; after noises it went on: {percent(report['noise_resumed'])},")
    output.line(f"after those that are nobody's speech: {percent(report['wordless_resumed'])}")
    output.line(f"From the voice's first sample: lowered within {report['duck_p95_ms']} ms (p95),")
    output.line(f"silent after {report['silence_p50_ms']} ms (p50), {report['silence_p95_ms']} ms (p95)")


@commands.command()
def wake(
    data: Data,
    word: Annotated[str, typer.Option(metavar="WORD", help="The wake word; the one that is set otherwise.")] = "",
    json: output.Json = False,
) -> None:
    """How often the wake word wakes it though nobody said it: on speech and noise, faster than time."""
    from edge_agent.app.engines import model_file
    from edge_agent.base.errors import SettingsError
    from edge_agent.bench import wake as bench
    from edge_agent.supply.catalogue import Kind
    from edge_agent.talk.ear.wakeword import WakeWord

    settings = given.settings()
    word = word or settings.ear.wake_word
    if not word:
        raise SettingsError("no wake word is set", hint="Name one with --word; `edge-agent models list` shows them.")
    ear = settings.ear.model_copy(update={"wake": word})
    spotter = WakeWord(model_file(settings.model_copy(update={"ear": ear}), Kind.WAKE), ear.wake_at)
    report: dict[str, Any] = {"word": word, "wake_at": ear.wake_at} | bench.run(data, spotter, progress)

    def human() -> None:
        least = f", so fewer than {report['per_hour_at_most']} an hour (95 %)" if not report["false_wakes"] else ""
        output.line(
            f"{word}, from {ear.wake_at} on: woken {report['false_wakes']} times in {report['hours']} hours{least}"
        )
        for path in report["woken_by"]:
            output.line(f"  by {path}")
        output.line(f"{report['cpu_pct']} % of one core")

    output.emit("bench-wake", report, json=json, human=human)
