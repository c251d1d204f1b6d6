"""What every source of sound is to the listener: a microphone, a file or a simulated room."""

from typing import Protocol

from edge_agent.talk.ear.rings import Exchange


class Device(Protocol):
    """Swaps 10 ms of sound at a time with an `Exchange`, in real time, until closed."""

    @property
    def name(self) -> str:
        """As the owner knows it."""

    @property
    def rate_hz(self) -> int:
        """Of both directions. True after `find`, which may change it."""

    @property
    def digital(self) -> bool:
        """Whether its silence may be nothing but zeros: there is no converter in it that could fail."""

    @property
    def latency_s(self) -> float:
        """From what it was given to its echo in what it captures, as far as it knows; true after `open`."""

    def find(self) -> None:
        """Look for the hardware again; DeviceError when it is not there."""

    def mute(self, muted: bool) -> None:
        """Close the microphone, or open it again; the loudspeaker goes on, and zeros come in at its pace.

        Before `open` it says how the device is to be opened. DeviceError when the microphone can't be opened again.
        """

    def open(self, exchange: Exchange) -> None:
        """Begin to swap. The exchange has the device's rate."""

    def close(self) -> None:
        """Stop swapping; no swap happens after it returns. Closing a closed device does nothing."""
