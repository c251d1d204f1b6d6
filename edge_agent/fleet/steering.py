"""The commands of `edge-fleet` that steer: what goes to whom, and how it stands."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.base.errors import InputError
from edge_agent.cli import output
from edge_agent.fleet.given import DEFAULT_STEPS, HERE, STABLE, Channel, Folder, Named, Ops, Reports, now, space

if TYPE_CHECKING:
    from edge_agent.fleet.pacing import Verdict
    from edge_agent.fleet.workspace import Workspace
    from edge_agent.supply.fleet.policy import Policy, Signed

commands = typer.Typer()
rollout_commands = typer.Typer(help="Rollouts: start, advance, pause, resume, deny.", no_args_is_help=True)

REPORT_FILES = (".jsonl", ".ndjson", ".json")


@rollout_commands.command()
def start(
    release: Named,
    *,
    steps: Annotated[str, typer.Option(help="Shares, and when they begin after the start.")] = DEFAULT_STEPS,
    linear: Annotated[bool, typer.Option("--linear", help="Let the share grow evenly between the steps.")] = False,
    canary: Annotated[
        list[str] | None, typer.Option(metavar="COHORT", help="Devices of this cohort are the first; may be repeated.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="COHORT", help="No devices but those of this cohort; may be repeated.")
    ] = None,
    min_reports: Annotated[int, typer.Option(help="So many reports before a rollout is judged.")] = 20,
    max_failed: Annotated[str, typer.Option(help="More failures than this, and it is stopped.")] = "5%",
    channel: Channel = STABLE,
    ops: Ops = None,
    fleet: Folder = HERE,
    json: output.Json = False,
) -> None:
    """Begin to give a release to devices; `publish` makes it so."""
    from edge_agent.fleet import pacing
    from edge_agent.supply.fleet.policy import Budget, Pace

    def change(policy: "Policy", signed: "Signed") -> "Policy":
        pace = Pace(
            sha256=signed.sha256,
            salt=secrets.token_hex(8),
            start=int(now().timestamp()),
            steps=pacing.steps(steps),
            linear=linear,
            canaries=tuple(canary or ()),
            only=tuple(only or ()),
            budget=Budget(min_reports, pacing.ppm(max_failed)),
        )
        return pacing.started(policy, pace)

    _steer(fleet, channel, release, ops, change, json=json)


@rollout_commands.command()
def advance(
    release: Named,
    *,
    to: Annotated[str, typer.Option(metavar="SHARE", help="To this share at least, at once.")],
    reports: Reports = None,
    channel: Channel = STABLE,
    ops: Ops = None,
    fleet: Folder = HERE,
    json: output.Json = False,
) -> None:
    """Give a release to more devices now; with --reports only if they are within the error budget."""
    from edge_agent.fleet import pacing
    from edge_agent.fleet.pacing import Verdict

    def change(policy: "Policy", signed: "Signed") -> "Policy":
        verdict = _judge(policy, signed, reports)
        if verdict is Verdict.STOP:
            return pacing.paused(policy, signed.sha256, True)
        if verdict is Verdict.TOO_FEW:
            raise InputError("too few devices have reported", hint="Wait, or advance without --reports.")
        return pacing.advanced(policy, signed.sha256, pacing.ppm(to), int(now().timestamp()))

    _steer(fleet, channel, release, ops, change, json=json)


@rollout_commands.command()
def pause(
    release: Named,
    *,
    reports: Reports = None,
    channel: Channel = STABLE,
    ops: Ops = None,
    fleet: Folder = HERE,
    json: output.Json = False,
) -> None:
    """Stop offering a release; with --reports only if they are over the error budget."""
    from edge_agent.fleet import pacing
    from edge_agent.fleet.pacing import Verdict

    def change(policy: "Policy", signed: "Signed") -> "Policy":
        stop = reports is None or _judge(policy, signed, reports) is Verdict.STOP
        return pacing.paused(policy, signed.sha256, True) if stop else policy

    _steer(fleet, channel, release, ops, change, json=json)


@rollout_commands.command()
def resume(
    release: Named, channel: Channel = STABLE, ops: Ops = None, fleet: Folder = HERE, json: output.Json = False
) -> None:
    """Offer a paused release again."""
    from edge_agent.fleet import pacing

    _steer(fleet, channel, release, ops, lambda policy, one: pacing.paused(policy, one.sha256, False), json=json)


@rollout_commands.command()
def deny(
    release: Named,
    *,
    back_to: Annotated[
        str, typer.Option(metavar="RELEASE", help="Whoever runs it, or anything newer than this, goes back to this.")
    ] = "",
    shut: Annotated[
        bool, typer.Option("--shut", help="No device may ever go below the release after it again.")
    ] = False,
    channel: Channel = STABLE,
    ops: Ops = None,
    fleet: Folder = HERE,
    json: output.Json = False,
) -> None:
    """Never offer a release again."""
    from edge_agent.fleet import pacing, publishing

    def change(policy: "Policy", signed: "Signed") -> "Policy":
        folder, told = space(fleet), pacing.denied(policy, signed.sha256)
        if back_to:
            back = publishing.release_called(folder, back_to)
            if back.counter >= signed.counter:
                raise InputError(f"{back_to} is not older than {release}", hint="Name a release that came before it.")
            told = pacing.taken_back(told, back, publishing.releases(folder).values())
        return replace(told, min_counter=max(told.min_counter, signed.counter + 1)) if shut else told

    _steer(fleet, channel, release, ops, change, json=json)


@commands.command()
def status(channel: Channel = STABLE, fleet: Folder = HERE, json: output.Json = False) -> None:
    """Show what is public, what waits for signatures, and how far each release has come."""
    from edge_agent.fleet import publishing
    from edge_agent.supply.fleet import policy as rollout

    folder = space(fleet)
    at = int(now().timestamp())
    signed = publishing.releases(folder)
    policy = publishing.policy_of(folder, channel)
    paces = {pace.sha256: pace for pace in policy.paces}
    back = signed.get(policy.roll_back_to)
    data = {
        "roles": _roles(folder),
        "releases": [
            {
                "name": one.path.removeprefix("releases/").removesuffix(".json"),
                **{key: value for key, value in asdict(one).items() if key not in ("path", "size")},
                "share_ppm": rollout.share(paces[one.sha256], at) if one.sha256 in paces else None,
                "paused": one.sha256 in paces and paces[one.sha256].paused,
                "denied": one.sha256 in policy.deny,
                "taken_back": back is not None and back.counter < one.counter <= policy.roll_back_from,
            }
            for one in sorted(signed.values(), key=lambda one: one.counter)
        ],
        "min_counter": policy.min_counter,
        "roll_back_to": policy.roll_back_to,
        "roll_back_from": policy.roll_back_from,
    }
    output.emit("fleet-status", data, json=json, human=lambda: _print_status(data))


def _steer(
    fleet: Path,
    channel: str,
    release: str,
    ops: Path | None,
    change: "Callable[[Policy, Signed], Policy]",
    *,
    json: bool,
) -> None:
    from edge_agent.fleet import keys, publishing

    folder = space(fleet)
    signed = publishing.release_called(folder, release)
    before = publishing.policy_of(folder, channel)
    after = change(before, signed)
    if after != before:
        signer = keys.load(ops or folder.keys / "ops.pem", keys.passphrase())
        publishing.set_policy(folder, after, signer, now())
    pace = next((asdict(pace) for pace in after.paces if pace.sha256 == signed.sha256), None)
    data = {"release": release, "changed": after != before, "pace": pace, "denied": signed.sha256 in after.deny}

    def human() -> None:
        output.line("Signed; `edge-fleet publish` tells the devices." if after != before else "Nothing changes.")

    output.emit("fleet-rollout", data, json=json, human=human)


def _judge(policy: "Policy", signed: "Signed", reports: Path | None) -> "Verdict":
    from edge_agent.fleet import pacing, reported

    if reports is None:
        return pacing.Verdict.GO_ON
    try:
        counted = reported.tally(_lines(reports), signed.sha256)
    except OSError as error:
        hint = "Name a file of JSON lines, or a folder of such files."
        raise InputError(f"{error.filename}: {error.strerror}", hint=hint) from error
    verdict = pacing.judged(counted, pacing.find(policy, signed.sha256).budget)
    unreadable = f"; {counted.unreadable} lines are no reports" if counted.unreadable else ""
    output.note(f"{counted.good} good, {counted.bad} bad: {verdict}{unreadable}.")
    return verdict


def _lines(reports: Path) -> Iterator[bytes]:
    """Yield the lines of a file, or of all files of JSON lines in a folder."""
    from edge_agent.fleet.reported import LINE_BYTES_MAX

    files = (
        sorted(path for path in reports.rglob("*") if path.suffix in REPORT_FILES) if reports.is_dir() else [reports]
    )
    for path in files:
        with path.open("rb") as file:
            while line := file.readline(LINE_BYTES_MAX + 1):
                yield line


def _roles(folder: "Workspace") -> list[dict[str, object]]:
    from edge_agent.fleet.workspace import VALID, with_signatures

    rows: list[dict[str, object]] = []
    for role in VALID:
        public = folder.now(role).signed
        row: dict[str, object] = {"role": role, "version": public.version, "expires": public.expires.isoformat()}
        if path := folder.awaited(role):
            row |= {"waiting": str(path), "missing_signatures": folder.lacks(role, with_signatures(path))}
        rows.append(row)
    return rows


def _print_status(data: dict[str, object]) -> None:
    roles, releases = data["roles"], data["releases"]
    assert isinstance(roles, list)
    assert isinstance(releases, list)
    output.columns([
        [row["role"], str(row["version"]), f"until {row['expires'][:10]}",
         f"{row['waiting']} lacks {row['missing_signatures']}" if "waiting" in row else ""]
        for row in roles
    ])  # fmt: skip
    for row in releases:
        share = "not started" if row["share_ppm"] is None else f"{row['share_ppm'] / 1e4:g} %"
        stopped = [word for word in ("denied", "taken_back", "paused") if row[word]]
        state = stopped[0].replace("_", " ") if stopped else share
        output.line(f"{row['counter']}  {row['name']}  {row['sha256'][:16]}  {state}")
