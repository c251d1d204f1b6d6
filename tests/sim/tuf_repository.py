"""A repository of The Update Framework in memory, that can be published as its owner would or as an attacker would.

Attributes are edited, then `publish` signs and makes public what they say: nothing is checked here. `Repository.serve`
puts it on loopback and counts what is asked. Keys are made once for all tests.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import quote, unquote

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from tests.sim.loopback import Quiet, served

TOP = ("targets", "snapshot", "timestamp", "root")
MAKERS = {
    "ed25519": CryptoSigner.generate_ed25519,
    "ecdsa": CryptoSigner.generate_ecdsa,
    "rsa": CryptoSigner.generate_rsa,
}


@cache
def key(number: int, kind: str = "ed25519") -> CryptoSigner:
    """Return the `number`th key of a kind."""
    return MAKERS[kind]()


class Repository:
    """Roles, their signers, and what has been made public."""

    def __init__(self) -> None:
        self.expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
        self.roles: dict[str, Metadata] = {
            "targets": Metadata(Targets(expires=self.expires)),
            "snapshot": Metadata(Snapshot(expires=self.expires)),
            "timestamp": Metadata(Timestamp(expires=self.expires)),
            "root": Metadata(Root(expires=self.expires)),
        }
        self.signers: dict[str, list[CryptoSigner]] = defaultdict(list)
        self.public: dict[str, bytes] = {}
        """By address below the repository."""
        self.hashes = False
        """Whether snapshot and timestamp say the hash of what they name."""
        self.asked: list[str] = []
        self._keys = 0
        for role in TOP:
            self.add_key(role)
        self.publish(*TOP, bump=False)

    @property
    def root(self) -> Root:
        return self.roles["root"].signed

    @property
    def timestamp(self) -> Timestamp:
        return self.roles["timestamp"].signed

    @property
    def snapshot(self) -> Snapshot:
        return self.roles["snapshot"].signed

    @property
    def targets(self) -> Targets:
        return self.roles["targets"].signed

    def new_key(self, kind: str = "ed25519") -> CryptoSigner:
        self._keys += 1
        return key(self._keys, kind)

    def add_key(
        self, role: str, kind: str = "ed25519", delegator: str = "root", signer: CryptoSigner | None = None
    ) -> CryptoSigner:
        """Name a further key for a role, and sign with it from now on."""
        signer = signer or self.new_key(kind)
        self.roles[delegator].signed.add_key(signer.public_key, role)
        self.signers[role].append(signer)
        return signer

    def rotate(self, role: str) -> None:
        """Name another key instead of the role's keys."""
        self.root.roles[role].keyids.clear()
        self.signers[role].clear()
        self.add_key(role)

    def delegate(self, name: str, paths: list[str], by: str = "targets", *, terminating: bool = False) -> Targets:
        """Let `by` delegate paths to another role."""
        delegator = self.roles[by].signed
        if delegator.delegations is None:
            delegator.delegations = Delegations({}, roles={})
        delegator.delegations.roles[name] = DelegatedRole(name, [], 1, terminating, paths)
        if name in self.roles:
            for signer in self.signers[name]:
                delegator.add_key(signer.public_key, name)
        else:
            self.roles[name] = Metadata(Targets(expires=self.expires))
            self.add_key(name, delegator=by)
        return self.roles[name].signed

    def add_target(self, path: str, data: bytes, role: str = "targets", custom: dict | None = None) -> TargetFile:
        """Let a role vouch for a file, and make the file public."""
        target = TargetFile.from_data(path, data, ["sha256"])
        if custom:
            target.unrecognized_fields["custom"] = custom
        self.roles[role].signed.targets[path] = target
        self.put(target, data)
        return target

    def put(self, target: TargetFile, data: bytes) -> None:
        """Make bytes public under a target's address, whether they are its or not."""
        folder, slash, name = target.path.rpartition("/")
        prefix = f"{target.hashes['sha256']}." if self.root.consistent_snapshot else ""
        self.public[f"targets/{folder}{slash}{prefix}{name}"] = data

    def publish(self, *roles: str, bump: bool = True) -> None:
        """Sign roles and make them public; those that are named by snapshot or timestamp are entered there."""
        for role in roles:
            self.roles[role].signed.version += bump
            self.show(role, self.signed(role))

    def signed(self, role: str) -> bytes:
        """Return the role's metadata as it is now, signed by its keys."""
        metadata = self.roles[role]
        metadata.signatures.clear()
        for signer in self.signers[role]:
            metadata.sign(signer, append=True)
        return metadata.to_bytes()

    def address(self, role: str) -> str:
        """Return where the role's metadata lies, in the version that it has now."""
        versioned = role == "root" or (role != "timestamp" and self.root.consistent_snapshot)
        version = f"{self.roles[role].signed.version}." if versioned else ""
        return f"metadata/{version}{quote(role, '')}.json"

    def show(self, role: str, data: bytes) -> None:
        """Make bytes public as the role's metadata."""
        version = self.roles[role].signed.version
        self.public[self.address(role)] = data
        meta = MetaFile.from_data(version, data, ["sha256"]) if self.hashes else MetaFile(version)
        if role == "snapshot":
            self.timestamp.snapshot_meta = meta
        elif role not in ("root", "timestamp"):
            self.snapshot.meta[f"{role}.json"] = meta

    def release(self, *roles: str) -> None:
        """Publish roles with a new snapshot and timestamp."""
        self.publish(*roles, "snapshot", "timestamp")

    def hide(self, address: str) -> None:
        """Take a file away."""
        del self.public[address]

    def questions(self) -> list[tuple[str, int | None]]:
        """Return what metadata was asked for: role, quoted as it was, and version where the address names one."""
        names = [address[len("metadata/") : -len(".json")] for address in self.asked if address.startswith("metadata/")]
        parts = [name.partition(".") for name in names]
        return [(role, int(number)) if role and number.isdecimal() else (number, None) for number, _, role in parts]

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Serve it on loopback and yield its address, with a slash at the end."""
        repository = self

        class Handler(Quiet):
            def do_GET(self) -> None:
                path = self.path.lstrip("/")
                repository.asked.append(path)
                data = repository.public.get(path) or repository.public.get(unquote(path))
                self.send_response(404 if data is None else 200)
                self.send_header("content-length", str(len(data or b"")))
                self.end_headers()
                self.wfile.write(data or b"")

        with served(Handler) as port:
            yield f"http://127.0.0.1:{port}/"
