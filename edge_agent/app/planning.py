"""Who answers what was said, or what of it was made out so far: all that the router is told, gathered from the rooms.

Nothing is begun here and nothing is sent; it takes a millisecond or less, so it may be asked about every glance.
"""

import asyncio
from dataclasses import dataclass

from edge_agent.app.rooms import Rooms
from edge_agent.app.uplink import situation
from edge_agent.talk.mind.context import Memory
from edge_agent.talk.mind.router import Plan, Situation, route
from edge_agent.talk.mind.skills import Answer, Understood, answer


@dataclass(frozen=True, slots=True)
class Planned:
    """One decision, and what it was made of."""

    plan: Plan
    told: Situation
    answered: Answer | None
    """Of a skill that ships, where one has an answer. Its effect is only described."""


def planned(words: str, understood: Understood | None, rooms: Rooms, memory: Memory) -> Planned:
    """Decide who answers `words`, of which the skills made `understood`. To be called on the running loop."""
    answered = answer(understood, rooms.chores.world(memory)) if understood else None
    told = situation(
        words,
        understood if answered else None,
        rooms.uplink,
        rooms.notes,
        refuses=rooms.skills is not None and understood is None,
        memory=memory,
        load=rooms.promptness.load(asyncio.get_running_loop().time()),
    )
    return Planned(route(told, rooms.weights), told, answered)
