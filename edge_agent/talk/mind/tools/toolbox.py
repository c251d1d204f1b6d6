"""All tools, by name; and one turn's calls.

1. Names are unique: what comes later with a name that is taken is left out. So are the names of the skills that ship.
2. No model may call anything that the owner has not listed for it.
3. Arguments are valid for the tool's schema before it is called; a schema that is none makes every call invalid.
4. There are at most so many calls in a turn, and in a minute; each has a time-out.
5. Whatever happens, a call returns an Outcome. Only a cancel goes through, and reaches the tool. What went wrong is
   logged by its place: the message of an error may hold what somebody said.
6. `policy.py` decides; a call that it lets wait for the commit waits here.
7. What only reads may be called ahead of a turn (`ahead.py`); such a call counts in its minute, and not in the turn.
"""

import asyncio
import json
import logging
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry

from edge_agent.base.settings_tools import ToolSettings
from edge_agent.talk.mind.cloud.outgoing import Offer, Wanted, restored
from edge_agent.talk.mind.tools.ahead import Ahead
from edge_agent.talk.mind.tools.consent import question
from edge_agent.talk.mind.tools.policy import Asker, Verdict, verdict
from edge_agent.talk.mind.tools.tool import Call, Failure, Outcome, Risk, Tool

log = logging.getLogger(__name__)

Source = Callable[[], Iterable[Tool]]
"""What has tools: asked whenever they are needed, and answers at once with those that there are now."""

Begins = Callable[[], Awaitable[bool]]
"""Whether a yes still stands, and has not been used yet; it may wait until that is certain."""

ANY = "*"
"""In a list of tools: all of them."""

MINUTE_S = 60.0

RESULT_CHARS_MAX = 4000
"""Of a tool's text. A small model's context has room for no more."""


class Toolbox:
    """What can be called. Lives on the running loop."""

    def __init__(
        self,
        settings: ToolSettings,
        sources: Iterable[Source] = (),
        taken: Collection[str] = (),
        on_call: Callable[[Risk, Failure | None], None] = lambda risk, failure: None,
    ) -> None:
        """`taken` are names that no tool may have. `on_call` is told of each call: why it failed, or None."""
        self.on_call = on_call
        self.settings = settings
        self._sources = tuple(sources)
        self._taken = frozenset(taken)
        self._called_at: deque[float] = deque()
        self._warned: set[str] = set()
        self._ahead = Ahead()

    @property
    def tools(self) -> dict[str, Tool]:
        """All of them, by name."""
        found: dict[str, Tool] = {}
        for tool in (tool for source in self._sources for tool in source()):
            if tool.name in found or tool.name in self._taken:
                if tool.name not in self._warned:
                    self._warned.add(tool.name)
                    log.warning("a tool is left out: the name %s is taken", tool.name)
            else:
                found[tool.name] = tool
        return found

    def listed(self, asker: Asker) -> dict[str, Tool]:
        """Return those that a model may call, in the order of the list; of `*`, in their own."""
        names = {Asker.DEVICE: self.settings.device, Asker.CLOUD: self.settings.cloud}.get(asker, (ANY,))
        tools = {name: tool for name, tool in self.tools.items() if tool.can_be_called}
        return tools if ANY in names else {name: tools[name] for name in names if name in tools}

    def turn(self, committed: asyncio.Event) -> "TurnCalls":
        """Return what makes the calls of one turn, which may be `committed` already."""
        return TurnCalls(self, committed)

    def ahead(self, tool: Tool, call: Call) -> bool:
        """Call what only reads before anybody asked for it; whether it was begun, and was not there already."""
        assert tool.risk is Risk.READ, "what changes something waits for the turn's end"
        return self._ahead.begin(call, lambda: self.run(tool, call))

    def made_ahead(self, call: Call) -> asyncio.Task[Outcome] | None:
        """Return this call if it was made ahead; it is the caller's from now on."""
        return self._ahead.take(call)

    def forget_ahead(self) -> None:
        """What was called ahead is wanted by nobody."""
        self._ahead.drop()

    async def run(self, tool: Tool, call: Call) -> Outcome:
        """Call a tool whose call was decided upon (rules 3 to 5)."""
        if problem := _problem(tool.schema, call.arguments):
            log.info("the arguments of a call of %s are not valid", tool.name)
            return Outcome(text=problem, failure=Failure.INVALID)
        now = asyncio.get_running_loop().time()
        while self._called_at and self._called_at[0] <= now - MINUTE_S:
            self._called_at.popleft()
        if len(self._called_at) >= self.settings.calls_per_minute:
            return Outcome(failure=Failure.TOO_OFTEN)
        self._called_at.append(now)
        try:
            async with asyncio.timeout(tool.timeout_s):
                outcome = await tool.call(call.arguments)
        except TimeoutError:
            log.warning("the tool %s took longer than %s s", tool.name, tool.timeout_s)
            return Outcome(failure=Failure.SLOW)
        except Exception as error:
            log.warning("the tool %s failed: %s at %s", tool.name, type(error).__name__, _place(error))
            return Outcome(failure=Failure.BROKEN)
        return replace(outcome, text=outcome.text[:RESULT_CHARS_MAX])


class TurnCalls:
    """The calls of one turn."""

    def __init__(self, toolbox: Toolbox, committed: asyncio.Event) -> None:
        self.untrusted = False
        """Whether the turn holds text from elsewhere. Once it does, it does."""
        self.asks: Call | None = None
        """The call that waits for a yes, where the turn ends in the question for it."""
        self.undos: list[Callable[[], Awaitable[None]]] = []
        """What takes back what was done, the latest last."""
        self.ahead = 0
        """How many of them had been made ahead."""
        self._toolbox = toolbox
        self._committed = committed
        self._count = 0

    async def call(self, call: Call, asker: Asker, begins: Begins | None = None) -> Outcome:
        """Call it as soon as it may be called, or say why not.

        `begins` is given for a call to which the person said yes, and is asked right before it.
        """
        tool = self._toolbox.tools.get(call.name)
        if tool is None:
            return Outcome(failure=Failure.UNKNOWN)
        outcome = await self._made(tool, call, asker, begins)
        if self.asks is not call:  # It will be told when the person has said yes.
            self._toolbox.on_call(tool.risk, outcome.failure)
        return outcome

    async def _made(self, tool: Tool, call: Call, asker: Asker, begins: Begins | None) -> Outcome:
        if self._count >= self._toolbox.settings.calls_per_turn:
            return Outcome(failure=Failure.TOO_MANY)
        self._count += 1
        decided = verdict(
            tool.risk,
            asker,
            listed=asker is not Asker.PERSON and call.name in self._toolbox.listed(asker),
            committed=self._committed.is_set(),
            untrusted=self.untrusted,
            confirmed=begins is not None,
        )
        if isinstance(decided, Failure):
            log.info("the tool %s is not called: %s", call.name, decided.value)
            return Outcome(failure=decided)
        if decided is Verdict.ASK:
            return self._ask(tool, call)
        if decided is Verdict.AT_COMMIT:
            await self._committed.wait()
        if begins is not None and not await begins():
            return Outcome(failure=Failure.TOO_MANY)
        made = self._toolbox.made_ahead(call)
        self.ahead += made is not None
        outcome = await (made or self._toolbox.run(tool, call))
        self.untrusted = self.untrusted or not outcome.trusted
        self.undos += [outcome.undo] if outcome.undo else []
        return outcome

    def offers(self) -> tuple[Offer, ...]:
        """Return what a cloud model may want called: none of it irreversible."""
        listed = self._toolbox.listed(Asker.CLOUD).values()
        return tuple(
            Offer(tool.name, tool.description, tool.schema) for tool in listed if tool.risk is not Risk.IRREVERSIBLE
        )

    async def from_cloud(self, wanted: Wanted, restore: Callable[[str], str]) -> str:
        """Make a call that a cloud model wants, and return what it is told: what came of it, or why nothing did.

        `restore` puts back into the arguments what was kept from it.
        """
        try:
            arguments = json.loads(wanted.arguments or "{}")
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict):
            tool = self._toolbox.tools.get(wanted.name)
            self._toolbox.on_call(tool.risk if tool else Risk.IRREVERSIBLE, Failure.INVALID)
            return f"error: {Failure.INVALID.value}"
        outcome = await self.call(Call(wanted.name, restored(arguments, restore)), Asker.CLOUD)
        if outcome.failure is not None:
            return f"error: {outcome.failure.value}{': ' if outcome.text else ''}{outcome.text}"
        return outcome.text or outcome.say or "done"

    def _ask(self, tool: Tool, call: Call) -> Outcome:
        if problem := _problem(tool.schema, call.arguments):
            return Outcome(text=problem, failure=Failure.INVALID)
        asked = question(tool, call.arguments)
        if asked is None:
            return Outcome(failure=Failure.UNSPEAKABLE)
        self.asks = call
        return Outcome(say=asked)


def _place(error: Exception) -> str:
    """Where it was raised: a file and a line."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"


def _problem(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> str:
    """Return what is wrong with the arguments, in one line; empty if nothing is."""
    try:
        _validator(_Schema(schema)).validate(dict(arguments))
    except ValidationError as error:
        where = ".".join(map(str, error.absolute_path))
        return f"{where}: {error.message}"[:200] if where else error.message[:200]
    except SchemaError as error:
        return f"the tool's schema is none: {error.message}"[:200]
    except Exception as error:  # A reference to nowhere, or to a machine: nothing is fetched.
        return f"the tool's schema can't be used: {type(error).__name__}"
    return ""


class _Schema:
    """A schema by its identity: it may be large, and is looked at in every call."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Schema) and other.schema is self.schema


@lru_cache(128)
def _validator(schema: _Schema) -> Draft202012Validator:
    Draft202012Validator.check_schema(schema.schema)
    # A registry of its own: the library's default fetches what a reference names.
    return Draft202012Validator(dict(schema.schema), registry=Registry())
