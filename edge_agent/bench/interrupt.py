"""How soon it is silent when you talk over it, and whether it goes on after a cough: the whole agent, in real time, or
all that has a say in it in told time (`told_time.py`), which takes a quarter as long and needs no quiet machine.

The agent reads a story aloud in simulated rooms (`echo_rooms.py`), and human recordings are played over it, as loud as
the echo of its own voice at the microphone (0 dB) and softer (-5 dB). Speech is to stop it. A noise, and whatever else
people do without wanting the floor, is to leave it speaking in the end, lowered or paused as it may have been. Among
recordings of noise there may be people who say something, so what is nobody's speech is counted by itself, too.

What became of them is read out of the loudspeaker's sound (`interrupt_cases.py`).
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from edge_agent.app.agent import running
from edge_agent.app.conversation import Conversation
from edge_agent.app.happenings import Happening, TurnEnded, Watch
from edge_agent.base.events import Announced, Event, FloorTaken
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.settings import Settings
from edge_agent.bench import echo_rooms, recordings
from edge_agent.bench.interrupt_cases import RATIOS_DB, Case, Clip, active_dbfs, measured, report
from edge_agent.bench.person import Person
from edge_agent.bench.told_engines import RealTime, hearing_and_speaking
from edge_agent.bench.told_time import ToldTime, living
from edge_agent.talk.ear.room import Room
from edge_agent.talk.floor.state import State

STORY = (
    "Once upon a time there was a small lighthouse at the end of a long and narrow island. Every evening the keeper "
    "climbed the stairs, lit the lamp, and looked out over the dark water. One night a storm came up from the south, "
    "and the waves were higher than the oldest fisherman had ever seen them. But the lamp burned until the morning."
)

SPEECH = "speech"
"""The label of what is to stop it."""

ECHO_DB = -6.0
"""The loudspeaker's level at the microphone against what it was given, whatever the room. The agent's voice then comes
there at about -30 dBFS, and so does somebody's who is as loud, as from an arm's length. Where an echo is fainter, one
who is as loud as it is whispers from afar, and what is measured is the room's noise."""

ROOMS = 4
LEAD_S = 0.3
"""Of each recording, kept before its voice begins."""
LENGTH_S = 3.0
"""Kept after that."""
INTO_S = 1.2
"""Of the story, before somebody speaks."""
BREATH_S = 0.4
PATIENCE_S = 2.5
"""After a recording, in which the agent may make up its mind."""

Progress = Callable[[str, int, int], None]


class Subject(Protocol):
    """What is talked over: an agent that runs."""

    @property
    def conversation(self) -> Conversation:
        """It holds this one."""

    @property
    def post(self) -> Callable[[Event], None]:
        """Tells it something."""


Begun = Callable[[Settings, Room, Watch], AbstractAsyncContextManager[Subject]]


def run(data: Path, settings: Settings, count: int, progress: Progress) -> dict[str, Any]:
    """Play `count` clips of either kind (0: all) at each level in real time; return what the report's `data` has."""
    return report(asyncio.run(_played(cases(data, count), data, settings, running, progress, real_time=True)))


def run_fast(data: Path, settings: Settings, count: int, progress: Progress) -> dict[str, Any]:
    """Do the same in told time."""

    async def told(engines: RealTime) -> list[Case]:
        async with hearing_and_speaking(settings, engines) as (stt, tts):
            begun = partial(living, stt=stt, tts=tts)
            return await _played(cases(data, count), data, settings, begun, progress, real_time=False)

    with closing(RealTime()) as engines, asyncio.Runner(loop_factory=ToldTime) as runner:
        return report(runner.run(told(engines)))


def cases(data: Path, count: int) -> list[tuple[Clip, int]]:
    """Return what is to be played, and how loud against the echo, dB: `count` clips of either kind at each level."""
    spoken = recordings.interruptions(data)
    clips = [
        *_some([_clip(one, one.start_s, stops=True) for one in spoken if one.label == SPEECH], count),
        *_some(
            [
                *(_clip(one, one.start_s, stops=False) for one in spoken if one.label != SPEECH),
                *(_clip(one, 0.0, stops=False) for one in recordings.noises(data)),
            ],
            count,
        ),
    ]
    return [(clip, ratio_db) for ratio_db in RATIOS_DB for clip in clips]


async def _played(
    todo: Sequence[tuple[Clip, int]],
    data: Path,
    settings: Settings,
    begun: Begun,
    progress: Progress,
    *,
    real_time: bool,
) -> list[Case]:
    responses = [recordings.load(room.path) for room in recordings.rooms(data)]
    played: list[Case] = []
    for number in range(ROOMS):
        acoustics = replace(echo_rooms.draw(number, responses, [], 0.0).acoustics, echo_db=ECHO_DB)
        room = Room(acoustics, RATE_HZ, real_time=real_time, keep_s=20.0 * len(todo))
        for case in await _live(settings, room, begun, todo[number::ROOMS]):
            progress("interruptions", len(played), len(todo))
            played.append(case)
    return played


async def _live(settings: Settings, room: Room, begun: Begun, todo: Sequence[tuple[Clip, int]]) -> list[Case]:
    ended: list[TurnEnded] = []
    played: list[Case] = []

    def watch(happening: Happening) -> None:
        if isinstance(happening, TurnEnded):
            ended.append(happening)

    person = Person(room)
    async with begun(settings, room, watch) as agent:
        await _begin_story(agent, room, person)
        await person.passes(room.position + 2 * RATE_HZ)
        echo_dbfs = active_dbfs(room.recording.agent) + ECHO_DB
        await _hush(agent, person)
        for clip, ratio_db in todo:
            agent.conversation.forget()  # Every clip is another person.
            await _begin_story(agent, room, person)
            known = len(ended)
            gain_db = echo_dbfs + ratio_db - active_dbfs(clip.samples)
            start, end = person.says((clip.samples * 10 ** (gain_db / 20)).astype(np.float32))
            await person.passes(end)
            await _makes_up_its_mind(room, end, ended, known)
            played.append(Case(clip, ratio_db, start + clip.onset, end, gave_up=len(ended) > known))
            await _hush(agent, person)
    agent_sound = room.recording.agent
    return [measured(case, agent_sound) for case in played]


async def _begin_story(agent: Subject, room: Room, person: Person) -> None:
    begun = room.position
    agent.post(Announced(STORY))
    await person.hears_voice(begun, 8.0)
    await person.passes(room.position + int(INTO_S * RATE_HZ))


async def _makes_up_its_mind(room: Room, end: int, ended: Sequence[TurnEnded], known: int) -> None:
    undecided_until = end + PATIENCE_S * RATE_HZ
    while room.position < undecided_until and len(ended) == known:  # noqa: ASYNC110 (the clock is samples)
        await asyncio.sleep(0.02)


async def _hush(agent: Subject, person: Person) -> None:
    """Take the floor until nobody speaks: what was asked is answered by nobody."""
    while agent.conversation.state is not State.LISTENING:
        agent.post(FloorTaken())
        await asyncio.sleep(0.05)
    await person.hears_silence(BREATH_S)


def _clip(one: recordings.Interruption | recordings.Sound, start_s: float, *, stops: bool) -> Clip:
    lead_s = min(start_s, LEAD_S)
    first = int((start_s - lead_s) * RATE_HZ)
    samples = recordings.load(one.path)[first : first + int((lead_s + LENGTH_S) * RATE_HZ)]
    return Clip(one.path.stem, stops, samples, int(lead_s * RATE_HZ), recordings.names_speech(one.label))


def _some(clips: Sequence[Clip], count: int) -> Iterator[Clip]:
    """`count` of them (0: all), from all over the list."""
    step = max(1, len(clips) // count) if count else 1
    return iter(clips[::step][: count or None])
