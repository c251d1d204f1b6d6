"""What is asked of an agent that runs: how it is, its last turns, that its microphone be closed or opened, its key."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from edge_agent.cli import output

commands = typer.Typer()


class Move(StrEnum):
    """What a talk key does."""

    TAP = "tap"
    PRESS = "press"
    RELEASE = "release"


@commands.command()
def status(json: output.Json = False) -> None:
    """Show how the running agent is: its state, its microphone, its engines and its last turn."""
    told = _asked("GET", "/v1/status")
    output.emit("status", told, json=json, human=lambda: _show(told))


@commands.command()
def journal(
    last: Annotated[int, typer.Option(min=1, max=100, help="How many turns.")] = 20,
    json: output.Json = False,
) -> None:
    """Show the last turns of the running agent and where their time went; words only with log.transcripts."""
    turns = _asked("GET", f"/v1/journal?last={last}")["turns"]
    output.emit("journal", {"turns": turns}, json=json, human=lambda: _list(turns))


@commands.command()
def mute(json: output.Json = False) -> None:
    """Close the microphone of the running agent. It stays closed over restarts, until `unmute`."""
    _do("mute", json=json)


@commands.command()
def unmute(json: output.Json = False) -> None:
    """Open the microphone of the running agent."""
    _do("unmute", json=json)


@commands.command()
def key(
    move: Annotated[
        Move, typer.Argument(metavar="MOVE", help="tap; where a key can be held, press and release.")
    ] = Move.TAP,
    json: output.Json = False,
) -> None:
    """Be the talk key of the running agent: wake it, end what you said, or silence it."""
    told = _asked("POST", f"/v1/{move}")
    output.emit("key", told, json=json, human=lambda: output.line(_closed(told) or told["state"]))


def _do(what: str, *, json: bool) -> None:
    told = _asked("POST", f"/v1/{what}")
    until = "" if told["kept"] else ", but only until it ends: the disk does not take it down"
    output.emit(what, told, json=json, human=lambda: output.line((_closed(told) or "listening") + until))


def _closed(told: dict[str, Any]) -> str:
    """Why the microphone is closed, in a few words; nothing while it is open."""
    return "not muted, but no lamp shows it yet" if told["unlit"] else "muted" if told["muted"] else ""


def _asked(method: str, path: str) -> Any:
    from edge_agent.host.asking import ask

    return ask(method, path)


def _show(told: dict[str, Any]) -> None:
    device = told["device"]
    awake = "" if told["awake"] else ", asleep"
    why = f" ({closed})" if (closed := _closed(told)) else ""
    rows = [
        ("state", f"{told['state']}{awake}"),
        ("microphone", f"{told['microphone']}{why}"),
        ("device", f"{device['name']}{'' if device['present'] else ' (gone)'}"),
    ]
    rows += [
        (name, f"{'ready' if one['ready'] else 'away'}, {one['memory_mb']:.0f} MB, restarts: {one['restarts']}")
        for name, one in told["engines"].items()
    ]
    rows += [("up", f"{told['up_s'] / 3600:.1f} h"), ("turns", str(told["turns"])), ("version", told["version"])]
    output.columns(rows)


def _list(turns: list[dict[str, Any]]) -> None:
    if not turns:
        output.note("No turn yet.")
        return
    output.columns([("when", "who", "first sound", "stages, ms after the last word"), *map(_row, turns)])


def _row(turn: dict[str, Any]) -> tuple[str, str, str, str]:
    stages = turn["stages_ms"]
    first = f"{stages['first_sample']:.0f} ms" if "first_sample" in stages else "-"
    parts = [f"{name.replace('_', ' ')} {ms:.0f}" for name, ms in stages.items() if name != "first_sample" and ms > 0]
    said = [f"“{turn[side]}”" for side in ("user", "heard") if turn.get(side)]
    return turn["at"][11:19], turn["kind"] or "-", first, " · ".join(parts + said)
