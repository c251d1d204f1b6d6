"""`edge-agent service`: the agent as a service of this machine, or of this user's session."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.cli import output

if TYPE_CHECKING:
    from edge_agent.host.units import Step

commands = typer.Typer(help="The agent as a service: install, remove, look at it.", no_args_is_help=True)

User = Annotated[bool, typer.Option("--user", help="In your own session: for laptops with PipeWire or PulseAudio.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


@commands.command()
def install(
    *,
    user: User = False,
    cloud: Annotated[
        bool, typer.Option("--cloud", help="Let it reach the cloud, with the key as a credential.")
    ] = False,
    local_only: Annotated[bool, typer.Option("--local-only", help="Give it no network at all.")] = False,
    fleet: Annotated[
        list[str] | None,
        typer.Option("--fleet", metavar="ADDRESS", help="Take the releases of this fleet; again for a mirror."),
    ] = None,
    root: Annotated[
        Path | None, typer.Option("--root", metavar="FILE", help="The fleet's root, as its operator handed it out.")
    ] = None,
    dry_run: DryRun = False,
    json: output.Json = False,
) -> None:
    """Install the units, enable and start the agent. Again, it brings them up to date."""
    import sys

    from edge_agent.host import joining, manager, units

    if cloud and local_only:
        raise typer.BadParameter("--cloud and --local-only exclude each other")
    if user and (cloud or local_only or fleet):
        raise typer.BadParameter("--cloud, --local-only and --fleet are for the system service, not for a user's")
    if bool(fleet) != bool(root):
        raise typer.BadParameter("--fleet and --root belong together: where to ask, and whom to believe")
    mirrors = _safe(fleet or [])
    where = units.place(user)
    program = Path(units.PROGRAM) if where.packaged else Path(sys.executable).with_name("edge-agent")
    if not dry_run:
        manager.require(where, to_change=True)
        if cloud:
            units.require_key()
    if not user:
        units.require_reachable(program)
    member = joining.fleet(mirrors, root) if mirrors and root else None
    drop_ins = [name for name, wanted in (("cloud", cloud), ("local-only", local_only)) if wanted]
    steps = units.install(where, program, drop_ins)
    if member:
        steps = [*joining.before(where, program, member), *steps, *joining.after(where)]
    _perform("service-install", steps, dry_run=dry_run, json=json)
    if not json and not dry_run:
        output.note("It starts now, and with the machine. `edge-agent service status` says how it goes.")


@commands.command()
def uninstall(user: User = False, dry_run: DryRun = False, json: output.Json = False) -> None:
    """Stop the agent and remove its units; settings, state and models stay."""
    from edge_agent.host import manager, units

    where = units.place(user)
    if not dry_run:
        manager.require(where, to_change=True)
    _perform("service-uninstall", units.uninstall(where), dry_run=dry_run, json=json)


def _safe(mirrors: list[str]) -> list[str]:
    from edge_agent.supply.addresses import is_safe_address

    for mirror in mirrors:
        if not (mirror.startswith("file:///") or is_safe_address(mirror)):
            raise typer.BadParameter(f"{mirror} is no https address and no file:/// folder")
    return mirrors


def _perform(schema: str, steps: "list[Step]", *, dry_run: bool, json: bool) -> None:
    for step in steps:
        if not dry_run:
            step.do()
        if not json:
            output.line(("would " if dry_run else "") + step.told())
    told = {"dry_run": dry_run, "steps": [step.told() for step in steps]}
    output.emit(schema, told, json=json, human=lambda: None)


@commands.command()
def status(user: User = False, json: output.Json = False) -> None:
    """Say how the service goes; exit code 1 while it does not run."""
    from edge_agent.host import manager, units

    where = units.place(user)
    manager.require(where, to_change=False)
    told = manager.told(where)
    rows = [
        ("state", told.state if told.installed else "not installed"),
        ("says", told.status or "-"),
        ("at boot", "yes" if told.at_boot else "no"),
        ("restarts", f"{told.restarts}, the last end: {told.result}"),
        ("process", str(told.pid or "-")),
    ]
    runs = told.state == "active"
    output.emit("service-status", asdict(told), json=json, human=lambda: output.columns(rows), ok=runs)
    raise typer.Exit(int(not runs))


@commands.command()
def logs(
    user: User = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="The last so many.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with those that come.")] = False,
) -> None:
    """Show the service's log."""
    import os

    from edge_agent.base.errors import AccessError
    from edge_agent.host import manager, units

    command = manager.log_command(units.place(user), lines, follow=follow)
    try:
        os.execvp(command[0], command)
    except OSError:
        raise AccessError(
            "there is no journal here", hint="`edge-agent run` writes its log to standard error."
        ) from None
