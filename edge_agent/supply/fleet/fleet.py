"""What a real fleet wants of this device: its channel, believed for its signatures; its policy, worked out here."""

import ctypes
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge_agent.base.errors import SettingsError
from edge_agent.base.settings_fleet import FleetSettings
from edge_agent.supply.fleet import policy
from edge_agent.supply.fleet.channel import Channel
from edge_agent.supply.fleet.trust import is_root, plant
from edge_agent.supply.fleet.wanted import Offer, Running

_TIMEX_BYTES = 256
_TIME_ERROR = 5
_MACHINE_ID = Path("/etc/machine-id")


@dataclass(frozen=True, slots=True)
class Fleet:
    """As in `Wanted`."""

    channel: Channel
    device: str
    cohorts: frozenset[str]

    def offer(self, running: Running, now: float) -> Offer:
        """As in `Wanted`."""
        known = self.channel.refresh(datetime.fromtimestamp(now, UTC), synchronized=is_synchronized())
        asking = policy.Device(self.device, self.cohorts, running.counter, running.denied)
        choice = policy.choose(known.policy, known.signed, asking, int(now), known.floor)
        if choice.release is None or choice.release.sha256 == running.sha256:
            return Offer(choice.why.value)
        return Offer(choice.why.value, self.channel.manifest(choice.release))


def believe(trust: Path, settings: FleetSettings) -> None:
    """Plant the root that the operator handed out, once; SettingsError if there is none."""
    if (trust / "planted").exists():
        return
    if settings.root is None:
        raise SettingsError(
            "nobody said whom this device is to believe", hint="Set `fleet.root` to the root.json of your fleet."
        )
    try:
        data = settings.root.read_bytes()
    except OSError as error:
        hint = "Copy the root.json of your fleet there."
        raise SettingsError(f"fleet.root {settings.root} can't be read: {error.strerror}", hint=hint) from error
    if not is_root(data):  # Once planted it would be believed for ever, whatever the owner mends.
        raise SettingsError(f"fleet.root {settings.root} is no fleet's root", hint="Copy your fleet's root.json anew.")
    plant(trust, data)


def device_name(settings: FleetSettings) -> str:
    """Return the device's name in rollouts: what the owner said, else a hash of the machine's identity."""
    if settings.device:
        return settings.device
    try:
        identity = _MACHINE_ID.read_bytes().strip()
    except OSError:
        identity = b""
    if not identity:
        raise SettingsError("this machine has no /etc/machine-id", hint="Set `fleet.device` to a name of its own.")
    return hashlib.sha256(b"edge-agent fleet\0" + identity).hexdigest()


def is_synchronized() -> bool:
    """Whether the kernel says that the clock is kept by the network."""
    return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))) not in (-1, _TIME_ERROR)
