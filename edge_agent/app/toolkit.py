"""The owner's tools, out of the settings: his skills, and what MCP servers and OpenAPI documents offer."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from edge_agent.base.settings import Settings
from edge_agent.talk.mind.skills.answers import NAMES
from edge_agent.talk.mind.skills.taught import Taught
from edge_agent.talk.mind.tools.sources import Sources, sources
from edge_agent.talk.mind.tools.tool import Failure, Risk
from edge_agent.talk.mind.tools.toolbox import Toolbox


@dataclass(frozen=True, slots=True)
class Toolkit:
    """All of it."""

    box: Toolbox
    sources: Sources


def taught(settings: Settings) -> Taught | None:
    """Run the owner's skills, and return them; None where there are none. InputError where one is wrong."""
    return Taught(settings.tools.folders) if settings.tools.folders else None


@asynccontextmanager
async def toolkit(
    settings: Settings,
    own: Taught | None,
    tell: Callable[[str], None] = lambda _: None,
    on_call: Callable[[Risk, Failure | None], None] = lambda risk, failure: None,
) -> AsyncIterator[Toolkit]:
    """Yield all tools: the owner's skills first, so that no other tool takes the name of one.

    `on_call` is told of each call and what became of it.
    SettingsError or InputError, with what to do, if a source can't be meant like this.
    """
    async with sources(settings, tell) as others:
        skills = [lambda: own.tools] if own else []
        yield Toolkit(Toolbox(settings.tools, [*skills, others.tools], taken=NAMES, on_call=on_call), others)
