"""What devices reported of a release, counted: JSON lines as they send them, OTLP metrics as collectors write them.

1. What came twice counts once. A report has a key; a metric is one stream of one device, of which the highest count
   holds (cumulative), or the sum of its moments (delta).
2. A line says by itself which of the two it is. What is neither is counted as unreadable; other metrics are passed
   over.
3. A device that gives a release a second chance in its canary may report two failures, which errs on the safe side.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edge_agent.supply.fleet.reports import METRIC
from edge_agent.supply.fleet.words import Phase

GOOD = Phase.COMMIT
"""The phase in which a device says that it keeps a release."""
BAD = frozenset({
    (Phase.TRIAL, Phase.ROLLBACK),
    (Phase.PROBATION, Phase.ROLLBACK),
    (Phase.CANARY, Phase.IDLE),
})  # fmt: skip
"""From which phase to which a device goes when it does not."""
REPORT_BYTES_MAX = 1 << 14
LINE_BYTES_MAX = 16 << 20
"""Of a line at most; a collector gathers thousands of points in one."""
_DELTA = (1, "AGGREGATION_TEMPORALITY_DELTA")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many devices a release went well on, and on how many it did not."""

    good: int
    bad: int
    unreadable: int = 0
    """Lines that are no reports."""


@dataclass(frozen=True, slots=True)
class _Told:
    """So many times a device went from one phase to another with a release."""

    who: object
    """The report's key, or the stream's."""
    when: object
    """Tells the moments of a delta apart; the same for all of a cumulative stream."""
    release: str
    change: tuple[str, str]
    times: int


def tally(lines: Iterable[bytes], sha256: str) -> Tally:
    """Count what was reported of a release."""
    counts: dict[bool, dict[object, int]] = {True: {}, False: {}}
    unreadable = 0
    for line in lines:
        try:
            told = list(_told(line)) if line.strip() else []
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            unreadable += 1
            continue
        for one in told:
            good = one.change[1] == GOOD
            if one.release == sha256 and (good or one.change in BAD):
                name = (one.who, one.when, one.change)
                counts[good][name] = max(one.times, counts[good].get(name, 0))
    return Tally(sum(counts[True].values()), sum(counts[False].values()), unreadable)


def _told(line: bytes) -> Iterator[_Told]:
    if len(line) > LINE_BYTES_MAX:
        raise ValueError("a line that nobody writes")
    table: Any = json.loads(line)
    if "resourceMetrics" in table:
        yield from _metrics(table)
    elif not ("resourceSpans" in table or "resourceLogs" in table):
        if len(line) > REPORT_BYTES_MAX:
            raise ValueError("a report that nobody sends")
        yield _Told(str(table["key"]), 0, str(table["release"]), (str(table["before"]), str(table["after"])), 1)


def _metrics(table: Mapping[str, Any]) -> Iterator[_Told]:
    for resource in table["resourceMetrics"]:
        whole = _attributes(resource.get("resource", {}))
        # Whoever forwards may add attributes of his own; a device is the same whichever way its counts came.
        device = whole.get("service.instance.id") or tuple(sorted(whole.items()))
        for scope in resource.get("scopeMetrics", []):
            for metric in scope.get("metrics", []):
                if metric.get("name") == METRIC:
                    yield from _points(device, metric["sum"])


def _points(device: object, counted: Mapping[str, Any]) -> Iterator[_Told]:
    moment = "timeUnixNano" if counted.get("aggregationTemporality") in _DELTA else "startTimeUnixNano"
    for point in counted.get("dataPoints", []):
        said = _attributes(point)
        change = (said["before"], said["after"])
        times = int(point.get("asInt", point.get("asDouble", 0)))
        yield _Told(device, str(point.get(moment, 0)), said["release"], change, times)


def _attributes(of: Mapping[str, Any]) -> dict[str, str]:
    return {str(one["key"]): str(one.get("value", {}).get("stringValue", "")) for one in of.get("attributes", [])}
