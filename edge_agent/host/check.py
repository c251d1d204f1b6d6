"""One thing that `edge-agent doctor` looks at: how it came out, and how to mend what is wrong."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check came out."""

    OK = "ok"
    FAILED = "failed"
    WARNED = "warned"
    SKIPPED = "skipped"


SIGNS = {Verdict.OK: "✓", Verdict.FAILED: "✗", Verdict.WARNED: "!", Verdict.SKIPPED: "–"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    id: str
    """Stable: programs and the manual refer to it."""
    verdict: Verdict
    message: str
    fix: str = ""
