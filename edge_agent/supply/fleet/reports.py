"""Reports of what updates did, kept until they have arrived, and sent only where the owner said so.

As JSON lines, or as metrics (OTLP, in its JSON form), which any OpenTelemetry collector takes. Nothing in them says who
the device is: a release, a phase, a reason, and a name by chance that tells two copies of one report apart. What does
not arrive is sent again with the next; whoever collects counts what he has once.
"""

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

from edge_agent.base.errors import NetworkError
from edge_agent.base.settings_fleet import ReportForm
from edge_agent.supply.fleet.journal import KEPT, WAITING_MAX, Journal, Report

METRIC = "edge_agent.update.transitions"
"""How often a device went from one phase to another with a release; a monotonic, cumulative sum."""
AT_ONCE = 100
_TIMEOUT_S = 10.0
_CUMULATIVE = 2
_NAMES = ("release", "before", "after")
"""Of what tells one stream of a device from another."""


def send(root: Path, url: str, form: ReportForm = ReportForm.LINES) -> int:
    """Send what has not arrived yet and return how many reports that were; NetworkError if nobody takes them."""
    count = 0
    with closing(Journal(root)) as journal:
        while unsent := journal.unsent(AT_ONCE):
            reports = [report for _, report in unsent]
            if form is ReportForm.OTLP:
                _post(url, otlp(reports, journal.history(KEPT + WAITING_MAX)), "application/json")
            else:
                _post(url, lines(reports), "application/x-ndjson")
            journal.sent(unsent[-1][0])
            count += len(unsent)
    return count


def lines(reports: Sequence[Report]) -> bytes:
    """Return the reports as JSON lines."""
    return b"".join(json.dumps(asdict(report)).encode() + b"\n" for report in reports)


def otlp(reports: Sequence[Report], all_: Sequence[Report]) -> bytes:
    """Return how often each of these changes of phase has happened by now, among all known ones, as OTLP metrics."""
    times = Counter(map(_stream, all_))
    since = {_stream(one): one.at for one in sorted(all_, key=lambda one: -one.at)}
    last = {_stream(one): one for one in reports}
    points = [
        {
            "attributes": [_attribute(name, text) for name, text in zip(_NAMES, key, strict=True)],
            "startTimeUnixNano": _nanoseconds(since[key]),
            "timeUnixNano": _nanoseconds(one.at),
            "asInt": str(times[key]),
        }
        for key, one in last.items()
    ]  # fmt: skip
    device = reports[0].key.rpartition("-")[0]
    sum_ = {"aggregationTemporality": _CUMULATIVE, "isMonotonic": True, "dataPoints": points}
    metric = {"name": METRIC, "unit": "{transition}", "sum": sum_}
    told = {
        "resource": {
            "attributes": [_attribute("service.name", "edge-agent"), _attribute("service.instance.id", device)]
        },
        "scopeMetrics": [{"scope": {"name": "edge_agent"}, "metrics": [metric]}],
    }
    return json.dumps({"resourceMetrics": [told]}).encode()


def _stream(report: Report) -> tuple[str, str, str]:
    return report.release, report.before, report.after


def _attribute(name: str, text: str) -> dict[str, Any]:
    return {"key": name, "value": {"stringValue": text}}


def _nanoseconds(at: float) -> str:
    return str(int(at * 1e9))


def _post(url: str, data: bytes, kind: str) -> None:
    try:
        answer = httpx.post(url, content=data, headers={"content-type": kind}, timeout=_TIMEOUT_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NetworkError(f"{url} takes no reports: {error or type(error).__name__}") from error
    if not answer.is_success:
        raise NetworkError(f"{url} takes no reports: it answers {answer.status_code}")
