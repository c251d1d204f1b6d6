"""The generations of models on this device: made beside each other, sealed, leased while somebody uses them, deleted.

1. A generation is made in a folder with a name of its own (`.tmp`), in files that have their full size from the start:
   a disk that is too small says so before anything is fetched.
2. It gets its name when every byte was read back from the disk and found right, and nothing else was found. From then
   on nothing in it changes.
3. Whoever loads one holds its lease. What is leased is not deleted.
"""

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from edge_agent.base.errors import ModelError
from edge_agent.supply.fleet import durable, pointers, vouching
from edge_agent.supply.fleet.manifest import parse
from edge_agent.supply.fleet.release import MANIFEST, Release

_READ_BYTES = 1 << 20
_MAKING = ".tmp"
_GONE = ".gone"


class Generations:
    """All of them, below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, name: str) -> Path:
        """Where a sealed generation lies."""
        return self.root / name

    def making(self, name: str) -> Path:
        """Where it is made."""
        return self.root / (name + _MAKING)

    def is_sealed(self, name: str) -> bool:
        """Whether it is there, by names and sizes."""
        return bool(name) and pointers.is_whole(self.folder(name))

    def sealed(self) -> list[str]:
        """Name those that are there, the highest counter first."""
        found = [path.parent.name for path in self.root.glob(f"*/{MANIFEST}") if not path.parent.suffix]
        return sorted(found, key=lambda name: -int(name.split("-")[0]))

    def release(self, name: str) -> Release:
        """Return what is in a generation; ModelError if it can't be said."""
        try:
            return parse((self.folder(name) / MANIFEST).read_bytes())
        except FileNotFoundError as error:
            raise ModelError(f"there is no generation {name}", hint="See `edge-agent models generations`.") from error

    def reserve(self, release: Release, keep_free: int) -> None:
        """Make every file of it, empty but in its full size; OSError (ENOSPC) unless `keep_free` bytes stay free."""
        if self.is_sealed(release.id):
            return
        files = [(self.making(release.id) / path, file.size) for path, file in release.files()]
        missing = sum(size - _allocated(path) for path, size in files)
        durable.make_folder(self.root)
        free = shutil.disk_usage(self.root).free
        if missing + keep_free > free:
            lack = -(-(missing + keep_free - free) // 1_000_000)
            raise OSError(errno.ENOSPC, f"{lack} MB more must be free below {self.root}")
        for path, size in files:
            durable.make_folder(path.parent)
            with path.open("ab") as file:
                durable.point(f"reserve {path.name}")
                if size:
                    os.posix_fallocate(file.fileno(), 0, size)
                os.truncate(file.fileno(), size)

    def verify(self, release: Release) -> None:
        """Read every byte of what was made, from the disk; ModelError if anything is wrong, missing or too much."""
        if self.is_sealed(release.id):
            return
        folder = self.making(release.id)
        expected = dict(release.files())
        for path in _everything(folder):
            name = str(path.relative_to(folder))
            if path.is_symlink() or name not in expected:
                raise ModelError(f"{name} is no part of the release")
        for name, file in expected.items():
            if _hash(folder / name) != file.sha256:
                raise ModelError(f"{name} has other bytes than the release says")

    def seal(self, release: Release, manifest: bytes, evidence: bytes = b"") -> None:
        """Give what was verified its name, and put beside it what its signatures rest on."""
        if self.is_sealed(release.id):
            return
        folder = self.making(release.id)
        for path, _ in release.files():
            (folder / path).chmod(0o444)
        durable.write(folder / MANIFEST, manifest)
        durable.write(folder / vouching.FILE, evidence)
        durable.flush_tree(folder)
        if self.folder(release.id).exists():
            durable.delete(self.folder(release.id))  # it was damaged; whoever has it open keeps what he has
        durable.move(folder, self.folder(release.id))

    def discard(self, name: str) -> None:
        """Take away what there is of it, unless somebody uses it."""
        for path in (self.making(name), self.folder(name)):
            if path.exists():
                with self._alone(name) as alone:
                    if alone:
                        durable.delete(path)

    def collect(self, keep: Collection[str]) -> None:
        """Delete everything that is neither kept nor leased, and what is half deleted."""
        for path in self.root.iterdir():
            if path.suffix == _GONE:
                durable.delete(path)
            elif path.is_dir() and path.name.removesuffix(_MAKING) not in keep and path.name[:1].isdigit():
                self.discard(path.name.removesuffix(_MAKING))

    @contextmanager
    def lease(self, name: str) -> Iterator[Path]:
        """Keep a generation on the disk while it is used; ModelError if it isn't there."""
        with self._lease_file(name) as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            if not self.is_sealed(name):
                raise ModelError(f"the generation {name} is not whole", hint="Run `edge-agent update rollback`.")
            yield self.folder(name)

    def is_leased(self, name: str) -> bool:
        """Whether somebody uses it."""
        with self._alone(name) as alone:
            return not alone

    @contextmanager
    def _alone(self, name: str) -> Iterator[bool]:
        with self._lease_file(name) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    @contextmanager
    def _lease_file(self, name: str) -> Iterator[BinaryIO]:
        leases = self.root / "leases"
        leases.mkdir(parents=True, exist_ok=True)
        with (leases / name).open("ab") as file:
            yield file


def _allocated(path: Path) -> int:
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0
    return min(found.st_size, found.st_blocks * 512)


def _everything(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_symlink() or not path.is_dir():
            yield path


def _hash(path: Path) -> str:
    """Return the sha256 of what is on the disk, not of what the kernel remembers of it."""
    sha256 = hashlib.sha256()
    try:
        with path.open("r+b") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            while data := file.read(_READ_BYTES):
                sha256.update(data)
    except FileNotFoundError:
        return ""
    return sha256.hexdigest()
