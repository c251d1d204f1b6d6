"""One question in writing: the route, the skills and the models of a conversation, without its sound.

Nothing is left running afterwards, so a skill that would start something (a timer) says so and doesn't.
"""

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from edge_agent.app.engines import engines, started
from edge_agent.app.replying import Reply
from edge_agent.app.uplink import situation, uplink
from edge_agent.base.errors import InputError
from edge_agent.base.settings import Settings
from edge_agent.talk.mind.context import Memory
from edge_agent.talk.mind.router import Route, route
from edge_agent.talk.mind.skills import Skills, World, answer


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


async def ask_once(settings: Settings, text: str) -> Answered:
    """Answer `text`. InputError if that would take an agent that keeps running."""
    understood = Skills().understand(text) if settings.mind.skills else None
    began = time.monotonic()
    world = World(datetime.now().astimezone(), settings.voice.volume)
    answered = answer(understood, world) if understood else None
    async with uplink(settings.cloud, lambda _: None) as link:
        plan = route(situation(text, understood if answered else None, link))
        if plan.route is Route.SKILL and answered:
            if answered.effect:
                raise InputError("that would change something in a running agent", hint="Say it to `edge-agent talk`.")
            return Answered(answered.say, plan.route.value, plan.reason, 1000 * (time.monotonic() - began))
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
