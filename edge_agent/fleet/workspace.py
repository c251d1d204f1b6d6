"""The folder of whoever runs a fleet: what is public, and what waits for signatures.

::

    repo/        what is served: metadata/, targets/, chunks/
    waiting/     2.root.json …                metadata that is not signed by enough yet
                 2.root.json.1a2b3c4d.sig     one signature each; these travel, to and from whoever holds a key
    keys/        those keys that are here; offline ones are better carried elsewhere

1. Root, targets and releases are signed offline and become public when enough signatures are there, never before.
2. A change of what waits throws its signatures away: they were about something else.
3. Public metadata is never changed, only followed by the next version; timestamp.json alone is replaced.
4. A role vouches for nothing that is not in `repo/`.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from securesystemslib.signer import CryptoSigner, Signature
from tuf.api.exceptions import RepositoryError, StorageError
from tuf.api.metadata import Metadata, Root, Targets

from edge_agent.base.errors import InputError
from edge_agent.supply.fleet.durable import write

OFFLINE = ("root", "targets", "releases")
"""In the order in which they become public: each may name the keys of the next."""
DELEGATED = {"releases": ["releases/*"], "rollout": ["channels/*"]}
VALID = {
    "root": timedelta(days=730),
    "targets": timedelta(days=730),
    "releases": timedelta(days=730),
    "rollout": timedelta(days=30),
    "snapshot": timedelta(days=7),
    "timestamp": timedelta(days=7),
}
"""How long a signature is good for. The online ones are renewed by every `publish`, which wants to be run daily."""


class Workspace:
    """One fleet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repo = folder / "repo"
        self.metadata = self.repo / "metadata"
        self.waiting = folder / "waiting"
        self.keys = folder / "keys"

    def public(self, role: str) -> "Metadata[Any] | None":
        """Return a role's newest public metadata."""
        if role == "timestamp":
            path = self.metadata / "timestamp.json"
            return _read(path) if path.exists() else None
        versions = [int(path.name.split(".")[0]) for path in self.metadata.glob(f"*.{role}.json")]
        return _read(self.metadata / f"{max(versions)}.{role}.json") if versions else None

    def now(self, role: str) -> "Metadata[Any]":
        """Return a role's newest public metadata; InputError where this is no fleet's folder."""
        if (found := self.public(role)) is None:
            raise InputError(f"{self.folder} has no {role}", hint="`edge-fleet init FOLDER` begins a fleet.")
        return found

    def draft(self, role: str, now: datetime) -> "Metadata[Any]":
        """Return a role as it may be changed: what waits, or a new version of what is public."""
        path = self.awaited(role)
        metadata = _read(path) if path else copy.deepcopy(self.now(role))
        if path is None:
            metadata.signed.version += 1
        metadata.signed.expires = expiry(role, now)
        metadata.signatures.clear()
        return metadata

    def stage(self, role: str, metadata: "Metadata[Any]") -> Path:
        """Let a role wait for its signatures."""
        self.waiting.mkdir(exist_ok=True)
        for old in self.waiting.glob(f"*.{role}.json*"):
            old.unlink()
        path = self.waiting / f"{metadata.signed.version}.{role}.json"
        write(path, metadata.to_bytes())
        return path

    def awaited(self, role: str) -> Path | None:
        """Return where a role waits for signatures, if it does."""
        return next(iter(self.waiting.glob(f"*.{role}.json")), None)

    def lacks(self, role: str, metadata: "Metadata[Any]", by: "Root | Targets | None" = None) -> int:
        """Return how many signatures are missing, counted by whoever names the role's keys: `by`, or who is next."""
        payload, signatures = metadata.signed_bytes, metadata.signatures
        holders: list[Root | Targets] = [by or self._next_named_by(role)]
        if role == "root":
            before = self.public("root")
            holders = [metadata.signed, *([before.signed] if before else [])]
        return max(one.get_verification_result(role, payload, signatures).missing for one in holders)

    def admit(self) -> tuple[str, ...]:
        """Make public what has enough signatures; return the roles.

        Whoever names keys waits until what they sign is signed by them: between the two no device could verify it.
        """
        ready: dict[str, Metadata[Any]] = {}
        for role in OFFLINE:
            if path := self.awaited(role):
                metadata = with_signatures(path)
                if not self.lacks(role, metadata, self._named_by(role, ready)):
                    ready[role] = metadata
        for by, role in (("root", "targets"), ("targets", "releases")):
            if by in ready and role not in ready and self.lacks(role, self.now(role), ready[by].signed):
                return ()
        for role, metadata in ready.items():
            self.keep(role, metadata)
            for file in self.waiting.glob(f"*.{role}.json*"):
                file.unlink()
        return tuple(ready)

    def keep(self, role: str, metadata: "Metadata[Any]") -> None:
        """Make metadata public."""
        self.metadata.mkdir(parents=True, exist_ok=True)
        name = "timestamp.json" if role == "timestamp" else f"{metadata.signed.version}.{role}.json"
        write(self.metadata / name, metadata.to_bytes())

    def _next_named_by(self, role: str) -> "Root | Targets":
        by = "targets" if role in DELEGATED else "root"
        path = self.awaited(by)
        return cast("Root | Targets", (_read(path) if path else self.now(by)).signed)

    def _named_by(self, role: str, ready: "Mapping[str, Metadata[Any]]") -> "Root | Targets":
        by = "targets" if role in DELEGATED else "root"
        return cast("Root | Targets", ready.get(by, self.now(by)).signed)


def expiry(role: str, now: datetime) -> datetime:
    """Return until when a signature of today is good."""
    return (now + VALID[role]).replace(microsecond=0)


def sign(path: Path, signer: CryptoSigner) -> Path:
    """Leave one signature of waiting metadata beside it. Needs nothing else: it can be done on a machine of its own."""
    payload = _read(path).signed_bytes
    signature = signer.sign(payload)
    beside = path.with_name(f"{path.name}.{signature.keyid[:8]}.sig")
    write(beside, json.dumps({"keyid": signature.keyid, **signature.to_dict()}).encode())
    return beside


def with_signatures(path: Path) -> "Metadata[Any]":
    """Read what waits, with the signatures that have come."""
    metadata = _read(path)
    for signature in _signatures(path):
        metadata.signatures[signature.keyid] = signature
    return metadata


def _signatures(path: Path) -> Iterator[Signature]:
    for file in sorted(path.parent.glob(f"{path.name}.*.sig")):
        try:
            yield Signature.from_dict(json.loads(file.read_bytes()))
        except (ValueError, KeyError) as error:
            raise InputError(f"{file} is no signature", hint="Sign again, and bring the file anew.") from error


def _read(path: Path) -> "Metadata[Any]":
    try:
        return Metadata[Any].from_file(str(path))
    except (RepositoryError, StorageError) as error:
        raise InputError(f"{path} is no metadata: {error}") from error
