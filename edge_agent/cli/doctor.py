"""`edge-agent doctor`: what is wrong here, and how to mend it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.cli import given, output

if TYPE_CHECKING:
    from edge_agent.host.check import Check

commands = typer.Typer()

NOTICE = "Listening to the microphone for a second, then a chirp. What is heard is measured, not kept."


CALIBRATING = (
    "Listening to the microphone for five seconds, and playing two sweeps with a noise between them. "
    "What is heard is measured, not kept. Be quiet, please."
)


@commands.command()
def doctor(
    audio: Annotated[
        bool,
        typer.Option("--audio", help="Calibrate instead: play and listen for five seconds, and measure the echo."),
    ] = False,
    cloud: Annotated[
        bool, typer.Option("--cloud", help="Ask the providers instead whether they can be reached: uses the network.")
    ] = False,
    json: output.Json = False,
) -> None:
    """Check audio, models, memory, threads and permissions, and say how to mend what is wrong."""
    if audio:
        _calibrate(json=json)
        return
    if cloud:
        _reach(json=json)
        return
    from edge_agent.cli.proofs import PROOFS
    from edge_agent.host.doctor import examine

    made = []
    for check in examine(given.settings, PROOFS, lambda: output.note(NOTICE)):
        made.append(check)
        if not json:
            _show(check)
    _end("doctor", made, {}, json=json)


def _calibrate(*, json: bool) -> None:
    from edge_agent.base.paths import paths
    from edge_agent.host.advice import advice
    from edge_agent.host.calibration import calibrate
    from edge_agent.host.doctor import require_audio
    from edge_agent.talk.ear.remembered import FILE, Known, Remembered

    settings = given.settings()
    require_audio()
    output.note(CALIBRATING)
    found = calibrate(settings.audio)
    if found.delay_ms is not None:
        Remembered(paths().state / FILE).keep(found.device, found.rate_hz, Known(found.delay_ms, found.drift_ppm))
    made = list(advice(found, settings.ear.canceller))
    if not json:
        for check in made:
            _show(check)
    _end("doctor-audio", made, {"calibration": asdict(found)}, json=json)


def _reach(*, json: bool) -> None:
    import asyncio

    from edge_agent.host.reach import reach

    made = asyncio.run(reach(given.settings().cloud))
    if not json:
        for check in made:
            _show(check)
    _end("doctor-cloud", made, {}, json=json)


def _show(check: "Check") -> None:
    from edge_agent.host.check import SIGNS, Verdict

    colours = {Verdict.OK: "green", Verdict.FAILED: "red", Verdict.WARNED: "yellow", Verdict.SKIPPED: "bright_black"}
    output.line(f"{output.paint(SIGNS[check.verdict], colours[check.verdict])} {check.id:<15} {check.message}")
    if check.fix:
        output.line(f"{'':17} Fix: {check.fix}")


def _end(schema: str, made: "Sequence[Check]", more: dict[str, object], *, json: bool) -> None:
    """Print the JSON, and leave with 1 if a check failed."""
    from edge_agent.host.check import Verdict

    failed = any(check.verdict is Verdict.FAILED for check in made)
    data = {"checks": [asdict(check) for check in made]} | more
    output.emit(schema, data, json=json, human=lambda: None, ok=not failed)
    raise typer.Exit(int(failed))
