"""Whom the updater believes: The Update Framework, by python-tuf, with what it leaves to its user.

1. Only one process looks at a time; a second one is told to come back.
2. Every look begins at the root that was planted with the device, and climbs from there.
3. What python-tuf wrote is made durable, and compared with floors of our own, before anything else is done with it.
   Metadata that a power cut left empty or torn is thrown away first.
4. Expired metadata stops new installs and nothing else; the message says so.

The folder holds the metadata by role (`root.json`, `timestamp.json`, …), `planted`, `floors` and `lock`. No other file
of the device knows the library.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import quote

from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    ExpiredMetadataError,
    RepositoryError,
    StorageError,
)
from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient import FetcherInterface, Updater

from edge_agent.base.errors import NetworkError, TrustError
from edge_agent.supply.fleet import floors as floor
from edge_agent.supply.fleet.durable import write
from edge_agent.supply.fleet.floors import Floors
from edge_agent.supply.fleet.manifest import MANIFEST_BYTES_MAX
from edge_agent.supply.fleet.metadata_files import make_durable, mend
from edge_agent.supply.fleet.policy import Signed
from edge_agent.supply.fleet.transport import RefusedError, Transport

T = TypeVar("T")

RELEASES = "releases"
"""The role that vouches for releases, and the folder of its targets."""


class Reason(StrEnum):
    """Why a repository is not believed."""

    EXPIRED = "expired"
    OLDER = "older"
    INVALID = "invalid"
    DISAGREES = "disagrees"
    CLOCK = "clock"
    DAMAGED = "damaged"


class DistrustError(TrustError):
    """The repository is not believed, for one of the reasons."""

    def __init__(self, reason: Reason, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint or "The device goes on with what it has; tell whoever runs the fleet.")
        self.reason = reason


def plant(folder: Path, root: bytes) -> None:
    """Give the device the root that it believes from the beginning; nothing is checked and nobody is asked."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("planted", "root.json"):
        write(folder / name, root)


def is_root(data: bytes) -> bool:
    """Whether these are the words of a root that signed itself."""
    try:
        told = Metadata[Root].from_bytes(data)
        if isinstance(told.signed, Root):
            told.signed.verify_delegate("root", told.signed_bytes, told.signatures)
            return True
    except RepositoryError:
        pass
    return False


class Repository:
    """A repository as it was at one moment: open it, refresh it once, look at its targets."""

    def __init__(self, folder: Path, url: str, targets_url: str, now: datetime, transport: Transport) -> None:
        self._folder = folder
        self._targets_url = targets_url if targets_url.endswith("/") else targets_url + "/"
        self._transport = transport
        self._now = now
        mend(folder)
        with _plainly(folder):
            planted = (folder / "planted").read_bytes()
            self._updater = Updater(str(folder), url, fetcher=_Fetcher(transport), bootstrap=planted)
        # There is no other way to say what time it is; the device's clock may be known to be wrong.
        self._updater._trusted_set.reference_time = now

    def refresh(self) -> Floors:
        """Fetch and verify what is new; return the floors, raised.

        Raises NetworkError when the repository can't be reached, DistrustError when it isn't believed.
        """
        known = read_floors(self._folder)
        try:
            with _plainly(self._folder):
                self._updater.refresh()
        finally:
            make_durable(self._folder)
        root = self._signed("root", Root)
        snapshot = self._signed("snapshot", Snapshot)
        versions = {"timestamp": self._signed("timestamp", Timestamp).version, "snapshot": snapshot.version}
        versions |= {name.removesuffix(".json"): meta.version for name, meta in snapshot.meta.items()}
        keys = _online_keys(root)
        if older := floor.below(known, root.version, keys, versions):
            raise DistrustError(Reason.OLDER, f"the repository is older than what was trusted before: {older}")
        after = floor.raised(known, root.version, keys, versions, int(self._now.timestamp()))
        write_floors(self._folder, after)
        return after

    def find(self, path: str) -> TargetFile | None:
        """Return what the repository says about a target, None if it knows none."""
        try:
            with _plainly(self._folder):
                return self._updater.get_targetinfo(path)
        finally:
            make_durable(self._folder)

    def read(self, target: TargetFile) -> bytes:
        """Fetch a small target and check it."""
        name = target.path
        if self._signed("root", Root).consistent_snapshot:
            folder, slash, last = name.rpartition("/")
            name = f"{folder}{slash}{next(iter(target.hashes.values()))}.{last}"
        with _plainly(self._folder):
            data = self._transport.get(self._targets_url + quote(name, "/!$&'()*+,;=:@~"), target.length)
            target.verify_length_and_hashes(data)
        return data

    def save(self, target: TargetFile, folder: Path) -> Path:
        """Fetch a target into a folder, under its quoted path, unless it is there already."""
        path = folder / quote(target.path, "")
        if self._updater.find_cached_target(target, str(path)) is None:
            data = self.read(target)
            folder.mkdir(parents=True, exist_ok=True)
            write(path, data)
        return path

    def vouched(self) -> tuple[Signed, ...]:
        """Return what the role `releases` says of every release."""
        # The role is verified and stored when the first of its targets is asked for.
        self.find(f"{RELEASES}/any")
        role = self._signed(RELEASES, Targets)
        meta = self._signed("snapshot", Snapshot).meta.get(f"{RELEASES}.json")
        if meta is None or meta.version != role.version:
            raise DistrustError(Reason.INVALID, "the repository has no releases")
        return tuple(_vouched(target) for path, target in role.targets.items() if path.startswith(f"{RELEASES}/"))

    def good_until(self, *roles: str) -> int:
        """Return when the first of these roles expires, seconds since 1970."""
        paths = (self._folder / f"{role}.json" for role in roles)
        with _plainly(self._folder):
            return min(int(Metadata.from_file(str(path)).signed.expires.timestamp()) for path in paths if path.exists())

    def _signed(self, role: str, _: type[T]) -> T:
        with _plainly(self._folder):
            return cast(T, Metadata.from_file(str(self._folder / f"{quote(role, '')}.json")).signed)


def read_floors(folder: Path) -> Floors:
    """Return what was trusted at most; nothing before the first time."""
    path = folder / "floors"
    try:
        return floor.parse(path.read_bytes())
    except FileNotFoundError:
        return Floors()
    except ValueError as error:
        raise DistrustError(
            Reason.DAMAGED, f"{path} is damaged: {error}", hint=f"Delete {path} to trust the planted root anew."
        ) from error


def write_floors(folder: Path, floors: Floors) -> None:
    """Keep the floors through a power cut."""
    write(folder / "floors", floor.encode(floors))


class _Fetcher(FetcherInterface):
    """What python-tuf asks, by our transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _fetch(self, url: str) -> Iterator[bytes]:
        return self._transport.stream(url)

    def download_bytes(self, url: str, max_length: int) -> bytes:
        # Not by way of a temporary file: /tmp may be memory, or not ours.
        try:
            return self._transport.get(url, max_length)
        except RefusedError as error:
            raise DownloadHTTPError(str(error), error.status) from error
        except NetworkError as error:
            raise DownloadError(str(error)) from error


@contextmanager
def _plainly(folder: Path) -> Iterator[None]:
    """Turn what python-tuf says into our words."""
    try:
        yield
    except DownloadError as error:
        raise error.__cause__ if isinstance(error.__cause__, NetworkError) else NetworkError(str(error)) from error
    except ExpiredMetadataError as error:
        raise DistrustError(
            Reason.EXPIRED,
            f"what the fleet says has expired: {error}",
            hint="New releases wait until it is signed again; the device goes on with what it has.",
        ) from error
    except BadVersionNumberError as error:
        raise DistrustError(Reason.OLDER, f"the repository is not what was promised: {error}") from error
    except (RepositoryError, StorageError, ValueError) as error:
        raise DistrustError(Reason.INVALID, f"the repository is not to be believed: {error}") from error
    except FileNotFoundError as error:
        raise DistrustError(
            Reason.DAMAGED, f"{error.filename} is missing in {folder}", hint="Plant the fleet's root again."
        ) from error


def _vouched(target: TargetFile) -> Signed:
    match target.custom:
        case {"counter": int(counter), "barrier": bool(barrier)} if counter > 0 and target.length <= MANIFEST_BYTES_MAX:
            return Signed(target.hashes.get("sha256", ""), counter, barrier, target.path, target.length)
    raise DistrustError(Reason.INVALID, f"{target.path} is signed without its order")


def evidence(folder: Path) -> bytes:
    """Return what the signatures of the releases rest on, as the device knows it now, for `vouches`."""
    history = sorted((folder / "root_history").glob("*.root.json"), key=lambda path: int(path.name.split(".")[0]))
    told = {
        "roots": [path.read_text(encoding="utf-8") for path in history],
        "targets": (folder / "targets.json").read_text(encoding="utf-8"),
        RELEASES: (folder / f"{RELEASES}.json").read_text(encoding="utf-8"),
    }
    return json.dumps(told).encode()


def vouches(evidence: bytes, planted: bytes, sha256: str) -> bool:
    """Whether the release keys signed the manifest with this sha256, by what `evidence` shows to who believes a root.

    No clock is asked: what has expired since vouches still.
    """
    try:
        told = json.loads(evidence)
        root = Metadata[Root].from_bytes(planted)
        for text in told["roots"]:
            after = Metadata[Root].from_bytes(text.encode())
            if after.signed.version > root.signed.version:
                root.signed.verify_delegate("root", after.signed_bytes, after.signatures)
                after.signed.verify_delegate("root", after.signed_bytes, after.signatures)
                root = after
        targets = Metadata[Targets].from_bytes(told["targets"].encode())
        root.signed.verify_delegate("targets", targets.signed_bytes, targets.signatures)
        releases = Metadata[Targets].from_bytes(told[RELEASES].encode())
        targets.signed.verify_delegate(RELEASES, releases.signed_bytes, releases.signatures)
    except (RepositoryError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    return any(
        path.startswith(f"{RELEASES}/") and target.hashes.get("sha256") == sha256
        for path, target in releases.signed.targets.items()
    )


def _online_keys(root: Root) -> str:
    roles = [[sorted(root.roles[name].keyids), root.roles[name].threshold] for name in ("timestamp", "snapshot")]
    return hashlib.sha256(json.dumps(roles).encode()).hexdigest()
