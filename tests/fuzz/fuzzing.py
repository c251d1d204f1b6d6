"""Whatever comes from outside is read without a crash, a hang or a heap: how that is tried, one target after another.

1. A target is one thing that reads. It is given real examples that were broken (`mutated`), or examples built to its
   form, and may refuse them with the errors that its caller knows. Anything else is a finding, shrunk by Hypothesis.
2. One example may take `CPU_S_MAX` of processor time. Not of time: a busy machine is no hang.
3. Over a whole run the process may grow by `GROWN_MB_MAX`, once it is warm, and never need `PEAK_MB_MAX` more than it
   began with: neither a leak nor a small file that wants a gigabyte.
"""

import gc
import re
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from edge_agent.base.errors import EdgeAgentError

CPU_S_MAX = 2.0
GROWN_MB_MAX = 32.0
PEAK_MB_MAX = 256.0

ROUND = 100
"""Examples of one run of Hypothesis, which remembers all of them until its end."""

WARM_ROUNDS = 2


class Hang(BaseException):
    """An example took too long. No `Exception`: nothing that reads may take it for a bad file."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that reads."""

    name: str
    examples: st.SearchStrategy[Any]
    read: Callable[[Any, Path], object]
    """Reads one example; the folder is its own, and empty only the first time."""
    refuses: tuple[type[Exception], ...] = (EdgeAgentError,)
    round: int = ROUND
    """Examples of one run of Hypothesis; fewer where each takes a process of its own."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a run of one target was."""

    examples: int
    seconds: float
    grown_mb: float
    peak_mb: float


def fuzz(target: Target, *, rounds: int | None = None, seconds: float = 0.0, first: int = 0) -> Tried:
    """Try so many rounds, or for so long; the `first` one's number is the seed. Raises whatever is found."""
    began, number, examples, warm_mb = time.monotonic(), 0, 0, 0.0
    at_first_mb = _memory_mb("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    with tempfile.TemporaryDirectory() as folder:

        def tried(example: Any) -> None:
            nonlocal examples
            examples += 1
            _read(target, example, Path(folder))

        while number < rounds if rounds is not None else time.monotonic() - began < seconds:
            _round(tried, target, first + number)
            number += 1
            if number == WARM_ROUNDS:
                gc.collect()
                warm_mb = _memory_mb("VmRSS")
    gc.collect()
    grown_mb = _memory_mb("VmRSS") - warm_mb if warm_mb else 0.0
    peak_mb = _memory_mb("VmHWM") - at_first_mb
    assert grown_mb < GROWN_MB_MAX, f"{target.name} grew by {grown_mb:.0f} MB in {examples} examples"
    assert peak_mb < PEAK_MB_MAX, f"{target.name} needed {peak_mb:.0f} MB more for one of {examples} examples"
    return Tried(examples, time.monotonic() - began, grown_mb, peak_mb)


def _round(tried: Callable[[Any], None], target: Target, number: int) -> None:
    @seed(number)
    @settings(
        max_examples=target.round,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(target.examples)
    def one(example: Any) -> None:
        tried(example)

    one()


def _read(target: Target, example: Any, folder: Path) -> None:
    def hung(_signal: int, _frame: object) -> None:
        raise Hang(f"{target.name} took more than {CPU_S_MAX} s for {example!r}")

    before = signal.signal(signal.SIGPROF, hung)
    signal.setitimer(signal.ITIMER_PROF, CPU_S_MAX)
    try:
        target.read(example, folder)
    except target.refuses:
        pass
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _memory_mb(name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


class _Edit(Enum):
    PUT = auto()
    PUT_WORD = auto()
    CUT = auto()
    WRITE_OVER = auto()
    REPEAT = auto()
    SPLICE = auto()
    END = auto()


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes], words: Sequence[bytes] = (b"\0", b"-1", b"\xff\xfe")) -> bytes:
    """Real bytes with some mistakes in them. `words` mean something to whoever reads them."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(_Edit)):
            case _Edit.PUT:
                data[at:at] = draw(st.binary(min_size=1, max_size=8))
            case _Edit.PUT_WORD:
                data[at:at] = draw(st.sampled_from(words))
            case _Edit.CUT:
                del data[at : at + draw(st.integers(1, 64))]
            case _Edit.WRITE_OVER:
                put = draw(st.binary(min_size=1, max_size=8))
                data[at : at + len(put)] = put
            case _Edit.REPEAT:
                data[at:at] = data[at : at + draw(st.integers(1, 32))] * draw(st.sampled_from((1, 2, 50)))
            case _Edit.SPLICE:
                other = draw(st.sampled_from(seeds))
                data[at:] = other[draw(st.integers(0, len(other))) :]
            case _Edit.END:
                del data[at:]
    return bytes(data)


def texts(seeds: Sequence[str], words: Sequence[str] = (".", "0", "’", "\u202e", "é")) -> st.SearchStrategy[str]:
    """Any text, most of it real text with mistakes."""
    broken = mutated([text.encode() for text in seeds], [word.encode() for word in words])
    return broken.map(lambda data: data.decode(errors="replace")) | st.text(max_size=200)


def trees() -> st.SearchStrategy[Any]:
    """Whatever JSON can say, and a little more: NaN, and numbers that no float holds."""
    leaves = (
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from((10**400, ""))
    )
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    )


def pieces(data: bytes) -> st.SearchStrategy[list[bytes]]:
    """The same bytes, as a pipe may deliver them."""

    def cut(places: list[int]) -> list[bytes]:
        edges = [0, *sorted(places), len(data)]
        return [data[start:stop] for start, stop in pairwise(edges)]

    return st.lists(st.integers(0, len(data)), max_size=6).map(cut)


def written(folder: Path, name: str, data: bytes) -> Path:
    """Put `data` into a file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
