"""The owner's tools, out of the settings: his skills, and whatever else has tools."""

from collections.abc import Iterable

from edge_agent.base.settings import Settings
from edge_agent.talk.mind.skills.answers import NAMES
from edge_agent.talk.mind.skills.taught import Taught
from edge_agent.talk.mind.tools.toolbox import Source, Toolbox


def taught(settings: Settings) -> Taught | None:
    """Run the owner's skills, and return them; None where there are none. InputError where one is wrong."""
    return Taught(settings.tools.folders) if settings.tools.folders else None


def toolbox(settings: Settings, own: Taught | None, others: Iterable[Source] = ()) -> Toolbox:
    """Return all tools: the owner's skills first, so that no other tool takes the name of one."""
    sources = [lambda: own.tools] if own else []
    return Toolbox(settings.tools, [*sources, *others], taken=NAMES)
