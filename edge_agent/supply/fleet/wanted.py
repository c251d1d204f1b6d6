"""What the fleet wants of this device, behind one word for whoever only wants to know what to install."""

from dataclasses import dataclass, field
from typing import Protocol

from edge_agent.supply.fleet.release import Release


@dataclass(frozen=True, slots=True)
class Running:
    """What a choice may depend on."""

    sha256: str = ""
    """Of the manifest of what runs; empty for the pulled models."""
    counter: int = 0
    denied: frozenset[str] = field(default_factory=frozenset)
    """Manifests that failed here."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A verified release to install, or why there is none."""

    reason: str
    release: Release | None = None


class Nobody:
    """Where nothing is wanted: whoever only goes back asks nobody."""

    def offer(self, running: Running, now: float) -> Offer:
        """As in `Wanted`."""
        return Offer("nobody is asked")


class Wanted(Protocol):
    """Whoever knows what the fleet wants."""

    def offer(self, running: Running, now: float) -> Offer:
        """Say what to install. Raises NetworkError where nobody answers, TrustError where nobody is believed."""
