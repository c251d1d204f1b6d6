"""Keys as files: ed25519, PEM, readable by their owner only, encrypted where there is a passphrase.

1. A key file is made once and never overwritten, nor is its public half, whose own key may be far away. Where it can't
   be made whole, nothing of it stays.
2. A key that others may read is refused, unless it is encrypted.
3. The passphrase comes from the environment variable EDGE_FLEET_PASSPHRASE, never from an argument, which `ps` shows.
"""

import json
import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner, Key

from edge_agent.base.errors import AccessError, InputError, OutputError

PASSPHRASE = "EDGE_FLEET_PASSPHRASE"
KEEP_AWAY = 0o077
"""What others may do with a file."""


def passphrase() -> bytes | None:
    """Return the passphrase of the environment, if there is one."""
    return os.environ.get(PASSPHRASE, "").encode() or None


def create(path: Path, secret: bytes | None = None) -> CryptoSigner:
    """Make a key, and its public half beside it as `.pub`."""
    key = Ed25519PrivateKey.generate()
    lock = BestAvailableEncryption(secret) if secret else NoEncryption()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for there in (path, _public(path)):
        if there.exists():
            raise OutputError(f"{there} is there already", hint="A key is never overwritten: name another file.")
    signer = CryptoSigner(key)
    public = {"keyid": signer.public_key.keyid, **signer.public_key.to_dict()}
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
        _public(path).write_text(json.dumps(public) + "\n")
    except BaseException:
        discard(path)
        raise
    return signer


def discard(path: Path) -> None:
    """Delete a key that nothing was signed with, and its public half."""
    path.unlink(missing_ok=True)
    _public(path).unlink(missing_ok=True)


def load(path: Path, secret: bytes | None = None) -> CryptoSigner:
    """Read a key; InputError or AccessError say why it can't be used."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path} is not there", hint="Bring the key, or name another with --key.") from error
    encrypted = b"ENCRYPTED" in data
    if not encrypted and stat.S_IMODE(path.stat().st_mode) & KEEP_AWAY:
        raise AccessError(f"others may read {path}", hint=f"`chmod 600 {path}`, and think about who has read it.")
    try:
        key = load_pem_private_key(data, secret if encrypted else None)
        return CryptoSigner(key)
    except (TypeError, ValueError) as error:
        hint = f"Set {PASSPHRASE} to its passphrase." if encrypted else "Name a PEM file."
        raise InputError(f"{path} can't be read as a key", hint=hint) from error


def load_public(path: Path) -> Key:
    """Read a public key that `create` left."""
    try:
        table = json.loads(path.read_bytes())
        return Key.from_dict(table.pop("keyid"), table)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path} is no public key", hint="Name the .pub file that came with the key.") from error


def _public(path: Path) -> Path:
    return path.with_suffix(".pub")
