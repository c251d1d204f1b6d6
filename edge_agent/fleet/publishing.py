"""Making a workspace's `repo/` what devices see: here, and wherever it is brought.

1. Nothing becomes public that is not signed by enough, and nothing is brought before it is public here.
2. A file has its name when it is whole. Two who publish at once would number the same version twice; the second one is
   told to come back. Bytes are brought outside of that, for they take long, and a stop must not wait for them.
"""

from dataclasses import dataclass
from datetime import datetime

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import TargetFile

from edge_agent.base.errors import InputError
from edge_agent.fleet import founding
from edge_agent.fleet.bringing import Brought, Place, bring_bytes, bring_metadata
from edge_agent.fleet.releasing import put
from edge_agent.fleet.workspace import VALID, Workspace
from edge_agent.supply.fleet import policy as rollout
from edge_agent.supply.fleet.metadata_files import locked
from edge_agent.supply.fleet.policy import Policy, Signed


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
    """That were brought elsewhere."""
    bytes: int


def publish(
    space: Workspace,
    online: CryptoSigner,
    ops: CryptoSigner | None,
    now: datetime,
    to: Place | None,
    *,
    again: bool = False,
) -> Published:
    """Admit what is signed, say that it is the newest, and bring it to `to`; `again` as in `bring_bytes`."""
    with locked(space.folder):
        admitted = space.admit()
        _renew_rollout(space, ops, now)
        founding.stamp(space, online, now)
    waiting = tuple(path.name for path in sorted(space.waiting.glob("*.json")))
    expiring = tuple(role for role in VALID if space.now(role).signed.expires - now < VALID[role] / 4)
    brought = _bring(space, to, again) if to else Brought(0, 0)
    return Published(admitted, waiting, expiring, brought.files, brought.bytes)


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


def _bring(space: Workspace, to: Place, again: bool) -> Brought:
    first = bring_bytes(space, to, again)
    with locked(space.folder):
        # Once more: a policy may have been signed and made public meanwhile.
        late, last = bring_bytes(space, to), bring_metadata(space, to)
    return Brought(first.files + late.files + last.files, first.bytes + late.bytes + last.bytes)
