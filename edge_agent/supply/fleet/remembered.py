"""What the fleet said last, verified, so that a poll that finds the same timestamp need not ask for the rest again."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from edge_agent.base.errors import InputError
from edge_agent.supply.fleet import policy
from edge_agent.supply.fleet.policy import Policy, Signed
from edge_agent.supply.fleet.strict import Table, canonical, loads

BYTES_MAX = 16 << 20
SIGNED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Remembered:
    """One verified answer."""

    timestamp: str
    """sha256 of the bytes of timestamp.json."""
    good_until: int
    """When the first of the signatures expires, seconds since 1970."""
    policy: Policy
    signed: Mapping[str, Signed]
    floor: int

    def still_holds(self, timestamp: bytes, now_s: int) -> bool:
        """Whether a repository that shows this timestamp says nothing else than it did."""
        return now_s < self.good_until and hashlib.sha256(timestamp).hexdigest() == self.timestamp


def encode(known: Remembered) -> bytes:
    """Return it as a file."""
    return canonical(
        {
            "timestamp": known.timestamp,
            "good_until": known.good_until,
            "policy": policy.encode(known.policy).decode(),
            "signed": [asdict(one) for one in known.signed.values()],
            "floor": known.floor,
        }
    )


def parse(data: bytes, channel: str) -> Remembered | None:
    """Read it; None when it is damaged, for then everything is simply asked again."""
    most = 1 << 62
    try:
        table = loads(data, BYTES_MAX)
        told = table.text("policy", most=policy.BYTES_MAX).encode()
        signed = table.each("signed", SIGNED_MAX, _signed)
        return Remembered(
            table.text("timestamp"),
            table.number("good_until", 0, most),
            policy.parse(told, channel),
            {one.sha256: one for one in signed},
            table.number("floor", 0, most),
        )
    except (ValueError, InputError):
        return None


def _signed(table: Table) -> Signed:
    return Signed(
        table.text("sha256"),
        table.number("counter", 1, 1 << 62),
        table.flag("barrier"),
        table.text("path", most=4096),
        table.number("size", 0, 1 << 40),
    )
