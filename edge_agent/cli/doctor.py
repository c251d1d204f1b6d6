"""`edge-agent doctor`: what is wrong here, and how to mend it."""

from dataclasses import asdict

import typer

from edge_agent.cli import given, output

commands = typer.Typer()

NOTICE = "Listening to the microphone for a second, then a chirp. What is heard is measured, not kept."


@commands.command()
def doctor(json: output.Json = False) -> None:
    """Check audio, models, memory, threads and permissions, and say how to mend what is wrong."""
    from edge_agent.cli.proofs import PROOFS
    from edge_agent.host.doctor import SIGNS, Check, Verdict, examine

    colours = {Verdict.OK: "green", Verdict.FAILED: "red", Verdict.WARNED: "yellow", Verdict.SKIPPED: "bright_black"}

    def show(check: Check) -> None:
        output.line(f"{output.paint(SIGNS[check.verdict], colours[check.verdict])} {check.id:<12} {check.message}")
        if check.fix:
            output.line(f"{'':14} Fix: {check.fix}")

    made = []
    for check in examine(given.settings, PROOFS, lambda: output.note(NOTICE)):
        made.append(check)
        if not json:
            show(check)
    failed = any(check.verdict is Verdict.FAILED for check in made)
    data = {"checks": [asdict(check) for check in made]}
    output.emit("doctor", data, json=json, human=lambda: None, ok=not failed)
    raise typer.Exit(int(failed))
