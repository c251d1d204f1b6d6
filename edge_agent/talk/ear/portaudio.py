"""The PortAudio library and what it says, in our words.

ALSA and PortAudio write to stderr what they tried on the way. None of it reaches the user; what matters is said in a
DeviceError.
"""

import contextlib
import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge_agent.base.errors import AccessError, DeviceError, EdgeAgentError
from edge_agent.talk.ear.quiet import silence_c

UNAVAILABLE = -9985
"""PortAudio's code for a device that another program holds."""

REFUSED = (-9998, -9997, -9994)
"""Its codes for channels, a rate or a format that the device does not do: something else may be tried."""


@functools.cache
def portaudio() -> Any:
    """Return the library; DeviceError where it is missing."""
    silence_c()
    try:
        import sounddevice
    except OSError as error:
        raise DeviceError(
            "the PortAudio library is missing", hint="`sudo apt install libportaudio2`, or your system's like of it"
        ) from error
    return sounddevice


def code(error: Exception) -> int:
    """Return PortAudio's number for an error of its own, 0 for another."""
    return error.args[1] if len(error.args) > 1 else 0


@contextlib.contextmanager
def told_as(name: str) -> Iterator[None]:
    """Raise PortAudio's errors in our words."""
    sd = portaudio()
    try:
        yield
    except sd.PortAudioError as error:
        raise as_ours(error, name) from error


def as_ours(error: Exception, name: str) -> EdgeAgentError:
    """Return what an error of PortAudio's means for the owner of the device of this name."""
    refuse_without_access()
    if code(error) == UNAVAILABLE:
        return DeviceError(f"{name} is in use or gone", hint="close the program that uses it, or choose another device")
    return DeviceError(f"{name} can't be opened: {error.args[0]}", hint="`edge-agent devices` lists the others")


def refuse_without_access(folder: Path = Path("/dev/snd")) -> None:
    """Sound cards that exist and may not be opened look to PortAudio as if there were none."""
    cards = sorted(folder.glob("pcm*"))
    if cards and not any(os.access(card, os.R_OK | os.W_OK) for card in cards):
        raise AccessError(
            f"no permission for the sound cards in {folder}",
            hint="join the audio group: `sudo usermod -aG audio $USER`, then log in again",
        )
