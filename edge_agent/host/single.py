"""One agent per device: two that listen to the same room would both answer, and each the other."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge_agent.base.errors import AccessError, BusyError

FILE = "agent.lock"
"""In the runtime folder. It stays; the lock on it goes with the process, however that ends."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only one meanwhile. BusyError when another one is, AccessError where the lock can't be made."""
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise AccessError(f"{path} can't be made: {error.strerror}", hint="Run as the folder's owner.") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            whose = os.pread(handle, 20, 0).decode(errors="replace").strip() or "unknown"
            hint = "End that one first; as a service: `systemctl stop edge-agent`, or with --user."
            raise BusyError(f"another agent runs on this device already (process {whose})", hint=hint) from None
        with suppress(OSError):  # On a full disk nobody learns who it is; that stops no agent.
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)
