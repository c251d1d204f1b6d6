"""Whether the fleet's keys vouch for a generation that is on the disk, asked again each time before it is loaded.

1. Beside a generation lies what its signatures rest on: the roots from the planted one on, and what the roles `targets`
   and `releases` signed. Who believes the first root can follow it by himself, years later and without a network.
2. What has expired since still vouches: expiry stops new installs, never the models in use.
3. Then every byte is compared with what was signed. That is remembered as long as the files are the same.
4. The first root is that of `fleet.root`, in the owner's settings, which the agent's user can't write. Where there is
   none, a service of the system loads no generation; anybody else does, and is warned.
"""

import logging
from functools import lru_cache
from pathlib import Path

from edge_agent.base.errors import ModelError
from edge_agent.base.paths import paths
from edge_agent.supply.fleet.release import Release
from edge_agent.supply.store import hash_of

FILE = "vouched.json"
"""Within a generation."""

log = logging.getLogger(__name__)

Mark = tuple[str, int, int, int]
"""A file by name, size, inode and time: what is read again only when it has changed."""


def vouched(folder: Path, release: Release, root: Path | None) -> None:
    """Return if the generation in this folder may be loaded; ModelError says why it may not."""
    if root is None:
        if paths().service:
            raise ModelError(
                f"nobody vouches for {release.id}", hint="Set `fleet.root` to the root.json of your fleet."
            )
        log.warning("the models of %s are used, but `fleet.root` names nobody who vouches for them", release.id)
    else:
        _signed(folder, release, root)
    marks = tuple(_mark(folder, path) for path, _ in release.files())
    if wrong := _wrong(folder, tuple((path, file.sha256) for path, file in release.files()), marks):
        raise ModelError(f"{wrong} of {release.id} has other bytes than were signed", hint=_HINT)


_HINT = "`edge-agent update rollback` goes back to the models before it."


def _signed(folder: Path, release: Release, root: Path) -> None:
    from edge_agent.supply.fleet.trust import vouches

    try:
        planted, evidence = root.read_bytes(), (folder / FILE).read_bytes()
    except OSError as error:
        raise ModelError(f"nobody vouches for {release.id}: {error.strerror}: {error.filename}", hint=_HINT) from error
    if not vouches(evidence, planted, release.sha256):
        raise ModelError(f"no key of the fleet signed {release.id}", hint=_HINT)


def _mark(folder: Path, path: str) -> Mark:
    try:
        found = (folder / path).stat()
    except OSError as error:
        raise ModelError(f"{folder / path}: {error.strerror}", hint=_HINT) from error
    return path, found.st_size, found.st_ino, found.st_mtime_ns


@lru_cache(maxsize=4)
def _wrong(folder: Path, signed: tuple[tuple[str, str], ...], marks: tuple[Mark, ...]) -> str:
    """Return the first file that is not what was signed; `marks` say that this was asked of the same files before."""
    return next((path for path, sha256 in signed if hash_of(folder / path).hexdigest() != sha256), "")
