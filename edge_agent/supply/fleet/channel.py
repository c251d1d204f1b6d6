"""What a fleet wants of one device: the operations key chooses, the release keys vouch, and both must agree.

1. The policy is a target of whoever may pace (`channels/…`); a release that it names counts only if it is a target of
   the role `releases`. Its order and its barriers are taken from there, so a stolen operations key can neither bring
   new bytes nor skip what must be run first.
2. Mirrors are asked in order, and the first that is believed answers: a bad one costs time, never trust.
3. A poll that finds nothing new costs one request: while timestamp.json has the very bytes that were verified last, and
   nothing of what was verified has expired, what it said then still holds. (A new root shows in a new timestamp, too;
   whoever holds one back gains no more than by holding back both, until the timestamp expires.)
4. Where the clock is known to be wrong nothing is asked, for nothing could be said to be fresh.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from edge_agent.base.errors import InputError, NetworkError, TrustError
from edge_agent.supply.fleet import floors as floor
from edge_agent.supply.fleet import manifest, policy, remembered
from edge_agent.supply.fleet.durable import write
from edge_agent.supply.fleet.metadata_files import locked
from edge_agent.supply.fleet.policy import Policy, Signed
from edge_agent.supply.fleet.release import Release
from edge_agent.supply.fleet.remembered import Remembered
from edge_agent.supply.fleet.transport import Transport
from edge_agent.supply.fleet.trust import DistrustError, Reason, Repository, read_floors, write_floors

T = TypeVar("T")

TIMESTAMP_BYTES_MAX = 16_384
CHANNELS = "channels"
"""The folder of the targets in which the policies are."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a fleet wants, verified."""

    policy: Policy
    signed: Mapping[str, Signed]
    """By the sha256 of the manifest."""
    floor: int
    """The least counter that any policy ever allowed this device."""
    mirror: str
    """The mirror that said so."""


class Channel:
    """A fleet's channel, as one device believes it."""

    def __init__(self, folder: Path, mirrors: Sequence[str], channel: str, transport: Transport) -> None:
        self._folder = folder
        self._mirrors = [mirror.rstrip("/") for mirror in mirrors]
        self._channel = channel
        self._transport = transport
        self._remembered = f"remembered.{channel}"

    def refresh(self, now: datetime, *, synchronized: bool) -> Known:
        """Ask the mirrors in order what the fleet wants; the first that is believed answers.

        `synchronized` says whether the clock is kept by the network. Raises NetworkError or DistrustError, of the last
        mirror; a RefusedError carries the seconds of its Retry-After.
        """
        if fault := floor.clock_fault(read_floors(self._folder), int(now.timestamp()), synchronized):
            raise DistrustError(Reason.CLOCK, fault, hint="Set the clock. Until then nothing new is installed.")
        with locked(self._folder):
            return self._first(lambda mirror: self._unchanged(mirror, now) or self._ask(mirror, now))

    def manifest(self, release: Signed) -> Release:
        """Fetch and check the manifest of a release."""
        folder, _, name = release.path.rpartition("/")
        place = f"targets/{folder}/{release.sha256}.{name}"
        data = self._first(lambda mirror: self._verified(f"{mirror}/{place}", release))
        found = manifest.parse(data)
        if (found.counter, found.barrier) != (release.counter, release.barrier):
            raise DistrustError(Reason.DISAGREES, f"{release.path} is not the release that its signature is about")
        return found

    def _ask(self, mirror: str, now: datetime) -> Known:
        repository = Repository(self._folder, f"{mirror}/metadata/", f"{mirror}/targets/", now, self._transport)
        floors = repository.refresh()
        target = repository.find(f"{CHANNELS}/{self._channel}.json")
        if target is None:
            raise DistrustError(Reason.DISAGREES, f"the fleet has no channel {self._channel}")
        try:
            wanted = policy.parse(repository.read(target), self._channel)
        except InputError as error:
            raise DistrustError(Reason.INVALID, str(error)) from error
        signed = {one.sha256: one for one in repository.vouched()}
        if strange := [pace.sha256 for pace in wanted.paces if pace.sha256 not in signed]:
            raise DistrustError(Reason.DISAGREES, f"the policy names {strange[0][:16]}, which no release key signed")
        shut = floor.shut_below(floors, wanted.min_counter, max((one.counter for one in signed.values()), default=0))
        write_floors(self._folder, shut)
        known = Known(wanted, signed, shut.min_counter, mirror)
        timestamp = (self._folder / "timestamp.json").read_bytes()
        again = Remembered(
            hashlib.sha256(timestamp).hexdigest(),
            repository.good_until("timestamp", "snapshot", "targets", "root", "releases", "rollout"),
            wanted,
            signed,
            shut.min_counter,
        )
        write(self._folder / self._remembered, remembered.encode(again))
        return known

    def _unchanged(self, mirror: str, now: datetime) -> Known | None:
        """Ask for the timestamp alone; None unless all that was verified last still holds."""
        try:
            told = remembered.parse((self._folder / self._remembered).read_bytes(), self._channel)
        except FileNotFoundError:
            return None
        if told is None:
            return None
        timestamp = self._transport.get(f"{mirror}/metadata/timestamp.json", TIMESTAMP_BYTES_MAX)
        if not told.still_holds(timestamp, int(now.timestamp())):
            return None
        return Known(told.policy, told.signed, told.floor, mirror)

    def _verified(self, url: str, release: Signed) -> bytes:
        data = self._transport.get(url, release.size)
        if hashlib.sha256(data).hexdigest() != release.sha256:
            raise DistrustError(Reason.INVALID, f"{url} has other bytes than were signed")
        return data

    def _first(self, ask: Callable[[str], T]) -> T:
        failure: NetworkError | TrustError | None = None
        for mirror in self._mirrors:
            try:
                return ask(mirror)
            except (NetworkError, TrustError) as error:
                failure = error
        raise failure or NetworkError("no mirror is configured", hint="Set `fleet.mirrors`.")
