"""One scenario, played with a running agent. What counts is what is heard in the room and what memory holds.

A scene begins when nobody speaks, nothing is remembered and the ear is open. The first
thing that does not hold ends it.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from edge_agent.app.agent import Agent
from edge_agent.base.events import Announced, FloorTaken, Muted, Typed, Unmuted
from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.bench.person import Person
from edge_agent.bench.scenarios import form as do
from edge_agent.bench.scenarios.places import Place
from edge_agent.bench.scenarios.read import Scenario
from edge_agent.bench.scenarios.sounds import sound
from edge_agent.bench.scenarios.watched import PATIENCE_S, Broken, Watched
from edge_agent.talk.ear.room import AUDIBLE
from edge_agent.talk.floor.state import State

BREATH_S = 0.4
"""Of silence, before a scene begins."""

STATE_S = 1.0

SCENE_S = 90.0
"""A scene that takes longer, what is read aloud left out, hangs."""

GAP_S = 0.35
"""Of silence, longer than any breath between two phrases."""

LOUD = 0.01
"""Amplitude (-40 dBFS) at which something that is said begins and ends."""

TALE = (
    "The moon is old, and the sea is older.",
    "They have met every night since the world began.",
    "Nobody knows what they say to each other.",
)


@dataclass(slots=True)
class Scene:
    """One scenario under way."""

    agent: Agent
    place: Place
    watched: Watched
    voice: Mapping[str, Samples]
    """What is said, by its text."""
    recordings: Path | None
    in_a_hurry: bool
    _person: Person = field(init=False)
    _onset: int = 0
    """Position of the first sound of what was said last."""
    _end: int = 0
    """And of the last; or when a key was pressed."""
    _over: int | None = None
    """Number, from 0, of the exchange that was under way then; None if the agent did not speak."""
    _found: int = 0
    """Exchanges up to the one that `agent says` found last."""

    def __post_init__(self) -> None:
        self._person = Person(self.place)

    async def play(self, scenario: Scenario) -> None:
        """Take step after step; Broken says which line did not hold, and what happened."""
        where = "before its first line: "
        try:
            async with asyncio.timeout(SCENE_S + sum(self._reading_s(line.step) for line in scenario.lines)):
                await self._rest()
                self._onset = self._end = self.place.position
                for line in scenario.lines:
                    where = f"line {line.number}, `{line.text}`: "
                    await self._moment(line.step.when)
                    await self._take(line.step)
            where = ""
            self._never(scenario.head.never_says)
        except (Broken, TimeoutError) as broken:
            why = str(broken) or f"it hung in {self.agent.conversation.state.value}"
            raise Broken(f"{where}{why} ({self.watched})") from None

    async def _rest(self) -> None:
        self.agent.post(Unmuted())
        while self.agent.conversation.state is not State.LISTENING:
            self.agent.post(FloorTaken())
            await asyncio.sleep(0.05)
        await self._person.hears_silence(BREATH_S)
        self.agent.conversation.forget()
        self.watched.forget()

    async def _moment(self, when: do.Moment | None) -> None:
        if when is None:
            return
        if not when.agent_speaks:
            if not await self._person.hears_silence(when.for_s, PATIENCE_S):
                raise Broken("it was never silent for so long")
            return
        since = self._end if self.agent.conversation.state is State.SPEAKING else self.place.position
        await self.watched.until(lambda: self.agent.conversation.state is State.SPEAKING, "it did not speak")
        if not await self._person.hears_voice(since, PATIENCE_S):
            raise Broken("it made no sound")
        begun = self.place.last_sound or 0
        await self._person.passes(begun + round(when.for_s * RATE_HZ))
        if self.agent.conversation.state is not State.SPEAKING:
            raise Broken("it did not speak for so long")

    async def _take(self, step: do.Step) -> None:  # noqa: PLR0912 (one case per step)
        match step:
            case do.Say() | do.Backchannel() | do.MakeNoise() | do.PlayRecording():
                await self._say(sound(step, self.voice, self.recordings))
            case do.Type(type=text):
                self._key(Typed(text))
            case do.Announce(announce=text):
                self._key(Announced(text))
            case do.Mute(mute=mute):
                self.agent.post(Muted() if mute else Unmuted())
                await self.watched.until(lambda: self.agent.conversation.muted == mute, "the ear did not obey")
            case do.Press():
                self._key(FloorTaken())
            case do.DeviceIs(device=device):
                await self._device(device == "back")
            case do.Wait(wait=length_s):
                await asyncio.sleep(length_s)
            case do.ReadAloud():
                await self._read_aloud(self._reading_s(step))
            case do.AgentSays():
                await self._agent_says(step)
            case do.AnsweredWithin(answered_within=limit_s):
                await self._answered(limit_s)
            case do.LetsFinish():
                if np.any(np.abs(self._heard(self._onset, self._end)) > AUDIBLE):
                    raise Broken("it spoke before they were done")
            case do.GoesOn():
                await self._goes_on()
            case do.TakesUp():
                await self._takes_up()
            case do.SilentWithin(agent_is_silent_within=limit_s):
                await self._falls_silent(limit_s)
            case do.StaysSilent(agent_stays_silent_for=length_s):
                since = self.place.position
                await self._person.passes(since + round(length_s * RATE_HZ))
                if np.any(np.abs(self.place.voice(since)) > AUDIBLE):
                    raise Broken("it made a sound")
            case do.Answers(answers=count):
                if (so_far := sum(bool(turn.heard) for turn in self.watched.ended)) != count:
                    raise Broken(f"there were {so_far}")
            case do.MemoryHolds(memory_holds=exchange):
                self._memory_holds(exchange)
            case do.StateIs(state=state):
                await self.watched.until(lambda: self.agent.conversation.state is state, "it did not", STATE_S)

    # What somebody does.

    async def _say(self, samples: Samples | None) -> None:
        assert samples is not None
        loud = np.flatnonzero(np.abs(samples) > LOUD)
        speaks = self.agent.conversation.state is State.SPEAKING
        self._over = len(self.watched.ended) if speaks else None
        start, _ = self._person.says(samples)
        self._onset, self._end = start + int(loud[0]), start + int(loud[-1])
        await self._person.passes(self._end)

    def _key(self, event: Typed | Announced | FloorTaken) -> None:
        self._end = self.place.position
        self.agent.post(event)

    async def _device(self, back: bool) -> None:
        if not back:
            await asyncio.to_thread(self.place.pull)
            return
        await asyncio.to_thread(self.place.plug)
        begun = self.agent.listener.position
        async with asyncio.timeout(PATIENCE_S):
            while self.agent.listener.position < begun + RATE_HZ // 2:  # noqa: ASYNC110 (the clock is samples)
                await asyncio.sleep(0.05)

    def _reading_s(self, step: do.Step) -> float:
        if not isinstance(step, do.ReadAloud):
            return 0.0
        return step.in_a_hurry if self.in_a_hurry else step.agent_reads_aloud_for

    async def _read_aloud(self, length_s: float) -> None:
        until = self.place.position + round(length_s * RATE_HZ)
        read = 0
        while self.place.position < until:
            self._key(Announced(TALE[read % len(TALE)]))
            read += 1
            await self.watched.until(lambda: len(self.watched.ended) >= read, "a sentence did not end")  # noqa: B023
            if (turn := self.watched.ended[-1]).interrupted or self.watched.words:
                raise Broken(f"it interrupted itself after {turn.heard!r}, having heard {self.watched.words}")

    # What must hold.

    async def _agent_says(self, step: do.AgentSays) -> None:
        await self.watched.until(lambda: self._matches(step), f"not within {step.within:g} s", step.within)
        self._found = self._matches(step)

    def _matches(self, step: do.AgentSays) -> int:
        """Number, from 1, of the first exchange that is meant; 0 if there is none."""
        for number, turn in enumerate(self.watched.ended[self._found :], self._found + 1):
            if (
                turn.heard
                and step.agent_says.search(turn.heard)
                and (step.to is None or step.to.search(turn.user))
                and step.by in (None, turn.kind)
                and step.cut in (None, turn.interrupted)
            ):
                return number
        return 0

    async def _answered(self, limit_s: float) -> None:
        if not await self._person.hears_voice(self._end, limit_s + PATIENCE_S):
            raise Broken("it was not")
        sounds = np.flatnonzero(np.abs(self.place.voice(self._end)) > AUDIBLE)
        if sounds[0] > limit_s * RATE_HZ:
            raise Broken(f"it was after {1000 * sounds[0] / RATE_HZ:.0f} ms")

    async def _goes_on(self) -> None:
        over = self._over
        if over is None:
            raise Broken("it was not speaking: speak over it sooner")
        await self.watched.until(lambda: len(self.watched.ended) > over, "the answer did not end", 3 * PATIENCE_S)
        turn = self.watched.ended[over]
        if turn.interrupted:
            raise Broken(f"it gave up after {turn.heard!r}")
        if not np.any(np.abs(self.place.voice(self._end)) > AUDIBLE):
            raise Broken("it had nothing more to say: speak over it sooner")

    async def _takes_up(self) -> None:
        cut = [turn for turn in self.watched.ended if turn.interrupted]
        if not cut:
            raise Broken("nothing was cut off before")
        spoken = len(self.watched.ended)
        await self.watched.until(lambda: len(self.watched.ended) > spoken, "nothing was said")
        rest = self.watched.ended[spoken].heard
        if not rest or not cut[-1].unheard.startswith(rest):
            raise Broken(f"it had {cut[-1].unheard!r} left to say, and said {rest!r}")

    async def _falls_silent(self, limit_s: float) -> None:
        gap = round(GAP_S * RATE_HZ)
        await self._person.passes(self._onset + round(limit_s * RATE_HZ) + 2 * gap)
        voice = self._heard(self._onset, self.place.position)
        edges = np.array([0, *np.flatnonzero(np.abs(voice) > AUDIBLE), voice.size])
        gaps = np.flatnonzero(np.diff(edges) >= gap)
        silent = int(edges[gaps[0]]) if gaps.size else voice.size
        if silent > limit_s * RATE_HZ:
            raise Broken(f"it was after {1000 * silent / RATE_HZ:.0f} ms" if gaps.size else "it was not")

    def _memory_holds(self, wanted: do.Remembered) -> None:
        exchanges = self.agent.conversation.memory.exchanges
        for one in exchanges:
            if wanted.user.search(one.user) and wanted.agent.search(one.agent) and wanted.cut == bool(one.unheard):
                return
        held = "; ".join(f"{one.user!r}: {one.reply!r}" for one in exchanges)
        raise Broken(f"memory holds {held or 'nothing'}")

    def _never(self, patterns: Sequence[re.Pattern[str]]) -> None:
        for turn in self.watched.ended:
            for pattern in patterns:
                if pattern.search(turn.heard):
                    raise Broken(f"it said {turn.heard!r}, which has `{pattern.pattern}`")

    def _heard(self, start: int, end: int) -> Samples:
        return self.place.voice(start)[: end - start]
