"""Reports of what updates did, kept until they have arrived: JSON lines, sent only where the owner said so.

Nothing in them says who the device is: a release, a phase, a reason, and a key that tells two copies of one report
apart. A report that does not arrive is sent again with the next ones; whoever collects them drops keys that he has.
"""

import json
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import httpx

from edge_agent.base.errors import NetworkError
from edge_agent.supply.fleet.journal import Journal, Report

AT_ONCE = 100
_TIMEOUT_S = 10.0


def lines(reports: list[Report]) -> bytes:
    """Return the reports as they are sent."""
    return b"".join(json.dumps(asdict(report)).encode() + b"\n" for report in reports)


def send(root: Path, url: str) -> int:
    """Send what has not arrived yet and return how many that were; NetworkError if nobody takes them."""
    count = 0
    with closing(Journal(root)) as journal:
        while unsent := journal.unsent(AT_ONCE):
            try:
                answer = httpx.post(
                    url,
                    content=lines([report for _, report in unsent]),
                    headers={"content-type": "application/x-ndjson"},
                    timeout=_TIMEOUT_S,
                )
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise NetworkError(f"{url} takes no reports: {error or type(error).__name__}") from error
            if not answer.is_success:
                raise NetworkError(f"{url} takes no reports: it answers {answer.status_code}")
            journal.sent(unsent[-1][0])
            count += len(unsent)
    return count
