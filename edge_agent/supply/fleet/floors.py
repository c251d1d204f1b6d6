"""Below what no metadata is believed again, however good its signatures: kept by us, because the library forgets.

python-tuf writes its metadata without fsync. After a power cut the last timestamp may be empty, and then the library
would take an older one for new. So what was trusted once is written here too, durably, and asked after each refresh.

1. No version goes back: root's never; the others' while the online keys (timestamp, snapshot) are the same. When root
   has named other online keys, versions may begin anew: so a fleet recovers after somebody fast-forwarded them.
2. `min_counter` only rises, and no further than the newest release that the release keys signed, so that a stolen
   operations key can't shut the door for ever.
3. Time only rises. A clock that is behind it by more than a day is wrong, and so is one before this was written.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

from edge_agent.supply.fleet.strict import canonical, loads

WRITTEN = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
"""No clock that is right shows less."""
TOLERANCE_S = 24 * 3600
BYTES_MAX = 1 << 20


@dataclass(frozen=True, slots=True)
class Floors:
    """What was trusted at most."""

    root: int = 0
    keys: str = ""
    """Which online keys the versions were signed by."""
    versions: Mapping[str, int] = field(default_factory=dict)
    """By role: timestamp, snapshot, and all that the snapshot names."""
    min_counter: int = 0
    seen_s: int = WRITTEN
    """When fresh metadata was last verified, seconds since 1970."""


def below(floors: Floors, root: int, keys: str, versions: Mapping[str, int]) -> str:
    """Say what of the metadata is older than what was trusted before; nothing if none is."""
    if root < floors.root:
        return f"root {root} is older than {floors.root}"
    if keys != floors.keys:
        return ""
    older = [name for name, version in floors.versions.items() if versions.get(name, 0) < version]
    return ", ".join(f"{name} {versions.get(name, 0)} is older than {floors.versions[name]}" for name in sorted(older))


def raised(floors: Floors, root: int, keys: str, versions: Mapping[str, int], now_s: int) -> Floors:
    """Return the floors after metadata that is not below them."""
    return replace(floors, root=root, keys=keys, versions=dict(versions), seen_s=max(floors.seen_s, now_s))


def shut_below(floors: Floors, min_counter: int, newest: int) -> Floors:
    """Return the floors after a policy that names `min_counter`, where `newest` is the newest signed release."""
    return replace(floors, min_counter=max(floors.min_counter, min(min_counter, newest)))


def clock_fault(floors: Floors, now_s: int, synchronized: bool) -> str:
    """Say why the clock is not to be trusted for judging what has expired; nothing if it is."""
    if synchronized or now_s >= max(floors.seen_s, WRITTEN) - TOLERANCE_S:
        return ""
    seen = datetime.fromtimestamp(floors.seen_s, UTC)
    return f"the clock is behind: it was {seen:%Y-%m-%d} already"


def encode(floors: Floors) -> bytes:
    """Return the floors as a file."""
    return canonical(asdict(floors))


def parse(data: bytes) -> Floors:
    """Read them; ValueError when the file is damaged."""
    table = loads(data, BYTES_MAX)
    versions = table.table("versions").rest()
    if not all(type(version) is int for version in versions.values()):
        raise ValueError(f"a version is no number: {json.dumps(versions)[:80]}")
    most = 1 << 62
    return Floors(
        root=table.number("root", 0, most),
        keys=table.text("keys"),
        versions=versions,
        min_counter=table.number("min_counter", 0, most),
        seen_s=table.number("seen_s", 0, most),
    )
