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
from edge_agent.talk.mind.router import Cloud as Measured
from edge_agent.talk.mind.router import Situation
from edge_agent.talk.mind.skills import Understood


@dataclass(frozen=True, slots=True)
class Uplink:
    """All that a reply needs of it."""

    cloud: Cloud
    lines: Lines
    redact: Redact = nothing_hidden


def situation(words: str, understood: Understood | None, link: Uplink | None) -> Situation:
    """Return what the router should know of a turn."""
    if link is None:
        return Situation(words, understood)
    health = link.cloud.first_choice()
    measured = Measured(
        open=health is not None,
        first_word_s=health.first_word_s(0.5) if health else None,
        first_word_p95_s=health.first_word_s(0.95) if health else None,
    )
    return Situation(words, understood, measured, link.cloud.budget_left())


@asynccontextmanager
async def uplink(settings: CloudSettings, tell: Callable[[str], None]) -> AsyncIterator[Uplink | None]:
    """Yield the way to the cloud, None where no provider is named. SettingsError if a key can't be read."""
    if not settings.providers:
        yield None
        return
    cloud = Cloud(settings, paths().state / FILE, tell=tell)
    try:
        yield Uplink(cloud, Lines())
    finally:
        await cloud.close()
