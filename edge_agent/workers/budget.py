"""One thread budget for the whole agent: how many cores there are, and who gets how many threads.

1. The cores that count are those that this process may run on, cut by the quota of its control group: in a container
   with half of a 64-core machine's quota of one core, `os.cpu_count()` says 64.
2. A turn is a relay: Whisper, then the language model, then Piper. Each may take every core while the others wait for
   it; where Piper speaks beside the language model, the first sound matters more than the next token. More than four
   threads gain nothing for models of this size.
3. The environment that native libraries read is set before they load. Threads that wait must not spin for long: on
   two cores a spinning thread is half of the machine. Nothing in a worker may go to the network.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_THREADS_MAX = 4


@dataclass(frozen=True, slots=True)
class Threads:
    """Threads for each engine."""

    stt: int
    llm: int
    tts: int


def share(total: int) -> Threads:
    """Divide `total` threads (the setting `workers.threads`); 0 takes the cores that this process may use."""
    total = total or min(cores(), _THREADS_MAX)
    return Threads(stt=total, llm=total, tts=total)


def environment(threads: int) -> dict[str, str]:
    """What an engine with so many threads must find in its environment."""
    count = str(threads)
    return {
        "OMP_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": "1",  # NumPy's: its threads spin for 25 ms after each product, on the cores of ours
        # llama.cpp waits for all threads after every operation, hundreds of times a token. If they sleep there, as
        # OMP_WAIT_POLICY=PASSIVE has it, tokens take three times as long. So they spin for some microseconds first.
        "GOMP_SPINCOUNT": "100000",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
    }


def cores(membership: Path = Path("/proc/self/cgroup"), groups: Path = Path("/sys/fs/cgroup")) -> int:
    """Cores that this process may keep busy, at least 1."""
    allowed = len(os.sched_getaffinity(0))
    return max(1, min([allowed, *(int(quota) for quota in _quotas(membership, groups))]))


def _quotas(membership: Path, groups: Path) -> Iterator[float]:
    """Yield every quota in cores that holds for us: our group's and those of the groups around it.

    Sandboxes show files of other forms under these names. What can't be read limits nothing.
    """
    lines = os.fsdecode(membership.read_bytes()).splitlines() if membership.exists() else []
    for line in lines:
        _, controllers, path = [*line.split(":", 2), "", "", ""][:3]
        with contextlib.suppress(ValueError, ArithmeticError, OSError):
            if not controllers:
                yield from _walk(groups, path, ("cpu.max",))
            elif "cpu" in controllers.split(","):
                yield from _walk(groups / "cpu", path, ("cpu.cfs_quota_us", "cpu.cfs_period_us"))


def _walk(mount: Path, path: str, names: tuple[str, ...]) -> Iterator[float]:
    # Inside a container the path may be the one outside; its own group is then what is mounted at the top.
    inner = PurePosixPath(path.lstrip("/"))
    for group in (inner, *inner.parents):
        files = [mount / group / name for name in names]
        if not all(file.exists() for file in files):
            continue
        quota, period = " ".join(file.read_text().strip() for file in files).split()
        if quota not in ("max", "-1"):
            yield int(quota) / int(period)
