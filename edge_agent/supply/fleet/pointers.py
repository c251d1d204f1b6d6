"""Which generation of models the agent runs, in one small file that is replaced in one step. Standard library only.

    root/pointers.json       what this module reads and writes
    root/<counter>-<hash>/   a sealed generation: release.json and a folder for each component
    root/<…>.tmp/            one that is being made
    root/<…>.gone/           one that is being deleted

A generation is on trial while `current` is not `good`. There is no state between two pointers, because there is only
one file. Without it, or with one that can't be read, the models that were pulled are used.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from edge_agent.supply.fleet import durable

FILE = "pointers.json"
MANIFEST = "release.json"


@dataclass(frozen=True, slots=True)
class Pointers:
    """Generations by name; empty stands for the models that were pulled."""

    current: str = ""
    """What the agent loads."""
    good: str = ""
    """What was last found good."""
    before: str = ""
    """What was good before that; it stays on the disk."""
    attempts: int = 0
    """Starts of the agent since the trial began."""
    back_from: str = ""
    """What the boot guard last took back."""
    reason: str = ""
    """Why it did."""

    @property
    def on_trial(self) -> bool:
        """Whether `current` has yet to prove itself."""
        return self.current != self.good


def read(root: Path) -> Pointers:
    """Return the pointers; those of a device that never had a release, if they can't be read."""
    try:
        table = json.loads((root / FILE).read_text(encoding="utf-8"))
        pointers = Pointers(**{field.name: table[field.name] for field in fields(Pointers)})
    except (OSError, ValueError, TypeError, KeyError):
        return Pointers()
    names = (pointers.current, pointers.good, pointers.before)
    plain = all(isinstance(name, str) and Path(name).name == name != ".." for name in names)
    return pointers if plain and type(pointers.attempts) is int else Pointers()


def write(root: Path, pointers: Pointers) -> None:
    """Replace the pointers."""
    durable.write(root / FILE, json.dumps(asdict(pointers)).encode())


@contextmanager
def changing(root: Path) -> Iterator[None]:
    """Keep others from changing the pointers between reading and writing; nobody holds this for long."""
    with (root / ".pointers.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_whole(folder: Path) -> bool:
    """Whether every file of a sealed generation is there in its full size; does not read them."""
    try:
        release = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        for component in release["components"]:
            for file in component["files"]:
                found = os.lstat(folder / component["name"] / file["path"])
                if found.st_size != file["size"]:
                    return False
    except (OSError, ValueError, TypeError, KeyError):
        return False
    return True
