"""Whether the owner muted the agent, from one run to the next.

A file says so, and is on the disk before anybody is told that the microphone is closed: whatever happens to the
process or the machine, the next one begins muted. Where that can't be written, it is muted all the same, until then.
"""

import logging
import os
from pathlib import Path

FILE = "muted"
"""In the state folder."""

log = logging.getLogger(__name__)


class KeptMute:
    """Of one device."""

    def __init__(self, path: Path | None) -> None:
        """Without a path nothing is kept: a recording and a virtual room begin anew each time."""
        self._path = path

    @property
    def muted(self) -> bool:
        """What was kept last."""
        return self._path is not None and self._path.exists()

    def holds(self, muted: bool) -> bool:
        """Whether the next run begins so; True where nothing is to be kept."""
        return self._path is None or self.muted is muted

    def keep(self, muted: bool) -> None:
        """Write it down for good. Where that fails, the log says so, and `holds` does."""
        if self._path is None or muted is self.muted:
            return
        try:
            if muted:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._path.touch(mode=0o600)
            else:
                self._path.unlink()
            _settle(self._path.parent)
        except OSError as error:
            log.warning("that the microphone is %s can't be kept: %s", "closed" if muted else "open", error)


def _settle(folder: Path) -> None:
    """Have the folder's names on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
