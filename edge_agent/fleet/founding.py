"""A fleet's first day, and its keys after that: who signs what, and how a key is replaced.

======== ============================ =========== ==================================================================
role     keys                         threshold   signs
======== ============================ =========== ==================================================================
root     root-1, root-2, root-3       2, offline  who may sign what
targets  the same                     2, offline  who may sign releases and rollouts
releases release-1, -2, -3            2, offline  which models exist
rollout  ops                          1           which of them goes to whom, and when
snapshot online                       1, online   which metadata belongs together
timestamp online                      1, online   that this is the newest
======== ============================ =========== ==================================================================
"""

import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner, Key
from tuf.api.metadata import DelegatedRole, Delegations, Metadata, MetaFile, Root, Snapshot, Targets, Timestamp

from edge_agent.base.errors import InputError, OutputError
from edge_agent.fleet import keys
from edge_agent.fleet.workspace import DELEGATED, OFFLINE, VALID, Workspace, expiry

NAMES = {
    "root": ("root-1", "root-2", "root-3"),
    "releases": ("release-1", "release-2", "release-3"),
    "rollout": ("ops",),
    "online": ("online",),
}
THRESHOLD = 2
"""Of three: one lost key stops nobody, one stolen key lets nobody in."""
ONLINE = ("snapshot", "timestamp")


def found(space: Workspace, now: datetime, secret: bytes | None) -> Path:
    """Begin a fleet: make all keys, sign everything once, and return the root to plant on devices.

    Where that can't be done to its end, nothing of it stays: half a fleet could be neither used nor begun again.
    """
    if space.metadata.exists():
        raise OutputError(f"{space.folder} is a fleet already", hint="Name another folder.")
    with ExitStack() as undo:
        made: dict[str, list[CryptoSigner]] = {}
        for name, ones in NAMES.items():
            for one in ones:
                path = space.keys / f"{one}.pem"
                made.setdefault(name, []).append(keys.create(path, secret))
                undo.callback(keys.discard, path)
        undo.callback(shutil.rmtree, space.metadata, ignore_errors=True)
        _sign(space, made, now)
        undo.pop_all()
    return space.metadata / "1.root.json"


def _sign(space: Workspace, made: Mapping[str, list[CryptoSigner]], now: datetime) -> None:
    root = Root(expires=expiry("root", now))
    holders = {"root": made["root"], "targets": made["root"], "snapshot": made["online"], "timestamp": made["online"]}
    for role, signers in holders.items():
        for signer in signers:
            root.add_key(signer.public_key, role)
        root.roles[role].threshold = THRESHOLD if role in OFFLINE else 1
    delegated: dict[str, DelegatedRole] = {}
    targets = Targets(expires=expiry("targets", now), delegations=Delegations({}, roles=delegated))
    for role, paths in DELEGATED.items():
        threshold = THRESHOLD if role in OFFLINE else 1
        delegated[role] = DelegatedRole(role, [], threshold, terminating=True, paths=paths)
        for signer in made[role]:
            targets.add_key(signer.public_key, role)
    begun: list[tuple[str, Metadata[Any], list[CryptoSigner]]] = [
        ("root", Metadata(root), made["root"]),
        ("targets", Metadata(targets), made["root"]),
        ("releases", Metadata(Targets(expires=expiry("releases", now))), made["releases"]),
        ("rollout", Metadata(Targets(expires=expiry("rollout", now))), made["rollout"]),
    ]
    for role, metadata, signers in begun:
        for signer in signers:
            metadata.sign(signer, append=True)
        space.keep(role, metadata)
    stamp(space, made["online"][0], now)


def replace(space: Workspace, role: str, out: str, new: Key, now: datetime) -> list[Path]:
    """Let a new key stand for an old one, from the next signature on; return what waits to be signed for that.

    `role` is one of root, releases, rollout, online; `out` begins the id of the old key, or is empty where it was the
    only one. Root's keys sign for targets, too.
    """
    delegator = "targets" if role in DELEGATED else "root"
    metadata = space.draft(delegator, now)
    names = {"root": ("root", "targets"), "online": ONLINE}.get(role, (role,))
    held = metadata.signed.get_delegated_role(names[0]).keyids
    leaving = [keyid for keyid in held if keyid.startswith(out)]
    if len(leaving) != 1:
        raise InputError(f"{out!r} is not the beginning of one of the keys of {role}: {', '.join(held)}")
    for name in names:
        metadata.signed.revoke_key(leaving[0], name)
        metadata.signed.add_key(new, name)
    waits = [space.stage(delegator, metadata)]
    # What the old key signed must be signed by the new one, or devices would miss a signature.
    for again in ("targets",) if role == "root" else ("releases",) if role == "releases" else ():
        waits.append(space.stage(again, space.draft(again, now)))
    return waits


def stamp(space: Workspace, online: CryptoSigner, now: datetime) -> bool:
    """Say what is newest, if that has changed or grows old; return whether snapshot changed."""
    root = space.now("root").signed
    before = space.public("snapshot")
    snapshot = before.signed if before else Snapshot(expires=expiry("snapshot", now))
    versions = {role: space.now(role).signed.version for role in ("targets", *DELEGATED)}
    known = {name.removesuffix(".json"): meta.version for name, meta in snapshot.meta.items()}
    metadata = Metadata[Any](snapshot, dict(before.signatures) if before else {})
    held = root.get_verification_result("snapshot", metadata.signed_bytes, metadata.signatures)
    changed = known != versions or not held or _old(snapshot.expires, "snapshot", now)
    if changed:
        snapshot.version += bool(before)
        for role, version in versions.items():
            snapshot.meta[f"{role}.json"] = _meta(space, role, version)
        _renew(space, "snapshot", metadata, online, now)
    last = space.public("timestamp")
    timestamp = last.signed if last else Timestamp(expires=expiry("timestamp", now))
    timestamp.version += bool(last)
    timestamp.snapshot_meta = _meta(space, "snapshot", snapshot.version)
    _renew(space, "timestamp", Metadata(timestamp), online, now)
    return bool(changed)


def _renew(space: Workspace, role: str, metadata: "Metadata[Any]", online: CryptoSigner, now: datetime) -> None:
    metadata.signed.expires = expiry(role, now)
    metadata.sign(online)
    if not space.now("root").signed.get_verification_result(role, metadata.signed_bytes, metadata.signatures):
        raise InputError(f"this is not the key that may sign {role}", hint="Name the fleet's online key with --online.")
    space.keep(role, metadata)


def _meta(space: Workspace, role: str, version: int) -> MetaFile:
    return MetaFile.from_data(version, (space.metadata / f"{version}.{role}.json").read_bytes(), ["sha256"])


def _old(expires: datetime, role: str, now: datetime) -> bool:
    return expires - now < VALID[role] / 2
