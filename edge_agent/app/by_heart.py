"""The lines that the voice knows before they are needed: most of what the agent says without a model is one of a few.

What must never be waited for is learnt before the agent listens; what is only likely is rehearsed while nobody speaks.
"""

from collections.abc import Iterator
from datetime import datetime

from edge_agent.base.settings import Settings
from edge_agent.talk.floor.rules import APOLOGY
from edge_agent.talk.mind.cloud import holding
from edge_agent.talk.mind.router import UNABLE, UNKNOWN
from edge_agent.talk.mind.skills import foreseeable
from edge_agent.talk.voice.phrases import Phrases


def learnt(settings: Settings, *, cloud: bool) -> Iterator[str]:
    """Yield the phrases that must not wait for the voice; `cloud` is whether there is a way to one."""
    yield from _phrases(APOLOGY, settings)
    yield from holding.ALL if cloud else ()
    yield from [UNKNOWN] if settings.mind.notes else ()


def rehearsed(settings: Settings) -> Iterator[str]:
    """Yield the phrases that will probably be asked for soon, as the clock on the wall stands now."""
    if settings.mind.skills and not settings.cloud.tts:  # Nothing is sent while nobody speaks.
        for text in (UNABLE, *foreseeable(datetime.now().astimezone())):
            yield from _phrases(text, settings)


def _phrases(text: str, settings: Settings) -> list[str]:
    """Return the pieces of it that a draft will ask for."""
    cutter = Phrases(settings.voice.first_phrase_chars)
    return [*cutter.feed(text), *cutter.finish()]
