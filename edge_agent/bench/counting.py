"""What of a process may grow: its memory, its threads, what it holds open."""

import re
from pathlib import Path


def process(name: str, pid: int | None) -> dict[str, float]:
    """Count what process `pid`, called `name`, has; nothing of one that is gone, or dead and not yet missed."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        descriptors = _descriptors(Path(f"/proc/{pid}/fd"))
    except (FileNotFoundError, ProcessLookupError):
        return {}
    rss = re.search(r"VmRSS:\s+(\d+)", status)  # The dead have none.
    threads = re.search(r"Threads:\s+(\d+)", status)
    if rss is None or threads is None:
        return {}
    return {
        f"{name} mb": round(int(rss[1]) / 1024, 2),
        f"{name} threads": int(threads[1]),
        **({f"{name} descriptors": descriptors} if descriptors else {}),
    }


def _descriptors(there: Path) -> int:
    """Return how many files a process has open; 0 where only root is told, before Linux 6.2."""
    try:
        return sum(1 for _ in there.iterdir())
    except PermissionError:  # A worker is closed to all but root.
        return there.stat().st_size
