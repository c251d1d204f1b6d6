"""`edge-fleet simulate`: what a rollout would do, told before it does."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.cli import output
from edge_agent.fleet.given import DEFAULT_STEPS

if TYPE_CHECKING:
    from edge_agent.fleet.rehearsal import Rehearsed
    from edge_agent.fleet.simulate import Damage, Load, Share, Stop

commands = typer.Typer()


@commands.command()
def simulate(
    *,
    devices: Annotated[int, typer.Option(min=1, help="How many.")] = 100_000,
    poll: Annotated[int, typer.Option(min=60, metavar="S", help="Seconds between two polls.")] = 3600,
    steps: Annotated[str, typer.Option(help="Shares, and when they begin.")] = DEFAULT_STEPS,
    size: Annotated[
        int, typer.Option(metavar="BYTES", help="What a device must fetch of the release.")
    ] = 1_000_000_000,
    failing: Annotated[str, typer.Option(metavar="SHARE", help="Of the devices, the ones on which it fails.")] = "20%",
    updaters: Annotated[int, typer.Option(min=0, help="And so many real ones, against a server on loopback.")] = 0,
    json: output.Json = False,
) -> None:
    """Say what a rollout would do to the devices and to the servers, before it does."""
    from edge_agent.fleet import pacing, rehearsal, simulate

    pace = pacing.planned(pacing.steps(steps))
    names = simulate.ids(devices)
    shares = simulate.shares(pace, names)
    load = simulate.load(devices, poll)
    stop = simulate.stop(pace, names, poll, pace.steps[-1].after_s // 2)
    damage = simulate.damage(pace, names, poll, pacing.ppm(failing))
    egress = simulate.egress_gb_per_s(pace, devices, size)
    real = rehearsal.rehearse(updaters) if updaters else None
    ok = all(share.ok for share in shares) and stop.started_after == 0 and (real is None or real.ok)
    data = {
        "shares": [asdict(share) | {"ok": share.ok} for share in shares],
        "load": asdict(load),
        "stop": asdict(stop),
        "failing": asdict(damage),
        "egress_gb_per_s": egress,
        "real": asdict(real) if real else None,
    }

    def human() -> None:
        _print_shares(shares, egress)
        _print_load(load)
        _print_stop(stop)
        _print_damage(failing, damage)
        if real:
            _print_real(real)

    output.emit("fleet-simulate", data, json=json, human=human, ok=ok)


def _print_shares(shares: list["Share"], egress: list[tuple[int, float]]) -> None:
    rows = [
        (
            f"{one.after_s / 3600:g} h",
            f"{one.share_ppm / 1e4:g} %",
            str(one.eligible),
            f"{one.least}-{one.most}",
            f"{rate:.2f} GB/s",
        )
        for one, (_, rate) in zip(shares, egress, strict=True)
    ]
    output.columns([("after", "share", "devices", "expected", "servers send"), *rows])


def _print_load(load: "Load") -> None:
    output.line(
        f"Polls: {load.mean_per_s:.1f} per second, {load.busiest_minute_per_s:.1f} in the busiest minute, "
        f"{load.metadata_gb_per_day:.1f} GB a day."
    )


def _print_stop(stop: "Stop") -> None:
    output.line(
        f"Stopped half-way: {stop.started_before} had started, {stop.started_after} do so afterwards instead of "
        f"{stop.would_have}; the last device knows after {stop.last_told_s / 60:.0f} minutes."
    )


def _print_damage(failing: str, damage: "Damage") -> None:
    stopped_s = damage.stopped_after_s
    ended = "never stopped" if stopped_s is None else f"stopped after {stopped_s / 60:.0f} min"
    output.line(
        f"Failing on {failing}: {ended}; {damage.took} took it, {damage.failed} of them went back by themselves."
    )


def _print_real(real: "Rehearsed") -> None:
    output.line(
        f"For real: {real.took} of {real.devices} took it ({real.least}-{real.most} expected), "
        f"{real.after_stop} after the stop; {real.requests_first} requests at first, then {real.requests_idle} "
        "for a poll of all that found nothing new."
    )
