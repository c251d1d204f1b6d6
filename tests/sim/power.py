"""A disk whose power can be cut: a file system in a file, whose kernel forgets at one call what was not flushed.

Takes root, a loop device and the file system's tools; `why_not` says what is missing.
"""

import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SHUT_DOWN = 0x8004587D
_NO_LOG_FLUSH = 2

KINDS = {
    "ext4": (["mkfs.ext4", "-q", "-F"], [], 48),
    "ext4 without auto_da_alloc": (["mkfs.ext4", "-q", "-F"], ["noauto_da_alloc"], 48),
    "xfs": (["mkfs.xfs", "-q", "-f"], [], 320),
}
"""How it is made and mounted, and its size in MB."""


def why_not(kind: str) -> str:
    """Say what this machine lacks for such a disk; nothing if it can have one."""
    tool = KINDS[kind][0][0]
    if os.geteuid() != 0:
        return "only root may mount a disk"
    if not shutil.which(tool):
        return f"{tool} is not installed"
    return "" if Path("/dev/loop-control").exists() else "there are no loop devices"


class Disk:
    """One disk, in a folder of the test's."""

    def __init__(self, kind: str, folder: Path) -> None:
        make, self._options, size_mb = KINDS[kind]
        self._image = folder / "disk.img"
        self.path = folder / "disk"
        self.path.mkdir()
        with self._image.open("wb") as file:
            file.truncate(size_mb << 20)
        subprocess.run([*make, self._image], check=True)

    @contextmanager
    def mounted(self) -> Iterator[None]:
        options = ",".join(["loop", *self._options])
        subprocess.run(["mount", "-o", options, self._image, self.path], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", self.path], check=True)

    def cut(self) -> None:
        """Cut the power: what was not flushed is gone, and nothing works until it is mounted again."""
        handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.ioctl(handle, _SHUT_DOWN, struct.pack("I", _NO_LOG_FLUSH))
        os.close(handle)
