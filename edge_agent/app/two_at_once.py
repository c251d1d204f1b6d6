"""Whether other engines fit into memory beside those that run: by what these were measured to take and what is left."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from edge_agent.supply.catalogue import Kind
from edge_agent.supply.fleet.models import Models

ENGINES = (Kind.STT, Kind.LLM, Kind.TTS)
"""What is loaded twice while engines are exchanged."""


def needed(chosen: Models, running: Models, measured_mb: float) -> int:
    """Return the bytes that the engines of `chosen` will take.

    Those that run take `measured_mb` with the files that they have; others take as much for each byte of theirs.
    """
    measured = max(1.0, measured_mb * 1_000_000 / max(1, _size(running)))
    return round(_size(chosen) * measured)


def available(
    meminfo: Path = Path("/proc/meminfo"),
    membership: Path = Path("/proc/self/cgroup"),
    groups: Path = Path("/sys/fs/cgroup"),
) -> int:
    """Return the bytes that this process may still take: of the machine's, and of what its control groups allow."""
    return max(0, min([_of_the_machine(meminfo), *_of_the_groups(membership, groups)]))


def _size(models: Models) -> int:
    folders = {models.file(kind).parent for kind in ENGINES}
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())


def _of_the_machine(meminfo: Path) -> int:
    for line in meminfo.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def _of_the_groups(membership: Path, groups: Path) -> Iterator[int]:
    """Yield what each group around this process that has a limit has left. What can't be read limits nothing."""
    with suppress(OSError, ValueError):
        path = membership.read_text().splitlines()[-1].removeprefix("0::").strip("/")
        inner = PurePosixPath(path)
        for group in (inner, *inner.parents):
            with suppress(OSError, ValueError, IndexError):
                limit = int((groups / group / "memory.max").read_text())
                used = int((groups / group / "memory.current").read_text())
                stat = (groups / group / "memory.stat").read_text().splitlines()
                # Pages of files that nobody uses at the moment are given back when they are wanted.
                spare = next(int(line.split()[1]) for line in stat if line.startswith("inactive_file "))
                yield limit - used + spare
