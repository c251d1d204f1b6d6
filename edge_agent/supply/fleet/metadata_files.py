"""The updater's metadata on the disk: durable, mended after a power cut, in one process's hands at a time."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from edge_agent.base.errors import NetworkError
from edge_agent.supply.fleet import durable

FOLDER = "trust"
"""Below the generations' own."""

ROLES = ("root", "timestamp", "snapshot", "targets", "releases", "rollout")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep a second updater out; NetworkError (try again later) for whoever comes second."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise NetworkError(f"somebody else is at work in {folder}", hint="Try again later.") from error
        yield


def mend(folder: Path) -> None:
    """Throw away metadata that a power cut left empty or torn; the floors remember what it was."""
    for path in _metadata(folder):
        try:
            json.loads(path.read_bytes())
        except (ValueError, OSError, RecursionError):
            path.unlink(missing_ok=True)


def make_durable(folder: Path) -> None:
    """Bring to the disk what python-tuf wrote."""
    for path in _metadata(folder):
        if path.exists():
            durable.flush(path)
    for place in (folder / "root_history", folder):
        if place.exists():
            durable.flush_folder(place)


def expiries(folder: Path) -> dict[str, int]:
    """Return when what each role signed is to be trusted no more, seconds since 1970; leave out what can't be read."""
    found = {}
    for role in ROLES:
        try:
            expires = json.loads((folder / f"{role}.json").read_bytes())["signed"]["expires"]
            found[role] = int(datetime.fromisoformat(expires).timestamp())
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue
    return found


def _metadata(folder: Path) -> list[Path]:
    return [*folder.glob("*.json"), *folder.glob("root_history/*.json")]
