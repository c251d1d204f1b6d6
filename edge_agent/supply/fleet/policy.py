"""Who takes which release, and when: the rollout policy, evaluated on the device without a clock or network of its own.

1. A policy can only choose among releases that the release keys signed, and pace them. Order (`counter`), barriers and
   names come from the signed release, not from the policy.
2. Each release has a salt, so that it is not always the same devices that go first. `bucket(salt, device)` is one of
   2^64 places; a device is eligible while its place lies below the share. Shares never shrink with time, so whoever was
   eligible stays it.
3. The highest eligible release is taken, even where a higher one has begun that this device must wait for. Nobody goes
   past a barrier without having run it; one that is denied is replaced by the next barrier.
4. Nothing is offered that is paused, denied (by the policy or by this device), or below `min_counter`. Nobody goes
   down, but by `roll_back_to`: whoever runs one that was taken back then takes that release at once.
5. Everything is bounded, whole numbers only: shares are parts per million, times are seconds since 1970.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from edge_agent.base.errors import InputError
from edge_agent.supply.fleet.strict import Table, canonical, loads

SCHEMA = 1
WHOLE = 1_000_000
"""A share of everybody, in parts per million."""
BYTES_MAX = 256 << 10
ENTRIES_MAX, DENIED_MAX, STEPS_MAX, LABELS_MAX = 64, 1024, 64, 16
TIME_MAX = 1 << 40

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LABEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SALT = re.compile(r"[0-9a-f]{16,64}")


@dataclass(frozen=True, slots=True)
class Step:
    """From `after_s` (seconds after the start) on, the release is for `share_ppm` of the devices."""

    after_s: int
    share_ppm: int


@dataclass(frozen=True, slots=True)
class Budget:
    """When the publisher stops a rollout by itself; the device doesn't act on it."""

    min_reports: int = 20
    max_failed_ppm: int = 50_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How one release goes out."""

    sha256: str
    """Of its manifest."""
    salt: str
    start: int
    steps: tuple[Step, ...]
    linear: bool = False
    """Whether the share grows evenly from one step to the next, instead of at each."""
    canaries: tuple[str, ...] = ()
    """Cohorts that take it at the start, whatever the share."""
    only: tuple[str, ...] = ()
    """Cohorts that take it at all; empty is everybody."""
    paused: bool = False
    budget: Budget = Budget()


@dataclass(frozen=True, slots=True)
class Policy:
    """One channel's."""

    channel: str
    min_counter: int = 0
    """No device goes below it again, whatever a later policy says."""
    deny: tuple[str, ...] = ()
    roll_back_to: str = ""
    """sha256 of the release to which whoever runs one that was taken back returns; empty for none."""
    roll_back_from: int = 0
    """Counter of the newest release that was taken back: those between are not offered. What came later is."""
    paces: tuple[Pace, ...] = ()


@dataclass(frozen=True, slots=True)
class Signed:
    """What the release keys say about a release."""

    sha256: str
    counter: int
    barrier: bool
    path: str
    """Its target, `releases/…json`."""
    size: int
    """Bytes of the manifest."""


@dataclass(frozen=True, slots=True)
class Device:
    """What a policy may know of a device; none of it is sent anywhere."""

    id: str
    cohorts: frozenset[str] = frozenset()
    counter: int = 0
    """Of the release that it runs; 0 before the first."""
    denied: frozenset[str] = frozenset()
    """Releases that failed here."""


class Why(StrEnum):
    """Why a choice is what it is."""

    CHOSEN = "chosen"
    ROLLED_BACK = "rolled back by the operator"
    NOTHING_NEWER = "nothing newer"
    WAITING = "a newer release has not reached this device yet"
    PAUSED = "the rollout is paused"
    DENIED = "the newer release is denied"
    BARRIER = "another release must be run first, and has not reached this device yet"


@dataclass(frozen=True, slots=True)
class Choice:
    """The release to take, if any."""

    why: Why
    release: Signed | None = None


def choose(policy: Policy, signed: Mapping[str, Signed], device: Device, now: int, floor: int = 0) -> Choice:
    """Say what the device should take at `now` (seconds since 1970).

    `signed` are the releases that the release keys vouch for, by sha256; `floor` is the highest `min_counter` that this
    device has ever been told.
    """
    denied = device.denied | set(policy.deny)
    least = max(policy.min_counter, floor)
    if back := signed.get(policy.roll_back_to):
        if back.counter < device.counter <= policy.roll_back_from:
            allowed = back.counter >= least and back.sha256 not in denied
            return Choice(Why.ROLLED_BACK, back) if allowed else Choice(Why.DENIED)
        denied |= {one.sha256 for one in signed.values() if back.counter < one.counter <= policy.roll_back_from}
    least = max(least, device.counter + 1)
    newer = [(signed[pace.sha256], pace) for pace in policy.paces if pace.sha256 in signed]
    newer = [(release, pace) for release, pace in newer if release.counter >= least]
    if not newer:
        return Choice(Why.NOTHING_NEWER)
    open_ = [(release, pace) for release, pace in newer if release.sha256 not in denied]
    passable = [one for one in open_ if _passable(one[0], signed.values(), device.counter, denied)]
    eligible = [release for release, pace in passable if is_eligible(pace, device, now)]
    if eligible:
        return Choice(Why.CHOSEN, max(eligible, key=lambda release: release.counter))
    if not open_:
        return Choice(Why.DENIED)
    if not passable or any(is_eligible(pace, device, now) for _, pace in open_):
        return Choice(Why.BARRIER)
    return Choice(Why.PAUSED if all(pace.paused for _, pace in passable) else Why.WAITING)


def is_eligible(pace: Pace, device: Device, now: int) -> bool:
    """Whether the release is for this device by now."""
    if pace.paused or now < pace.start or (pace.only and not device.cohorts & set(pace.only)):
        return False
    return bool(device.cohorts & set(pace.canaries)) or bucket(pace.salt, device.id) * WHOLE < share(pace, now) << 64


def share(pace: Pace, now: int) -> int:
    """Return how many of a million devices the release is for at `now`."""
    after = now - pace.start
    reached = Step(0, 0)
    for step in pace.steps:
        if step.after_s > after:
            if pace.linear and after > reached.after_s:
                grown = (step.share_ppm - reached.share_ppm) * (after - reached.after_s)
                return reached.share_ppm + grown // (step.after_s - reached.after_s)
            break
        reached = step
    return reached.share_ppm if after >= 0 else 0


def bucket(salt: str, device: str) -> int:
    """Return the device's place for this release, one of 2^64."""
    return int.from_bytes(hashlib.sha256(f"{salt}\0{device}".encode()).digest()[:8])


def _passable(release: Signed, signed: Iterable[Signed], counter: int, denied: Collection[str]) -> bool:
    barriers = sorted((one for one in signed if one.barrier and one.counter > counter), key=lambda one: one.counter)
    if not barriers or release.counter < barriers[0].counter:
        return True
    return next((one for one in barriers if one.sha256 not in denied), None) == release


def encode(policy: Policy) -> bytes:
    """Return the policy's only spelling."""
    return canonical({"schema": SCHEMA, **asdict(policy)})


def parse(data: bytes, channel: str) -> Policy:
    """Read the policy of a channel; InputError says what is wrong with it."""
    try:
        policy = _policy(loads(data, BYTES_MAX))
        if policy.channel != channel:
            raise ValueError(f"it is for the channel {policy.channel}, not {channel}")
        if encode(policy) != data:
            raise ValueError("it is not in its canonical spelling")
    except ValueError as error:
        raise InputError(f"this is no rollout policy: {error}", hint="Write it with `edge-fleet rollout`.") from error
    return policy


def _policy(table: Table) -> Policy:
    table.number("schema", SCHEMA, SCHEMA)
    back = table.text("roll_back_to")
    policy = Policy(
        channel=table.text("channel", _LABEL),
        min_counter=table.number("min_counter"),
        deny=table.texts("deny", DENIED_MAX, _SHA256),
        roll_back_to=back,
        roll_back_from=table.number("roll_back_from"),
        paces=table.each("paces", ENTRIES_MAX, _pace),
    )
    table.end()
    if back and not _SHA256.fullmatch(back):
        raise ValueError("'roll_back_to' is no sha256")
    if len({pace.sha256 for pace in policy.paces}) < len(policy.paces):
        raise ValueError("a release stands there twice")
    return policy


def _pace(table: Table) -> Pace:
    budget = table.table("budget")
    pace = Pace(
        sha256=table.text("sha256", _SHA256),
        salt=table.text("salt", _SALT),
        start=table.number("start", 0, TIME_MAX),
        steps=table.each("steps", STEPS_MAX, _step, least=1),
        linear=table.flag("linear"),
        canaries=table.texts("canaries", LABELS_MAX, _LABEL),
        only=table.texts("only", LABELS_MAX, _LABEL),
        paused=table.flag("paused"),
        budget=Budget(budget.number("min_reports", 1), budget.number("max_failed_ppm", 0, WHOLE)),
    )
    budget.end()
    return checked(pace)


def checked(pace: Pace) -> Pace:
    """Return the pace; ValueError where a share would shrink, or a step come before the last."""
    for one, next_ in zip(pace.steps, pace.steps[1:], strict=False):
        if next_.after_s <= one.after_s or next_.share_ppm < one.share_ppm:
            raise ValueError("the steps must come one after the other, and no share may shrink")
    return pace


def _step(table: Table) -> Step:
    return Step(table.number("after_s", 0, TIME_MAX), table.number("share_ppm", 0, WHOLE))
