"""The way to the cloud: there is one only where the owner has named a provider."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from edge_agent.app.contest import Lines
from edge_agent.base.paths import paths
from edge_agent.base.settings import CloudSettings
from edge_agent.talk.mind.cloud.budget import FILE
from edge_agent.talk.mind.cloud.cloud import Cloud
from edge_agent.talk.mind.cloud.outgoing import Redact, nothing_hidden
from edge_agent.talk.mind.router import Situation


@dataclass(frozen=True, slots=True)
class Uplink:
    """All that a reply needs of it."""

    cloud: Cloud
    lines: Lines
    deadline_s: float
    redact: Redact = nothing_hidden


def situation(link: Uplink | None) -> Situation:
    """Return what the router should know of it."""
    if link is None:
        return Situation()
    return Situation(cloud=True, why_not=link.cloud.why_not(), deadline_s=link.deadline_s)


@asynccontextmanager
async def uplink(settings: CloudSettings, tell: Callable[[str], None]) -> AsyncIterator[Uplink | None]:
    """Yield the way to the cloud, None where no provider is named. SettingsError if a key can't be read."""
    if not settings.providers:
        yield None
        return
    cloud = Cloud(settings, paths().state / FILE, tell=tell)
    try:
        yield Uplink(cloud, Lines(), settings.deadline_ms / 1000)
    finally:
        await cloud.close()
