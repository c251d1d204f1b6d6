"""`edge-agent devices`: microphones and loudspeakers by the names that settings take."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from edge_agent.cli import output

if TYPE_CHECKING:
    from edge_agent.talk.ear.mic import DeviceInfo

commands = typer.Typer()


@commands.command()
def devices(json: output.Json = False) -> None:
    """List microphones and loudspeakers; part of a name is enough for audio.input and audio.output."""
    from edge_agent.talk.ear.mic import devices as find

    found = find()
    data = {
        "inputs": [_described(device, device.is_default_input) for device in found if device.inputs],
        "outputs": [_described(device, device.is_default_output) for device in found if device.outputs],
    }
    output.emit("devices", data, json=json, human=lambda: _print(found))


def _described(device: "DeviceInfo", default: bool) -> dict[str, object]:
    return {"name": device.name, "host_api": device.host_api, "rate_hz": device.rate_hz, "default": default}


def _print(found: Sequence["DeviceInfo"]) -> None:
    inputs = [(device, device.is_default_input) for device in found if device.inputs]
    outputs = [(device, device.is_default_output) for device in found if device.outputs]
    for title, some in (("Microphones (audio.input)", inputs), ("Loudspeakers (audio.output)", outputs)):
        output.line(f"{title}, * is the default:")
        rows = [("*" if default else " ", device.title, f"{device.rate_hz} Hz") for device, default in some]
        output.columns(rows, indent="  ") if rows else output.line("  none; `edge-agent doctor` says why")
