"""`edge-agent update`: what the fleet wants of this device, taking it, and giving it back."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.cli import given, output

if TYPE_CHECKING:
    from edge_agent.base.settings import Settings
    from edge_agent.supply.fleet.pointers import Pointers
    from edge_agent.supply.fleet.words import Record

commands = typer.Typer(help="Releases of models: check, apply, give back.", no_args_is_help=True)

From = Annotated[
    Path | None, typer.Option("--from", metavar="DIR", help="Ask this copy of the fleet's repository, and nobody else.")
]


@commands.command()
def check(source: From = None, json: output.Json = False) -> None:
    """Ask the fleet which release is meant for this device. Installs nothing."""
    from edge_agent.supply.fleet.device import updater

    with updater(given.settings(), folder=source) as device:
        offer = device.look()
    reason, release = offer.reason, offer.release
    data = {
        "reason": reason,
        "release": release and {"id": release.id, "version": release.version, "bytes": release.size},
    }
    said = f"{release.name} {release.version} ({release.id}): {reason}" if release else f"Nothing to install: {reason}"
    output.emit("update-check", data, json=json, human=lambda: output.line(said))


@commands.command()
def apply(
    source: From = None,
    when_due: Annotated[bool, typer.Option("--when-due", help="Only if it is time for a check: for a timer.")] = False,
    forgive: Annotated[bool, typer.Option("--forgive", help="Try again what failed on this device before.")] = False,
    json: output.Json = False,
) -> None:
    """Check now, and install what is meant for this device; stays until it has proved itself, or is taken back."""
    from edge_agent.supply.fleet.device import updater

    settings = given.settings()
    stop = _until_told()
    with updater(settings, folder=source, wait=stop) as device:
        before = device.pointers().current
        record = device.run(asked=not when_due, forgiving=forgive)
        seen = device.pointers()
    _report(settings)
    failed = bool(record.fault)
    data = _state(settings, record) | {"before": before}
    output.emit("update-apply", data, json=json, human=lambda: _print_applied(before, seen, record), ok=not failed)
    if failed:
        raise typer.Exit(1)


@commands.command()
def status(json: output.Json = False) -> None:
    """Say which generation is used, and where an update stands."""
    from edge_agent.supply.fleet import journal
    from edge_agent.supply.fleet.models import root

    settings = given.settings()
    record = journal.peek(root(settings.models))
    output.emit("update-status", _state(settings, record), json=json, human=lambda: _print_state(settings, record))


@commands.command()
def rollback(
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "asked for by the owner",
    json: output.Json = False,
) -> None:
    """Go back to the models from before this release, and don't take it again. Needs no network."""
    from edge_agent.supply.fleet.device import updater

    settings = given.settings()
    with updater(settings, asks=False) as device:
        before = device.pointers().current
        record = device.run(back=reason)
        after = device.pointers().current
    _report(settings)
    data = _state(settings, record) | {"before": before}
    output.emit("update-rollback", data, json=json, human=lambda: output.line(_back(before, after)))


@commands.command()
def history(
    n: Annotated[int, typer.Option("-n", min=1, help="How many of the latest reports.")] = 20, json: output.Json = False
) -> None:
    """Print what updates did, the latest last."""
    from dataclasses import asdict

    from edge_agent.supply.fleet import journal
    from edge_agent.supply.fleet.models import root

    reports = journal.history(root(given.settings().models), n)[::-1]
    rows = [["WHEN", "FROM", "TO", "RELEASE", "WHY"]] + [
        [_when(one.at), one.before, one.after, str(one.counter or ""), one.reason] for one in reports
    ]
    data = {"reports": [asdict(one) for one in reports]}
    human = (lambda: output.columns(rows)) if reports else (lambda: output.note("No update yet."))
    output.emit("update-history", data, json=json, human=human)


def _report(settings: "Settings") -> None:
    """Send reports where the owner wants them; that they don't arrive now is no failure of the update."""
    from edge_agent.base.errors import NetworkError
    from edge_agent.supply.fleet.models import root
    from edge_agent.supply.fleet.reports import send

    if settings.fleet.report_url and not settings.privacy.local_only:
        try:
            send(root(settings.models), settings.fleet.report_url, settings.fleet.report_as)
        except NetworkError as error:
            output.note(f"edge-agent: {error}. The reports are kept.")


def _state(settings: "Settings", record: "Record") -> dict[str, object]:
    from dataclasses import asdict

    from edge_agent.supply.fleet import pointers
    from edge_agent.supply.fleet.models import root

    return {"pointers": asdict(pointers.read(root(settings.models))), "update": asdict(record)}


def _print_state(settings: "Settings", record: "Record") -> None:
    from edge_agent.supply.fleet import pointers
    from edge_agent.supply.fleet.models import root

    seen = pointers.read(root(settings.models))
    output.line(f"in use     {_named(seen.current)}{', on trial' if seen.on_trial else ''}")
    if seen.current:
        output.line(f"before it  {_named(seen.before)}")
    output.line(f"update     {record.phase.value}{f': {record.reason}' if record.reason else ''}")
    if record.wake_at > time.time():
        output.line(f"next look  {_when(record.wake_at)}")
    for sha256, reason in record.denied.items():
        output.line(f"denied     {sha256[:16]}: {reason}")


def _print_applied(before: str, seen: "Pointers", record: "Record") -> None:
    if seen.current != before:
        output.line(f"{_named(seen.current)} is in use{', on trial' if seen.on_trial else ''}.")
    else:
        output.line(f"Still {_named(seen.current)}: {record.reason or record.phase.value}")


def _back(before: str, after: str) -> str:
    return f"Back from {before} to {_named(after)}." if after != before else f"{before} is being taken back."


def _named(generation: str) -> str:
    return generation or "the pulled models"


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def _until_told() -> "Callable[[float], bool]":
    """Return a way to wait that ends, with true, when the process is asked to end."""
    import signal
    import threading

    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    return told.wait
