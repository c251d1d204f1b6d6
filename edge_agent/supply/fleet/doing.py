"""The work of each phase of an update, on this device's disk. Everything here can be done twice.

The models in use change by one write of `pointers.json` and by nothing else. Nothing is asked of the network while an
update ends: going back works offline.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from edge_agent.base.errors import ModelError, NetworkError
from edge_agent.supply.fleet import durable, health, pointers
from edge_agent.supply.fleet.download import KEPT, Download, Mirrors
from edge_agent.supply.fleet.generations import Generations
from edge_agent.supply.fleet.hours import Hours
from edge_agent.supply.fleet.manifest import parse
from edge_agent.supply.fleet.proving import Proof, Tried
from edge_agent.supply.fleet.release import Release, encode
from edge_agent.supply.fleet.wanted import Offer, Running, Wanted
from edge_agent.supply.fleet.words import Chose, Event, Failed, Fault, Finished, Nothing, Phase, Policy, Record

LOOK_S = 2.0
"""Between two looks at the health of what is on trial."""

GIVE_BACK = "give-back"
"""Written by whoever wants a release on trial taken back while another process watches it; holds the reason."""


def sleep(seconds: float) -> bool:
    """Wait; nobody asks this process to end."""
    time.sleep(seconds)
    return False


@dataclass(frozen=True, slots=True)
class Terms:
    """What the owner of the device allows."""

    keep_free: int
    """Bytes of the disk that stay free."""
    rate: int = 0
    """Bytes per second at most; 0 is no limit."""
    hours: Hours = field(default_factory=Hours)
    policy: Policy = field(default_factory=Policy)
    limits: health.Limits = field(default_factory=health.Limits)


class Stopped(Exception):
    """The process is asked to end; everything is stored."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Whom the work is done with."""

    wanted: Wanted
    mirrors: Mirrors
    proof: Proof
    models: Callable[[str], dict[str, Path]]
    """The folders of a generation's models, by kind; of the pulled ones for an empty name."""
    fits: Callable[[Release], str]
    """Why a release is not for this device; empty if it is."""
    evidence: Callable[[], bytes] = bytes
    """What the signatures of the releases rest on, for whoever loads one; nothing where nobody signs."""
    wait: Callable[[float], bool] = sleep
    """Waits so many seconds; true when the process is to end."""
    now: Callable[[], float] = time.time


class Doing:
    """The work in `root`; `pulled` is the folder of the pulled models."""

    def __init__(
        self, root: Path, pulled: Path, terms: Terms, ports: Ports, arrived: Callable[[Mapping[str, int]], None]
    ) -> None:
        """`arrived` is told of bytes, by where they came from."""
        self._arrived = arrived
        self._root = root
        self._pulled = pulled
        self._terms = terms
        self._ports = ports
        self._record = Record()
        self._generations = Generations(root)

    def work(self, phase: Phase, record: Record) -> Event:
        """Do the work of a phase; NetworkError, ModelError, InputError or OSError if it fails."""
        self._record = record
        if phase is Phase.CHECK:
            return self._check()
        if phase is Phase.ROLLBACK:
            self._go_back()
            return Finished()
        release = self._chosen()
        match phase:
            case Phase.RESERVE:
                self.collect(record)
                self._generations.reserve(release, self._terms.keep_free)
            case Phase.DOWNLOAD:
                self._in_hours()  # Also where nothing has to be fetched: it is on its way to a switch.
                self._download(release)
            case Phase.VERIFY:
                self._generations.verify(release)
            case Phase.SEAL:
                self._generations.seal(release, encode(release), self._ports.evidence())
            case Phase.CANARY:
                self._prove(release)
            case Phase.READY:
                self._in_hours()
            case Phase.TRIAL:
                self._switch(release.id)
            case Phase.PROBATION:
                return self._watch(release)
            case Phase.COMMIT:
                self._commit(release.id)
        return Finished()

    def look(self, record: Record) -> Offer:
        """Ask which release is meant for this device, and whether it can have it."""
        known = Running(*self._running(), frozenset(record.denied))
        offer = self._ports.wanted.offer(known, self._ports.now())
        release = offer.release
        if release is None or release.sha256 == known.sha256:
            return Offer(offer.reason)
        if release.sha256 in known.denied:
            return Offer(f"the release {release.counter} failed here: {record.denied[release.sha256]}")
        if why := self._ports.fits(release):
            return Offer(f"the release {release.counter} is not for this device: {why}")
        return offer

    def _check(self) -> Event:
        offer = self.look(self._record)
        release = offer.release
        if release is None:
            return Nothing(offer.reason)
        durable.make_folder(self._root / "offered")
        durable.write(self._root / "offered" / release.id, encode(release))
        return Chose(release.id, release.sha256, release.counter)

    def _running(self) -> tuple[str, int]:
        """Return sha256 and counter of what runs; of nothing, where it can't be read and is to be had again."""
        current = pointers.read(self._root).current
        if not self._generations.is_sealed(current):
            return "", 0
        release = self._generations.release(current)
        return release.sha256, release.counter

    def _chosen(self) -> Release:
        release = parse((self._root / "offered" / self._record.target).read_bytes())
        if release.sha256 != self._record.sha256:
            raise ModelError("the manifest on this disk is not the one that was chosen")
        return release

    def _download(self, release: Release) -> None:
        download = Download(
            self._generations,
            self._ports.mirrors,
            self._pulled,
            rate=self._terms.rate,
            wait=self._pause,
            allowed=self._in_hours,
        )
        try:
            download.run(release)
        finally:
            self._arrived({where: size for where, size in download.counts.items() if size and where != KEPT})

    def _prove(self, release: Release) -> None:
        with self._generations.lease(release.id) as folder:
            self._ports.proof(Tried(release, folder, self._ports.models(pointers.read(self._root).good)))

    def _switch(self, target: str) -> None:
        health.forget(self._root, target)
        with pointers.changing(self._root):
            seen = pointers.read(self._root)
            pointers.write(self._root, replace(seen, current=target, attempts=0, back_from="", reason=""))

    def _watch(self, release: Release) -> Event:
        """Look on until it has proved itself or failed."""
        since = self._record.since
        while True:
            if reason := self._asked_back():
                return Failed(Fault.BAD, reason)
            seen = pointers.read(self._root)
            if seen.current != release.id:
                return Failed(Fault.BAD, seen.reason or "the device went back by itself")
            since = min(since, self._ports.now())  # a clock that is set back begins it anew
            elapsed_s = self._ports.now() - since
            now, before = (health.read(self._root, name) for name in (release.id, seen.good))
            verdict, reason = health.judge(now, before, elapsed_s, self._terms.limits)
            match verdict:
                case health.Verdict.BAD:
                    return Failed(Fault.BAD, reason)
                case health.Verdict.GOOD:
                    return Finished()
                case health.Verdict.QUIET:
                    self._prove(release)
                    return Finished()
            self._pause(LOOK_S)

    def _asked_back(self) -> str:
        """Return why the owner wants the release no more, where he said so while it was on trial."""
        path = self._root / GIVE_BACK
        if not path.exists():
            return ""
        reason = path.read_text(encoding="utf-8")
        path.unlink()
        return reason or "asked for by the owner"

    def _commit(self, target: str) -> None:
        with pointers.changing(self._root):
            seen = pointers.read(self._root)
            if seen.current != target:
                raise ModelError(seen.reason or "the device went back by itself")
            if seen.good != target:
                pointers.write(self._root, replace(seen, good=target, before=seen.good, attempts=0))

    def _go_back(self) -> None:
        target = self._record.target
        with pointers.changing(self._root):
            seen = pointers.read(self._root)
            good, before = (seen.before, "") if seen.good == target else (seen.good, seen.before)
            good = good if not good or self._generations.is_sealed(good) else ""
            after = replace(seen, good=good, before=before, current=good if seen.current == target else seen.current)
            if after != seen:
                pointers.write(self._root, replace(after, attempts=0))

    def _in_hours(self) -> None:
        if wait_s := self._terms.hours.wait_s(self._ports.now(), random.random()):
            raise _Closed(wait_s)

    def _pause(self, seconds: float) -> None:
        if self._ports.wait(seconds):
            raise Stopped

    def discard(self, target: str) -> None:
        """Delete what there is of a generation, unless it is in use. What can't be deleted now is collected later."""
        seen = pointers.read(self._root)
        if target and target not in (seen.current, seen.good, seen.before):
            try:
                self._generations.discard(target)
            except OSError:
                return

    def collect(self, record: Record) -> None:
        """Delete every generation that has no part to play any more."""
        seen = pointers.read(self._root)
        keep = {name for name in (seen.current, seen.good, seen.before, record.target) if name}
        try:
            self._generations.collect(keep)
            for path in (self._root / "offered").glob("*"):
                if path.name not in keep:
                    durable.delete(path)
        except OSError:
            return


class _Closed(NetworkError):
    """It is not the hour for it."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("updates wait for the hours that `fleet.hours` names")
        self.retry_after_s = retry_after_s
