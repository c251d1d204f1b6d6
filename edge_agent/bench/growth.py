"""What a long run shows: whether anything grew, a turn was lost, or answers became later. Pure.

1. A straight line is laid through each thing that was counted, but for the beginning (`WARM`), in which caches fill.
   It grew if the line rises by more than the half of its 95 % interval, and by more than `TOLERATED`.
2. Turns are compared with turns of their kind: what a skill answers at once and what the model thinks about say nothing
   about each other, however they are mixed.
3. A kind became later if, beyond the 95 % intervals of both, the 95th percentile of its last third is above `LATER_MAX`
   of that of its first. Of turns with a fault, or that ended in an apology, the time says nothing.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

WARM = 0.3
TOLERATED = {"mb": 8.0, "threads": 1.0, "descriptors": 2.0}
"""Rise over the whole run that is no leak: an allocator's moods, one thread more or less."""
LATER_MAX = 1.1


class End(StrEnum):
    """What became of a turn."""

    ANSWERED = "answered"
    APOLOGISED = "apologised"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn."""

    s: float
    """Since the run began, when the turn had ended."""
    kind: str
    """Turns of a kind are alike."""
    end: End
    waited_s: float
    """From the question's end to the first phrase that went out, or until patience was over."""
    faulty: bool = False
    """Whether something was broken on purpose meanwhile."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted at one time."""

    s: float
    """Since the run began."""
    values: Mapping[str, float]
    """By name; the name's last word is a key of `TOLERATED`."""


@dataclass(slots=True)
class Record:
    """All that a run has left."""

    turns: list[Turn] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)


def line(entry: Turn | Counted) -> str:
    """Return one line of a record as a file."""
    return json.dumps({type(entry).__name__.lower(): asdict(entry)}) + "\n"


def read(lines: Iterable[str]) -> Record:
    """Return the record that consists of such lines; the last may have been cut off by whatever ended the run."""
    record = Record()
    for text in lines:
        if text.endswith("\n"):
            entry = json.loads(text)
            if "turn" in entry:
                record.turns.append(Turn(**entry["turn"] | {"end": End(entry["turn"]["end"])}))
            else:
                record.counted.append(Counted(**entry["counted"]))
    return record


def judged(record: Record) -> dict[str, Any]:
    """What rose by how much, what was lost, what became later; and whether all is well."""
    rises = _rises(record.counted)
    leaks = [name for name, told in rises.items() if told["rise"] > max(told["interval"], TOLERATED[name.split()[-1]])]
    latencies = _latencies(record.turns)
    ends = [turn.end for turn in record.turns]
    later = [kind for kind, told in latencies.items() if told["later"]]
    return {
        "turns": len(record.turns),
        **{end.value: ends.count(end) for end in End},
        "faults": sum(turn.faulty for turn in record.turns),
        "hours": round(max([turn.s for turn in record.turns], default=0.0) / 3600, 2),
        "rises": rises,
        "latencies": latencies,
        "leaks": leaks,
        "later": later,
        "ok": bool(record.turns) and End.LOST not in ends and not leaks and not later,
    }


def _rises(counted: Sequence[Counted]) -> dict[str, dict[str, float]]:
    names = sorted({name for sample in counted for name in sample.values})
    rises = {}
    for name in names:
        points = [(sample.s, sample.values[name]) for sample in counted if name in sample.values]
        rise, interval = _rise(points)
        rises[name] = {"rise": round(rise, 2), "interval": round(interval, 2), "last": round(points[-1][1], 1)}
    return rises


def _rise(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Rise of the straight line through the points over the run, and the half of its 95 % interval."""
    kept = np.array(points[int(len(points) * WARM) :])
    if len(kept) < 4:
        return 0.0, 0.0
    at, values = kept[:, 0] - kept[:, 0].mean(), kept[:, 1] - kept[:, 1].mean()
    slope = float(at @ values / (at @ at))
    error = float(np.sqrt(np.square(values - slope * at).sum() / (len(kept) - 2) / (at @ at)))
    return slope * float(np.ptp(at)), 1.96 * error * float(np.ptp(at))


def _latencies(turns: Sequence[Turn]) -> dict[str, dict[str, Any]]:
    timed = [turn for turn in turns if turn.end is End.ANSWERED and not turn.faulty]
    told = {}
    for kind in sorted({turn.kind for turn in timed}):
        waited = [turn.waited_s for turn in timed if turn.kind == kind]
        third = len(waited) // 3
        if not third:
            continue
        first, last = _p95(waited[:third]), _p95(waited[-third:])
        told[kind] = {
            "turns": len(waited),
            "p95_first_s": round(first[1], 3),
            "p95_last_s": round(last[1], 3),
            "later": last[0] > LATER_MAX * first[2],
        }
    return told


def _p95(values: Sequence[float]) -> tuple[float, float, float]:
    """The 95th percentile, between the ends of its 95 % interval: ranks, whatever the values are distributed like."""
    count = len(values)
    spread = 1.96 * np.sqrt(0.95 * 0.05 / count)
    low, middle, high = np.percentile(values, 100 * np.clip([0.95 - spread, 0.95, 0.95 + spread], 0, 1))
    return float(low), float(middle), float(high)
