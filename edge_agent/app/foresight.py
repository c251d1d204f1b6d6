"""What the words so far will probably need, made ready while they are still being spoken.

Every glance is routed, as a draft's words are. Of what its plan names, this is begun ahead:

1. a tool that only reads, where the words are a whole command for it: its result waits for the draft;
2. the connection to the cloud, where the plan is to ask it: opened, with no word in it;
3. what the language model will be given: the question for a tool, where one may be found, else the conversation.
   Where a skill or the owner's notes have the answer the model reads nothing, and neither where the words begin a
   command that has more words: most go on as one.

Nothing else happens ahead of the turn's end, and nothing of this can be heard.
"""

from dataclasses import dataclass, replace

from edge_agent.app.doing import tools_for
from edge_agent.app.planning import planned
from edge_agent.app.reading import Reading
from edge_agent.app.replying import without_model
from edge_agent.app.rooms import Rooms
from edge_agent.talk.mind.context import Memory
from edge_agent.talk.mind.llm import Message
from edge_agent.talk.mind.router import Route
from edge_agent.talk.mind.skills import Understood
from edge_agent.talk.mind.tools import calls
from edge_agent.talk.mind.tools.tool import Call, Risk


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What was foreseen of one turn."""

    glances: int = 0
    """How many were routed."""
    route: str = ""
    """Who would have answered by the last of them."""
    calls: int = 0
    """Calls of tools that were begun ahead."""

    @property
    def noted(self) -> dict[str, str | int]:
        """As the turn's record has it."""
        return {"glances": self.glances, "foreseen": self.route, "ahead": self.calls}


class Foresight:
    """Of the turn that is being spoken. Lives on the running loop."""

    def __init__(self, rooms: Rooms, reading: Reading) -> None:
        self.seen = Foreseen()
        self._rooms = rooms
        self._reading = reading

    def reset(self) -> None:
        """Another turn begins."""
        self.seen = Foreseen()
        self._rooms.toolbox.forget_ahead()

    def close(self) -> None:
        """Stop what is under way."""
        self._reading.stop()
        self._rooms.toolbox.forget_ahead()

    def look(self, words: str, memory: Memory, persona: str, *, sparing: bool) -> None:
        """Take the words so far. `sparing` is whether the processor is to be spared: then the model does not read."""
        messages = self._begin(words, memory, persona)
        if messages and not sparing:
            self._reading.read(messages)

    def _begin(self, words: str, memory: Memory, persona: str) -> list[Message]:
        """Begin what can be begun, and return what the model should read meanwhile: often nothing."""
        rooms = self._rooms
        understood = rooms.skills.understand(words) if rooms.skills else None
        if understood is not None and understood.name in rooms.toolbox.tools:
            self._count(Route.SKILL)
            self._call_ahead(understood)
            return []
        decided = planned(words, understood, rooms, memory)
        plan = decided.plan
        self._count(plan.route)
        if plan.route in (Route.CLOUD, Route.HEDGE) and rooms.uplink:
            rooms.uplink.cloud.warm()
        if tools := tools_for(rooms.toolbox, plan, words):
            return calls.messages(tools, words)
        if plan.route is Route.SKILL or without_model(plan, decided.told):
            return []
        if rooms.skills and rooms.skills.can_go_on(words):
            return []
        return memory.messages(persona, words)

    def _count(self, route: Route) -> None:
        self.seen = replace(self.seen, glances=self.seen.glances + 1, route=route.value)

    def _call_ahead(self, understood: Understood) -> None:
        tool = self._rooms.toolbox.tools[understood.name]
        if tool.risk is Risk.READ and understood.score == 1:  # What only resembles a command is not called on a guess.
            begun = self._rooms.toolbox.ahead(tool, Call(tool.name, dict(understood.slots)))
            self.seen = replace(self.seen, calls=self.seen.calls + begun)
