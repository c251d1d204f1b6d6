"""Making a workspace's `repo/` what devices see: here, in another folder, on a stick.

1. In the order in which nothing is ever missing: chunks, manifests and policies, then metadata, timestamp.json last.
2. What is there already with the same length is not written again, so that publishing costs what changed. Only
   timestamp.json is ever replaced.
3. A file has its name when it is whole. Two who publish at once would number the same version twice; the second one is
   told to come back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import TargetFile

from edge_agent.base.errors import InputError
from edge_agent.fleet import founding
from edge_agent.fleet.releasing import put
from edge_agent.fleet.workspace import VALID, Workspace
from edge_agent.supply.fleet import policy as rollout
from edge_agent.supply.fleet.durable import write
from edge_agent.supply.fleet.metadata_files import locked
from edge_agent.supply.fleet.policy import Policy, Signed

TIMESTAMP = "timestamp.json"


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did."""

    admitted: tuple[str, ...]
    """Roles that had enough signatures."""
    waiting: tuple[str, ...]
    """What waits for signatures: its own, or those of the role whose keys it names."""
    expiring: tuple[str, ...]
    """Roles that are good for less than a quarter of their time."""
    files: int
    """That were written to the other folder."""
    bytes: int


def publish(
    space: Workspace, online: CryptoSigner, ops: CryptoSigner | None, now: datetime, to: Path | None
) -> Published:
    """Admit what is signed, say that it is the newest, and bring it to `to`."""
    with locked(space.folder):
        admitted = space.admit()
        _renew_rollout(space, ops, now)
        founding.stamp(space, online, now)
    waiting = tuple(path.name for path in sorted(space.waiting.glob("*.json")))
    written = [_bring(path, space.repo, to) for path in in_order(space.repo)] if to else []
    expiring = tuple(role for role in VALID if space.now(role).signed.expires - now < VALID[role] / 4)
    return Published(admitted, waiting, expiring, sum(size > 0 for size in written), sum(written))


def policy_of(space: Workspace, channel: str) -> Policy:
    """Return a channel's policy; an empty one where there is none yet."""
    target = space.now("rollout").signed.targets.get(f"channels/{channel}.json")
    if target is None:
        return Policy(channel)
    path = space.repo / "targets" / "channels" / f"{target.hashes['sha256']}.{channel}.json"
    return rollout.parse(path.read_bytes(), channel)


def set_policy(space: Workspace, policy: Policy, ops: CryptoSigner, now: datetime) -> None:
    """Sign a channel's policy; it counts from the next `publish` on."""
    data = rollout.encode(policy)
    rollout.parse(data, policy.channel)
    target = TargetFile.from_data(f"channels/{policy.channel}.json", data, ["sha256"])
    with locked(space.folder):
        targets = {**space.now("rollout").signed.targets, target.path: target}
        put(space, target, data)
        _sign_rollout(space, ops, now, targets)


def releases(space: Workspace) -> dict[str, Signed]:
    """Return the releases that are vouched for, by sha256."""
    found: dict[str, Signed] = {}
    for path, target in space.now("releases").signed.targets.items():
        sha256 = target.hashes["sha256"]
        said = target.custom
        found[sha256] = Signed(sha256, said["counter"], said["barrier"], path, target.length)
    return found


def release_called(space: Workspace, name: str) -> Signed:
    """Find a vouched release by its name and version (`spring-1.4.0`), or by the beginning of its sha256."""
    for one in releases(space).values():
        if one.path == f"releases/{name}.json" or (len(name) >= 8 and one.sha256.startswith(name)):
            return one
    raise InputError(
        f"no release {name} is signed", hint="`edge-fleet status` lists them; `publish` admits signed ones."
    )


def in_order(repo: Path) -> Iterator[Path]:
    """Yield the files of a repository in the order in which they may become public."""
    for folder in ("chunks", "targets"):
        yield from sorted(path for path in (repo / folder).rglob("*") if path.is_file())
    metadata = sorted((repo / "metadata").glob("*.*.json"), key=lambda path: (int(path.name.split(".")[0]), path.name))
    yield from metadata
    yield repo / "metadata" / TIMESTAMP


def _renew_rollout(space: Workspace, ops: CryptoSigner | None, now: datetime) -> None:
    metadata = space.now("rollout")
    signed = not space.lacks("rollout", metadata)
    if signed and metadata.signed.expires - now > VALID["rollout"] / 2:
        return
    if ops:
        _sign_rollout(space, ops, now, metadata.signed.targets)
    elif not signed or metadata.signed.expires <= now:
        raise InputError("the rollout must be signed anew", hint="Name the operations key with --ops.")


def _sign_rollout(space: Workspace, ops: CryptoSigner, now: datetime, targets: dict[str, TargetFile]) -> None:
    metadata = space.draft("rollout", now)
    metadata.signed.targets = targets
    metadata.sign(ops)
    if space.lacks("rollout", metadata):
        raise InputError("this is not the key that may sign rollouts", hint="Name the operations key with --ops.")
    space.keep("rollout", metadata)


def _bring(path: Path, repo: Path, to: Path) -> int:
    """Write a file below another folder unless it is there; return the bytes that this took."""
    place = to / path.relative_to(repo)
    size = path.stat().st_size
    if place.exists() and place.stat().st_size == size and path.name != TIMESTAMP:
        return 0
    place.parent.mkdir(parents=True, exist_ok=True)
    write(place, path.read_bytes())  # nothing here is larger than a chunk or a manifest
    return size
