"""A conversation with tools: time is told, engines do what a test tells them, and everything between is real."""

import asyncio
from dataclasses import replace

import numpy as np

from edge_agent.app.conversation import Conversation
from edge_agent.app.happenings import TurnEnded
from edge_agent.base.events import FloorTaken, Typed, VoiceStarted, VoiceStopped
from edge_agent.base.frames import CHUNK, RATE_HZ, Heard
from edge_agent.base.layers import load
from edge_agent.talk.floor.state import State
from edge_agent.talk.mind.skills.answers import NAMES
from edge_agent.talk.mind.tools.tool import Outcome, Risk, Tool
from edge_agent.talk.mind.tools.toolbox import Toolbox
from tests.sim.rooms import FakeLlm, FakeStt, World, settled

ROOM = {
    "type": "object",
    "properties": {"room": {"enum": ["hall", "bath"]}},
    "required": ["room"],
    "additionalProperties": False,
}


class Does:
    """A tool that remembers its calls."""

    def __init__(self, name, risk, *, outcome=None, description="", schema=ROOM, work=None):
        self.calls = []
        self.called = asyncio.Event()
        self._outcome = outcome or Outcome("Done.")
        self._work = work
        self.tool = Tool(name, description or f"Use the {name}.", schema, self._call, risk, 2.0)

    async def _call(self, arguments):
        self.calls.append(dict(arguments))
        self.called.set()
        if self._work:
            await self._work()
        return self._outcome


class Talk:
    """One conversation. `passes` moves the microphone and the loudspeaker."""

    def __init__(self, *does, skills=None, uplink=None, llm=None, settings=None):
        self.world = World(stt=FakeStt(), llm=llm or FakeLlm(("Well. ", "That is that.")))
        self.seen, self.told, self.position, self.voice = [], 0, 0, 0.0
        chosen = {"floor.hold_ms": "0", "floor.merge_ms": "0", "mind.partial_ms": "500"}
        chosen |= {"tools.device": '["*"]', "tools.cloud": '["*"]'}
        self.settings = load({**chosen, **(settings or {})})
        box = Toolbox(self.settings.tools, [lambda: [each.tool for each in does]], taken=NAMES)
        rooms = replace(self.world.rooms, toolbox=box, uplink=uplink, **({"skills": skills} if skills else {}))
        self.conversation = Conversation(
            rooms,
            self.settings,
            judge=self._judge,
            position=lambda: self.position,
            deafen=lambda deaf: None,
            meet=lambda: None,
            watch=self.seen.append,
        )

    async def _judge(self, samples):
        return 1.0

    async def passes(self, seconds):
        """Let so much sound pass both ways."""
        for _ in range(max(1, round(seconds * RATE_HZ / CHUNK))):
            heard = Heard(self.position, np.full(CHUNK, self.voice, np.float32), self.voice, -20.0)
            self.world.plays(CHUNK / RATE_HZ)
            self.position += CHUNK
            self.conversation.hear(heard)
            for event in self.world.speaker_events[self.told :]:
                self.conversation.post(event)
            self.told = len(self.world.speaker_events)
            await settled()

    async def says(self, text, before_the_end=False):
        """Somebody says this; all of it is a turn. The voice may have begun earlier than the last question ended."""
        self.before = len(self.ended)
        self.world.stt.text, self.voice = text, 1.0
        self.conversation.post(VoiceStarted(0 if before_the_end else self.position))
        await self.passes(0.5)
        self.voice = 0.0
        self.conversation.post(VoiceStopped(self.position, 0.064))
        await settled()
        if self.conversation.state is State.PAUSED:  # A busy machine may have ended the pause by itself.
            self.conversation.post(FloorTaken())
        await settled()

    async def types(self, text):
        self.before = len(self.ended)
        self.conversation.post(Typed(text))
        await settled()

    async def answers(self):
        """Let the turn that is under way end, and return what of the answer was heard."""
        async with asyncio.timeout(20):
            while len(self.ended) == self.before:
                await self.passes(0.1)
                await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=0.005)
        return self.ended[-1].heard

    async def exchange(self, text, **how):
        await self.says(text, **how)
        return await self.answers()

    @property
    def ended(self):
        return [happening.timeline for happening in self.seen if isinstance(happening, TurnEnded)]

    @property
    def listens(self):
        return self.conversation.state is State.LISTENING

    async def close(self):
        await self.conversation.close()
        self.world.chores.close()


def gate(**arguments):
    return Does("gate", Risk.IRREVERSIBLE, description="Open the gate of a room.", **arguments)


def lamp(**arguments):
    return Does("lamp", Risk.REVERSIBLE, description="Switch on the lamp of a room.", **arguments)


def book(**arguments):
    return Does("book", Risk.READ, description="Read the guest book of a room.", **arguments)


def talk(story, *does, **arguments):
    """Hold a conversation: `does` make tools, `story` is told the conversation and the tools."""

    async def held():
        tools = [each() for each in does]
        made = {name: value() if name == "uplink" else value for name, value in arguments.items()}
        it = Talk(*tools, **made)
        try:
            await story(it, *tools)
        finally:
            await it.close()

    asyncio.run(held())
