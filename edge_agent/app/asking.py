"""One question in writing: the route, the skills and the models of a conversation, without its sound.

Nothing is left running afterwards, so a skill that would start something (a timer) says so and doesn't.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from edge_agent.app.contest import Line
from edge_agent.app.doing import HOLD, Doing, tools_for
from edge_agent.app.engines import started, thinking
from edge_agent.app.happenings import Happening, Noted
from edge_agent.app.leaving import leaving
from edge_agent.app.replying import Reply, whole, without_model
from edge_agent.app.rooms import read_notes
from edge_agent.app.toolkit import taught, toolkit
from edge_agent.app.uplink import Uplink, situation, uplink
from edge_agent.base.errors import InputError
from edge_agent.base.settings import Settings
from edge_agent.supply.fleet.models import models
from edge_agent.talk.mind.context import Memory
from edge_agent.talk.mind.learned import learned
from edge_agent.talk.mind.llm import Llm, Message, OnSentenceEnd
from edge_agent.talk.mind.notes import Notes
from edge_agent.talk.mind.router import QUICK_CLOUD, Plan, Reason, Route, Situation, reasons, route
from edge_agent.talk.mind.skills import Answer, Doubt, Skills, Understood, World, answer
from edge_agent.talk.mind.skills.answers import NAMES
from edge_agent.talk.mind.skills.taught import Taught
from edge_agent.talk.mind.tools.toolbox import Toolbox


@dataclass(frozen=True, slots=True)
class Answered:
    """The reply, and who gave it."""

    reply: str
    route: str
    reason: str
    ms: float
    """From the question to the last word, the engine's start left out."""
    provider: str = ""
    """Which provider, where the cloud answered."""


@dataclass(frozen=True, slots=True)
class Explained:
    """Who would answer, and why."""

    plan: Plan
    with_cloud: Plan
    """The same with a cloud in good health."""
    reasons: tuple[Reason, ...]
    """What spoke loudest for or against the likeliest kind; empty where a skill understood the words."""
    tools: tuple[str, ...] = ()
    """The owner's skills that the model on this device would be asked to choose from, the likeliest first. What servers
    offer is known only while they run."""
    understood: Understood | None = None
    """What a skill makes of the words."""
    by_sound: Understood | Doubt | None = None
    """What it would make of their sound, had they been spoken and not been understood."""


async def ask_once(settings: Settings, text: str, tell: Callable[[str], None] = lambda _: None) -> Answered:
    """Answer `text`. InputError if that would take an agent that keeps running, or a spoken yes.

    `tell` is told what had to be left out: notes that can't be read, servers that are not there.
    """

    def watch(happening: Happening) -> None:
        if isinstance(happening, Noted):
            tell(happening.text)

    began = time.monotonic()
    own = await asyncio.to_thread(taught, settings)
    by_skill = understood, answered = _by_skill(settings, text, _skills(settings, own))
    async with AsyncExitStack() as stack:
        leaves = await stack.enter_async_context(leaving(settings))
        link = await stack.enter_async_context(uplink(settings, lambda _: None, leaves))
        llm = _OnDemand(settings, stack)
        tools = await stack.enter_async_context(toolkit(settings, own, tell))
        await tools.sources.settled()
        doing = Doing(tools.box, llm, settings, None, _set())
        told = _situation(settings, text, by_skill, link, await read_notes(settings, watch))
        plan = route(told, learned())
        reply: Reply | None = None

        def by_model() -> AsyncGenerator[Line, None]:
            nonlocal reply
            if known := without_model(plan, told):
                return whole(known, settings)
            messages = Memory().messages(settings.mind.persona, text)
            asked = asyncio.get_running_loop().time()
            reply = Reply(plan, messages, llm, link, settings, asked=asked, calls=doing.calls, holds=False)
            reply.commit()
            return reply.lines()

        if lines := doing.wanted(text, understood, None):
            plan = Plan(Route.SKILL, doing.reason)
        elif plan.route is Route.SKILL and answered:
            if answered.effect:
                raise InputError("that would change something in a running agent", hint="Say it to `edge-agent talk`.")
            lines = whole(answered.say, settings)
        else:
            if plan.route is not Route.LOCAL:
                await llm.ready()  # Before the race begins.
            lines = doing.tried(text, plan, by_model) or by_model()
        async with aclosing(lines):
            # A line comes once more when it is known whole; only then is it written.
            said = " ".join([line.text.strip() async for line in lines if line.stop is None and line.text != HOLD])
        if doing.calls.asks:
            raise InputError(f"that needs a yes: {said}", hint="Say it to `edge-agent talk`.")
        ms = 1000 * (time.monotonic() - began - llm.start_s)
        if reply is None:
            return Answered(said, plan.route.value, plan.reason, ms)
        return Answered(said, reply.by.value, reply.reason, ms, reply.receipt.provider)


class _OnDemand:
    """The language model, whose worker is started when it is first asked."""

    def __init__(self, settings: Settings, stack: AsyncExitStack) -> None:
        self.start_s = 0.0
        """How long the start took."""
        self._settings = settings
        self._stack = stack
        self._llm: Llm | None = None

    async def ready(self) -> Llm:
        """Start it, if that was not done."""
        if self._llm is None:
            began = time.monotonic()
            llm, llama = thinking(models(self._settings))
            await self._stack.enter_async_context(started(llama))
            self._llm, self.start_s = llm, time.monotonic() - began
        return self._llm

    async def reply(
        self, messages: Sequence[Message], on_sentence_end: OnSentenceEnd = lambda _: None
    ) -> AsyncGenerator[str, None]:
        """As in `Llm`."""
        llm = await self.ready()
        async with aclosing(llm.reply(messages, on_sentence_end)) as pieces:
            async for piece in pieces:
                yield piece

    async def value(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Any:
        """As in `Llm`."""
        return await (await self.ready()).value(messages, schema)

    async def warm(self, messages: Sequence[Message]) -> None:
        """As in `Llm`."""
        await (await self.ready()).warm(messages)


def _set() -> asyncio.Event:
    """What is asked in writing is committed from the start."""
    event = asyncio.Event()
    event.set()
    return event


def explain(settings: Settings, text: str, tell: Callable[[str], None] = lambda _: None) -> Explained:
    """Return who would answer `text`, and why. Nothing is started and nothing is done. `tell` is as in `ask_once`."""
    own = taught(settings)
    skills = _skills(settings, own)
    by_skill = understood, _ = _by_skill(settings, text, skills)
    by_sound = skills.sounds_like(text) if skills and understood is None else None
    notes = Notes(settings.mind.notes, tell) if settings.mind.notes else None
    told = _situation(settings, text, by_skill, None, notes)
    plan = route(told, learned())
    with_cloud = route(replace(told, cloud=QUICK_CLOUD, ask_from=settings.cloud.ask_from), learned())
    box = Toolbox(settings.tools, [lambda: own.tools] if own else [], taken=NAMES)
    tools = tuple(tool.name for tool in tools_for(box, plan, text))
    likeliest = max(plan.odds, key=lambda kind: plan.odds[kind]) if plan.odds else None
    why = reasons(text, likeliest, learned()) if likeliest else ()
    return Explained(plan, with_cloud, why, tools, understood, by_sound)


def _skills(settings: Settings, own: Taught | None) -> Skills | None:
    return Skills(map(Path, settings.mind.grammars), own) if settings.mind.skills else None


def _by_skill(settings: Settings, text: str, skills: Skills | None) -> tuple[Understood | None, Answer | None]:
    """Return what the skills make of it, and their answer where there is one."""
    understood = skills.understand(text) if skills else None
    answered = answer(understood, World(datetime.now().astimezone(), settings.voice.volume)) if understood else None
    return understood, answered


def _situation(
    settings: Settings,
    text: str,
    by_skill: tuple[Understood | None, Answer | None],
    link: Uplink | None,
    notes: Notes | None,
) -> Situation:
    understood, answered = by_skill
    refuses = settings.mind.skills and understood is None
    return situation(text, understood if answered else None, link, notes, refuses=refuses)
