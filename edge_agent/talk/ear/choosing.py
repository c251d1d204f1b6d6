"""Which microphone and which loudspeaker: by what they are called, never by a number, for numbers change."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_agent.base.errors import AccessError, DeviceError


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One device as PortAudio lists it."""

    name: str
    host_api: str
    inputs: int
    """Channels it records; 0 for a loudspeaker."""
    outputs: int
    """Channels it plays; 0 for a microphone."""
    rate_hz: int
    is_default_input: bool
    is_default_output: bool
    number: int
    """PortAudio's handle until the next `find`; not for people."""

    @property
    def title(self) -> str:
        """The name that settings are matched with."""
        return f"{self.name}, {self.host_api}"


def choose_input(found: Sequence[DeviceInfo], wanted: str) -> DeviceInfo:
    """The microphone called `wanted`; the default one when that is empty."""
    return _choose([one for one in found if one.inputs], wanted, lambda one: one.is_default_input, "microphone")


def choose_output(found: Sequence[DeviceInfo], wanted: str, host_api: str) -> DeviceInfo:
    """The loudspeaker called `wanted`. PortAudio can only join it to a microphone of the same host API."""
    playing = [one for one in found if one.outputs]
    beside = [one for one in playing if one.host_api == host_api]
    return _choose(beside or playing, wanted, lambda one: one.is_default_output, "loudspeaker")


def _choose(found: Sequence[DeviceInfo], wanted: str, is_default: Any, kind: str) -> DeviceInfo:
    if not found:
        refuse_without_access()
        raise DeviceError(f"no {kind} found", hint="plug one in; `edge-agent devices` lists what is seen")
    if not wanted:
        return next((one for one in found if is_default(one)), found[0])
    exact = [one for one in found if wanted.casefold() in (one.name.casefold(), one.title.casefold())]
    partly = [one for one in found if wanted.casefold() in one.title.casefold()]
    if not (exact or partly):
        names = "; ".join(one.title for one in found)
        raise DeviceError(f"no {kind} is called {wanted!r}", hint=f"there are: {names}")
    return (exact or partly)[0]


def refuse_without_access(folder: Path = Path("/dev/snd")) -> None:
    """Sound cards that exist and may not be opened look to PortAudio as if there were none."""
    cards = sorted(folder.glob("pcm*"))
    if cards and not any(os.access(card, os.R_OK | os.W_OK) for card in cards):
        raise AccessError(
            f"no permission for the sound cards in {folder}",
            hint="join the audio group: `sudo usermod -aG audio $USER`, then log in again",
        )
