"""One question in writing: the route, the skills and the models of a conversation, without its sound.

Nothing is left running afterwards, so a skill that would start something (a timer) says so and doesn't.
"""

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from edge_agent.app.engines import engines, started
from edge_agent.app.replying import Reply, without_model
from edge_agent.app.rooms import read_notes
from edge_agent.app.uplink import Uplink, situation, uplink
from edge_agent.base.errors import InputError
from edge_agent.base.settings import Settings
from edge_agent.talk.mind.context import Memory
from edge_agent.talk.mind.learned import learned
from edge_agent.talk.mind.notes import Notes
from edge_agent.talk.mind.router import Cloud, Plan, Reason, Route, Situation, reasons, route
from edge_agent.talk.mind.skills import Answer, Skills, Understood, World, answer

QUICK = Cloud(first_word_s=0.5, first_word_p95_s=1.0)
"""A cloud in good health, for "what if there were one"."""


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


async def ask_once(settings: Settings, text: str) -> Answered:
    """Answer `text`. InputError if that would take an agent that keeps running."""
    began = time.monotonic()
    by_skill = _, answered = _by_skill(settings, text)
    async with uplink(settings, lambda _: None) as link:
        told = _situation(settings, text, by_skill, link, await read_notes(settings, lambda _: None))
        plan = route(told, learned())
        if plan.route is Route.SKILL and answered:
            if answered.effect:
                raise InputError("that would change something in a running agent", hint="Say it to `edge-agent talk`.")
            return Answered(answered.say, plan.route.value, plan.reason, 1000 * (time.monotonic() - began))
        if said := without_model(plan, told):
            return Answered(said, plan.route.value, plan.reason, 1000 * (time.monotonic() - began))
        heavy = engines(settings)
        _, llama, _ = heavy.workers
        async with started(llama):
            began = time.monotonic()
            messages = Memory().messages(settings.mind.persona, text)
            asked = asyncio.get_running_loop().time()
            reply = Reply(plan, messages, heavy.llm, link, settings, asked=asked, holds=False)
            reply.commit()
            async with aclosing(reply.lines()) as lines:
                said = " ".join([line.text.strip() async for line in lines])
            ms = 1000 * (time.monotonic() - began)
            return Answered(said, reply.by.value, reply.reason, ms, reply.receipt.provider)


def explain(settings: Settings, text: str) -> Explained:
    """Return who would answer `text`, and why. Nothing is started and nothing is done."""
    by_skill = _by_skill(settings, text)
    notes = Notes(settings.mind.notes) if settings.mind.notes else None
    told = _situation(settings, text, by_skill, None, notes)
    plan = route(told, learned())
    with_cloud = route(replace(told, cloud=QUICK), learned())
    if not plan.odds:
        return Explained(plan, with_cloud, ())
    likeliest = max(plan.odds, key=lambda kind: plan.odds[kind])
    return Explained(plan, with_cloud, reasons(text, likeliest, learned()))


def _by_skill(settings: Settings, text: str) -> tuple[Understood | None, Answer | None]:
    """Return what the skills make of it, and their answer where there is one."""
    understood = Skills(map(Path, settings.mind.grammars)).understand(text) if settings.mind.skills else None
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
