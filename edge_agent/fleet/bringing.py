"""A fleet's repository, brought to where devices ask for it: a folder, a stick, an object store.

1. In the order in which nothing is ever missing: chunks, then the manifests and policies that name them, then metadata,
   then root, then timestamp.json. So a manifest that is there says that its chunks are there.
2. Only what public metadata vouches for. What waits for signatures stays at home.
3. It costs what changed: names are compared, and of a new release the chunks that no release there has. What an
   interrupted run brought is found and not brought again. Only timestamp.json is ever replaced.
4. It may be done twice, and by two at once.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge_agent.fleet.workspace import DELEGATED, Workspace
from edge_agent.supply.fleet.download import address
from edge_agent.supply.fleet.durable import write
from edge_agent.supply.fleet.manifest import parse

TIMESTAMP = "metadata/timestamp.json"
AT_ONCE = 8
"""Chunks on their way: an object store far away answers each after a while, and takes them side by side."""


class Place(Protocol):
    """Where a repository is brought. A file that is there is there whole."""

    def listed(self, folder: str) -> Mapping[str, int]:
        """Return the names below a folder of it, `folder/…`, and their sizes in bytes."""

    def size(self, name: str) -> int | None:
        """Return the bytes of a file; None where it is not there."""

    def put(self, name: str, data: bytes) -> None:
        """Write a file, in place of what was there."""


class Folder:
    """A folder of this machine's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def listed(self, folder: str) -> Mapping[str, int]:
        """As in `Place`."""
        files = (path for path in (self._folder / folder).rglob("*") if path.is_file())
        return {str(path.relative_to(self._folder)): path.stat().st_size for path in files}

    def size(self, name: str) -> int | None:
        """As in `Place`."""
        path = self._folder / name
        return path.stat().st_size if path.exists() else None

    def put(self, name: str, data: bytes) -> None:
        """As in `Place`."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, data)


@dataclass(frozen=True, slots=True)
class Brought:
    """What it took."""

    files: int
    bytes: int


def bring_bytes(space: Workspace, to: Place, again: bool = False) -> Brought:
    """Bring what metadata may speak of: chunks, manifests, policies. Takes long where a release is new.

    `again` looks for every chunk instead of only those of releases that are not there: after a loss at the other end.
    """
    there = to.listed("targets")
    releases, policies = (list(_targets(space, role)) for role in DELEGATED)
    new = [path for path in releases if there.get(_name(space, path)) != path.stat().st_size]
    old = [path for path in releases if path not in new]
    held = set(to.listed("chunks")) if again else set(_chunks(old))
    wanted = dict.fromkeys(name for name in _chunks(releases if again else new) if name not in held)
    missing = [path for path in policies if there.get(_name(space, path)) != path.stat().st_size]
    return _added(_bring_chunks(space, to, wanted), *(_put(space, to, path) for path in (*new, *missing)))


def bring_metadata(space: Workspace, to: Place) -> Brought:
    """Bring the metadata, and say last what is newest; the workspace must not change meanwhile."""
    there = to.listed("metadata")
    # A device that knows a new root believes no timestamp of the old one's: the two come right after one another.
    paths = sorted(space.metadata.glob("*.*.json"), key=lambda path: (path.name.endswith(".root.json"), _count(path)))
    new = [path for path in paths if there.get(_name(space, path)) != path.stat().st_size]
    return _added(*(_put(space, to, path) for path in (*new, space.repo / TIMESTAMP)))


def _targets(space: Workspace, role: str) -> Iterator[Path]:
    for path, target in space.now(role).signed.targets.items():
        folder, _, name = path.rpartition("/")
        yield space.repo / "targets" / folder / f"{target.hashes['sha256']}.{name}"


def _chunks(manifests: Iterable[Path]) -> Iterator[str]:
    for path in manifests:
        for _, file in parse(path.read_bytes()).files():
            yield from (address(chunk.sha256) for chunk in file.chunks)


def _bring_chunks(space: Workspace, to: Place, names: Iterable[str]) -> Brought:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [pool.submit(_bring_chunk, space, to, name) for name in names]
        try:
            return _added(*(job.result() for job in jobs))
        except BaseException:
            pool.shutdown(cancel_futures=True)  # the first failure is enough
            raise


def _bring_chunk(space: Workspace, to: Place, name: str) -> Brought:
    path = space.repo / name
    return Brought(0, 0) if to.size(name) == path.stat().st_size else _put(space, to, path)


def _put(space: Workspace, to: Place, path: Path) -> Brought:
    data = path.read_bytes()  # nothing here is larger than a chunk or a manifest
    to.put(_name(space, path), data)
    return Brought(1, len(data))


def _added(*all_: Brought) -> Brought:
    return Brought(sum(one.files for one in all_), sum(one.bytes for one in all_))


def _name(space: Workspace, path: Path) -> str:
    return str(path.relative_to(space.repo))


def _count(path: Path) -> tuple[int, str]:
    return int(path.name.split(".")[0]), path.name
