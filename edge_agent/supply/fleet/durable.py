"""Files that are there after a power cut: the only place that writes, renames and deletes for the updater.

1. A file that has its name has all its bytes: they are flushed before it is renamed, and its folder after.
2. Nothing is changed in place. What replaces something does so in one step.
3. Before and after every step that the disk can remember stands a named point. Tests cut the power there.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

Watch = Callable[[str], None]


def _nobody(_: str) -> None:
    pass


_watch: Watch = _nobody


def watch(watcher: Watch | None) -> None:
    """Let `watcher` see every point of this process; it may raise, or never return."""
    global _watch  # noqa: PLW0603 (there is one disk)
    _watch = watcher or _nobody


def point(name: str) -> None:
    """Stand at a point where the power may be cut."""
    _watch(name)


def write(path: Path, data: bytes) -> None:
    """Put `data` at `path`, in place of what was there, in one step."""
    fresh = path.with_name(path.name + ".new")
    point(f"write {path.name}")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    point(f"written {path.name}")
    move(fresh, path)


def move(old: Path, new: Path) -> None:
    """Rename a file or folder whose content is flushed."""
    point(f"rename {new.name}")
    old.replace(new)
    point(f"renamed {new.name}")
    flush_folder(new.parent)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, each remembered by the one that holds it."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    flush_folder(path.parent)


def flush(path: Path) -> None:
    """Make the bytes last that somebody else wrote."""
    handle = os.open(path, os.O_RDONLY)
    try:
        point(f"flush {path.name}")
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_folder(path: Path) -> None:
    """Make the names in a folder last."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        point(f"flush {path.name}")
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_tree(path: Path) -> None:
    """Make every folder below a folder last, the innermost first."""
    for folder, _, _ in os.walk(path, topdown=False):
        flush_folder(Path(folder))


def put(handle: int, data: bytes, at: int) -> None:
    """Write all of `data` at a place of an open file."""
    point("put")
    view = memoryview(data)
    while view:
        done = os.pwrite(handle, view, at)
        view, at = view[done:], at + done


def delete(path: Path) -> None:
    """Take a file or a whole folder away; nothing if it is not there. What is half away has no name that counts."""
    point(f"delete {path.name}")
    if path.is_dir() and not path.is_symlink():
        gone = path if path.suffix == ".gone" else path.with_name(path.name + ".gone")
        if gone != path:
            path.replace(gone)
            flush_folder(path.parent)
        gone.chmod(0o700)
        for folder, folders, _ in os.walk(gone):
            for name in folders:
                (Path(folder) / name).chmod(0o700)
        shutil.rmtree(gone)
    else:
        path.unlink(missing_ok=True)
    point(f"deleted {path.name}")
