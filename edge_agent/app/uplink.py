"""The way to the cloud: there is one only where the owner has named a provider.

Whatever is sent leaves without what the owner keeps private (`talk/mind/privacy/`), and is kept for `privacy last`. An
agent that is to be `local_only` has no way at all: nothing is opened.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from edge_agent.app.contest import Lines
from edge_agent.app.happenings import Noted, Watch, WordsLeft
from edge_agent.app.leaving import Leaving, sent_now
from edge_agent.base.settings import PrivacySettings, Settings
from edge_agent.talk.mind.cloud.cloud import Cloud
from edge_agent.talk.mind.cloud.outgoing import Cleared, Outgoing, Redact, nothing_hidden
from edge_agent.talk.mind.context import Memory
from edge_agent.talk.mind.notes import Notes
from edge_agent.talk.mind.privacy import Placeholders, PrivacyClass, Record, Sent, class_of, redact_all, restore
from edge_agent.talk.mind.router import ASK, Privacy, Route, Situation
from edge_agent.talk.mind.router import Cloud as Measured
from edge_agent.talk.mind.skills import Understood

NOTHING_SAID = Memory()


class Curtain:
    """Takes out what is private, and puts it back; one conversation's."""

    def __init__(self, settings: PrivacySettings) -> None:
        self._settings = settings
        self.forget()

    def forget(self) -> None:
        """Somebody else stands before the device now."""
        self._known = Placeholders()

    def __call__(self, texts: Sequence[str]) -> Cleared:
        """As in `Redact`."""
        hidden = redact_all(texts, self._settings, self._known)
        self._known = hidden.placeholders.used_in(hidden.texts)
        held = {category.value: count for category, count in hidden.held.items()}
        return Cleared(hidden.texts, lambda text: restore(text, hidden.placeholders), held)


@dataclass(frozen=True, slots=True)
class Uplink:
    """All that a reply needs of it."""

    cloud: Cloud
    lines: Lines
    redact: Redact = nothing_hidden
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    ask_from: float = ASK
    record: Record | None = None
    watch: Watch = lambda _: None

    def keep(self, sent: Outgoing, provider: str) -> None:
        """Remember what was sent, if it was sent to anybody."""
        if self.record and provider:
            messages: list[tuple[str, str]] = [(message.role, message.content) for message in sent.messages]
            made = [each for round_ in sent.made for each in round_]
            messages += [(f"tool {each.wanted.name}", f"{each.wanted.arguments}: {each.result}") for each in made]
            self.record.keep(Sent(provider, sent_now(), tuple(messages), sent.held))
            self.watch(WordsLeft(provider, sent.held))

    def forget(self) -> None:
        """Forget what was kept back."""
        if isinstance(self.redact, Curtain):
            self.redact.forget()


def situation(
    words: str,
    understood: Understood | None,
    link: Uplink | None,
    notes: Notes | None = None,
    *,
    refuses: bool = True,
    memory: Memory = NOTHING_SAID,
    load: float = 0.0,
) -> Situation:
    """Return what the router should know of a turn; `memory` is what was said before it."""
    grounding = notes.find(words) if notes and understood is None else None
    answered_by = Route(memory.answered_by) if memory.answered_by in {route.value for route in Route} else None
    known = Situation(
        words,
        understood,
        load=load,
        answered_by=answered_by,
        refuses=refuses,
        grounding=grounding,
        notes=notes is not None,
    )
    if link is None:
        return known
    health = link.cloud.first_choice()
    measured = Measured(
        open=health is not None,
        first_word_s=health.first_word_s(0.5) if health else None,
        first_word_p95_s=health.first_word_s(0.95) if health else None,
    )
    stays = class_of(words, link.privacy, memory.last_reply) is PrivacyClass.LOCAL_ONLY
    privacy = Privacy.LOCAL_ONLY if stays else Privacy.SHAREABLE
    budget = link.cloud.budget_left()
    return replace(known, cloud=measured, budget=budget, privacy=privacy, ask_from=link.ask_from)


@asynccontextmanager
async def uplink(settings: Settings, watch: Watch, leaves: Leaving) -> AsyncIterator[Uplink | None]:
    """Yield the way to the cloud, None where no provider may be asked. SettingsError if a key can't be read."""
    if not settings.cloud.providers or settings.privacy.local_only:
        yield None
        return
    cloud = Cloud(settings.cloud, leaves.purse, tell=lambda text: watch(Noted(text)))
    try:
        curtain = Curtain(settings.privacy)
        yield Uplink(cloud, Lines(), curtain, settings.privacy, settings.cloud.ask_from, leaves.record, watch)
    finally:
        await cloud.close()
