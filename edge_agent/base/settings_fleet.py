"""The settings of a device that belongs to a fleet."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field

from edge_agent.base.room import LOCKED, Room

MIRROR = r"^https://[^/]+(/|$)|^http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?(/|$)|^file:///"
"""Where a repository may lie: behind TLS, on this machine, or in a folder."""

TIME = "([01][0-9]|2[0-3]):([0-5][0-9])"


class ReportForm(StrEnum):
    """As what reports are sent."""

    LINES = "lines"
    OTLP = "otlp"


class FleetSettings(Room):
    """Releases of models that an operator pushes: off until a mirror is named."""

    mirrors: tuple[Annotated[str, Field(pattern=MIRROR)], ...] = ()
    """https addresses of the fleet's repository, or `file:///` folders, in the order in which they are asked. Empty
    asks nobody, ever."""
    channel: str = Field("stable", pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    """Which of the fleet's rollout policies this device follows."""
    root: Path | None = None
    """The root metadata that the operator handed out (`root.json`): whom this device believes from the beginning."""
    device: str = ""
    """This device's name in rollouts, which never leaves it; empty makes one from the machine's identity."""
    cohorts: tuple[str, ...] = ()
    """Groups that it belongs to, such as `canary`."""
    poll_s: int = Field(3600, ge=60, le=7 * 24 * 3600)
    """Seconds between two checks, on the average. Shorter stops a bad rollout sooner, and asks more of the mirrors."""
    hours: str = Field("", pattern=f"^({TIME}-{TIME})?$")
    """When releases may be fetched and switched, local time, like `02:00-05:00`; empty is always."""
    limit_kb_s: int = Field(0, ge=0)
    """Download rate at most, kB/s; 0 is no limit."""
    keep_free_mb: int = Field(512, ge=0)
    """Space that stays free on the models' disk, MB."""
    spare_memory_mb: int = Field(300, ge=0)
    """Memory that stays free while new models are loaded beside the old ones, MB. Where there is less, the old ones
    make way first, in a quiet moment."""
    probation_s: int = Field(600, ge=10, le=7 * 24 * 3600)
    """How long a release has to prove itself before it stays, s."""
    probation_turns: int = Field(10, ge=1, le=10_000)
    """Turns with it before it is compared with the one before; with fewer, known answers are asked instead."""
    report_url: str = Field("", pattern=LOCKED + "|^$")
    """Where a report of each step is sent; empty sends none, `update history` shows them."""
    report_as: ReportForm = ReportForm.LINES
    """As JSON lines, or as metrics to the address of an OpenTelemetry collector (`https://…/v1/metrics`)."""
