"""One question in writing: the route, the skills and the model of a conversation, without its sound.

Nothing is left running afterwards, so a skill that would start something (a timer) says so and doesn't.
"""

import time
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edge_agent.app.engines import engines, started
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


async def ask_once(settings: Settings, text: str) -> Answered:
    """Answer `text`. InputError if that would take an agent that keeps running."""
    understood = Skills(map(Path, settings.mind.grammars)).understand(text) if settings.mind.skills else None
    began = time.monotonic()
    world = World(datetime.now().astimezone(), settings.voice.volume)
    answered = answer(understood, world) if understood else None
    plan = route(text, understood if answered else None)
    if plan.route is Route.SKILL and answered:
        if answered.effect:
            raise InputError("that would change something in a running agent", hint="Say it to `edge-agent talk`.")
        return Answered(answered.say, plan.route.value, plan.reason, 1000 * (time.monotonic() - began))
    heavy = engines(settings)
    _, llama, _ = heavy.workers
    async with started(llama):
        began = time.monotonic()
        async with aclosing(heavy.llm.reply(Memory().messages(settings.mind.persona, text))) as pieces:
            reply = "".join([piece async for piece in pieces])
        return Answered(reply.strip(), plan.route.value, plan.reason, 1000 * (time.monotonic() - began))
