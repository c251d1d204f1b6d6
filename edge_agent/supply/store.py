"""The folder that holds the models: what is there, what is missing, what is damaged.

::

    root/<model>/<file>                  whole and verified: nothing else ever gets a name here
    root/.partial/<model>/<file>-<hash>  on its way; the hash keeps two versions of a file apart
    root/.partial/wheels/                wheels on their way
    root/.lock                           held by whoever changes anything

1. `folder` and `state` look at names and sizes only: they are asked at every start.
2. `damaged` reads every byte. It reports and changes nothing.
3. One process changes the store at a time. A second one waits, and gives up after a while.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from edge_agent.base.errors import AccessError, EdgeAgentError, ModelError, NetworkError, OutputError
from edge_agent.supply.catalogue import File, Model

READ_BYTES = 1 << 20

_LOCK_POLL_S = 0.1


class State(StrEnum):
    """How much of a model is here, by names and sizes."""

    INSTALLED = "installed"
    PARTIAL = "partial"  # some of it, or a part on its way
    DAMAGED = "damaged"  # a file has the wrong size
    MISSING = "missing"


class Store:
    """The models below `root`, which need not exist."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, model: Model) -> Path:
        """Say where the whole model lies; raise a `ModelError` that names what is missing."""
        if self.state(model) is State.MISSING:
            raise ModelError(
                f"the model {model.name} is not in {self.root}",
                hint=f"`edge-agent models pull {model.name}` fetches it; without a name, all that the settings use.",
            )
        lacking = [f"{file.name} is {word}" for file in model.files if (word := self._fault(model, file))]
        if lacking:
            raise ModelError(
                f"the model {model.name} is not whole in {self.root}: {', '.join(lacking)}",
                hint=f"`edge-agent models pull {model.name}` fetches it.",
            )
        return self.root / model.name

    def state(self, model: Model) -> State:
        """Say how much of the model is here."""
        faults = [self._fault(model, file) for file in model.files]
        if not any(faults):
            return State.INSTALLED
        if any(fault not in ("", "missing") for fault in faults):
            return State.DAMAGED
        begun = any(self.partial(model, file).exists() for file in model.files)
        return State.PARTIAL if begun or not all(faults) else State.MISSING

    def damaged(self, model: Model) -> dict[str, str]:
        """Read every file of the model and say what is wrong with which: an empty answer is a whole model."""
        faults: dict[str, str] = {}
        for file in model.files:
            fault = self._fault(model, file)
            if not fault and hash_of(self.path(model, file)).hexdigest() != file.sha256:
                fault = "damaged: its bytes are not the catalogue's"
            if fault:
                faults[file.name] = fault
        return faults

    def remove(self, model: Model) -> int:
        """Delete the model and whatever of it was on its way; return the bytes that this freed."""
        folders = (self.root / model.name, self.root / ".partial" / model.name)
        freed = sum(file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file())
        for folder in folders:
            if folder.exists():
                with plainly(folder):
                    shutil.rmtree(folder)
        return freed

    def path(self, model: Model, file: File) -> Path:
        """Where the file lies once it is verified."""
        return self.root / model.name / file.name

    def partial(self, model: Model, file: File) -> Path:
        """Where the file grows until then."""
        return self.root / ".partial" / model.name / f"{file.name}-{file.sha256[:12]}"

    @property
    def wheels(self) -> Path:
        """Where wheels lie until everything has been taken out of them."""
        return self.root / ".partial" / "wheels"

    @contextmanager
    def locked(self, wait_s: float, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Keep other processes from changing the store; wait for one that does."""
        with plainly(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            lock = (self.root / ".lock").open("a")
        with lock:
            deadline = time.monotonic() + wait_s
            told = False
            while not _try_lock(lock.fileno()):
                if time.monotonic() >= deadline:
                    raise NetworkError(
                        f"another process is changing the models in {self.root}", hint="Try again later."
                    )
                if not told:
                    on_wait()
                    told = True
                time.sleep(_LOCK_POLL_S)
            yield  # the kernel lets go of the lock when the file is closed, or the process dies

    def _fault(self, model: Model, file: File) -> str:
        try:
            size = self.path(model, file).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return "missing"
        except PermissionError as error:
            raise AccessError(
                f"{error.filename} may not be looked at", hint="Give this user the right to read it."
            ) from error
        return "" if size == file.size else f"{size} bytes long instead of {file.size}"


def hash_of(path: Path) -> "hashlib._Hash":
    """SHA-256 of all bytes of the file, open to more."""
    sha256 = hashlib.sha256()
    with plainly(path), path.open("rb") as file:
        while block := file.read(READ_BYTES):
            sha256.update(block)
    return sha256


def settle(partial: Path, path: Path) -> None:
    """Give a verified file its name so that it keeps it through a power cut."""
    path.parent.mkdir(exist_ok=True)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)
    for folder in (path.parent, path.parent.parent):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def plainly(path: Path) -> Iterator[None]:
    """Turn what the operating system says about `path` into one of our errors."""
    try:
        yield
    except OSError as error:
        raise in_our_words(error, path) from error


def in_our_words(error: OSError, path: Path) -> EdgeAgentError:
    """The same error as one that says what to do."""
    where = error.filename or path
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return OutputError(
                f"the disk is full below {path}", hint="Free some space, or set `models.folder` to another disk."
            )
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return AccessError(
                f"{where} may not be changed or read", hint="Check its owner, or set `models.folder` to another place."
            )
        case _:
            return OutputError(f"{where}: {error.strerror}", hint="Set `models.folder` to another place.")


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
