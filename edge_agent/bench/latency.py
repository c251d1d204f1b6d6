"""How soon the agent answers: from the last sample of the user's voice to the first of the agent's, from outside.

Human recordings are played into a simulated room in real time, one after the other, to the whole agent as it would run
on the device. What counts is the sound in the room's recording, not what the agent thinks of itself; its own timelines
are read only to say where the time went.

Each clip is played twice: with the folder's `grammar.yaml` as its skill (`skill`), and without any (`local`), so that
nothing is answered but by the model. A clip in whose speech the agent begins to talk is a false cut-off: it counts as
one, and not as an answer.

Where a provider is named, which may cost money, some are played once more, to be answered by it (`cloud`): those that
the router hands over, by what speech-to-text makes of them. What it then kept nevertheless, having heard other words,
is told apart (`kept`).
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from edge_agent.app.agent import Agent, running
from edge_agent.app.costs import Try
from edge_agent.app.engines import hearing, started
from edge_agent.app.happenings import Happening, TurnEnded
from edge_agent.app.timeline import Stage, Timeline
from edge_agent.base.events import FloorTaken
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.settings import Settings
from edge_agent.base.settings_cloud import CloudSettings
from edge_agent.bench import recordings
from edge_agent.bench.person import Person
from edge_agent.bench.recordings import Intent
from edge_agent.bench.route import HANDED
from edge_agent.supply.fleet.models import models
from edge_agent.talk.ear.room import AUDIBLE, Room
from edge_agent.talk.mind.learned import learned
from edge_agent.talk.mind.router import QUICK_CLOUD, Situation, route
from edge_agent.talk.mind.skills import Skills

ANSWER_S = 6.0
"""Longest wait for an answer."""

TAIL_S = 2.5
"""Recording kept after the speech, as far as there is any: the silence that follows is part of the question."""

BREATH_S = 0.6
"""Silence between two clips."""

WHOLE_EVERY = 5
"""Every so many answers one is heard to its end, the others only until they have begun: what a turn costs, and how much
of that is thrown away, is known of a whole one alone."""

HEARD_EVERY = 8
"""Clips for a cloud are looked for among every eighth, then among those behind them, and so on: whoever spoke first is
not all that is heard."""

Progress = Callable[[str, int, int], None]


class Talker(Protocol):
    """Whoever answers in a room: our agent, or another."""

    async def fall_silent(self) -> None:
        """Be interrupted."""

    async def forget(self) -> None:
        """Forget the conversation: every clip is another person."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One clip as it was played; positions at `RATE_HZ`."""

    clip: Intent
    start: int
    speech_end: int
    whole: bool
    """Whether its answer was heard to the end."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one clip."""

    clip: str
    kind: str
    ms: float | None
    """From the last sample of the voice to the first of the answer; None if there was none."""
    cut_off: bool
    """The agent began to talk before the user was done."""
    timeline: Timeline | None
    whole: bool
    """Whether it was heard to its end."""


async def run(data: Path, settings: Settings, count: int, progress: Progress) -> dict[str, Any]:
    """Play `count` clips of `data`/intents (0: all) in each kind, and return what the report's `data` has."""
    clips = chosen(recordings.intents(data), count)
    kiosk = Skills([data / "intents" / "grammar.yaml"])
    alone = settings.model_copy(update={"cloud": CloudSettings()})
    given = await play(clips, "skill", kiosk, alone, progress)
    given += await play(clips, "local", kiosk, _unskilled(alone), progress)
    if settings.cloud.providers:
        unskilled = _unskilled(settings)
        questions = await for_a_cloud(recordings.intents(data), unskilled, count)
        given += told_apart(await play(questions, "cloud", kiosk, unskilled, progress))
    return report(given)


async def for_a_cloud(clips: Sequence[Intent], settings: Settings, count: int) -> list[Intent]:
    """Take `count` clips (0: all there are) that the router hands over to a quick cloud, from all over the folder."""
    stt, worker = hearing(models(settings))
    found: list[Intent] = []
    async with started(worker):
        for clip in (clips[at] for start in range(HEARD_EVERY) for at in range(start, len(clips), HEARD_EVERY)):
            heard = recordings.load(clip.path)[: int(clip.end_s * RATE_HZ)]
            words = (await stt.transcribe(heard, final=True)).text
            if route(Situation(words, cloud=QUICK_CLOUD), learned()).route in HANDED:
                found.append(clip)
            if len(found) == count:
                break
    return found


def told_apart(answers: Sequence[Answer]) -> list[Answer]:
    """Say of a cloud's answers which were none: nothing of the turn tells of one."""
    return [answer if _handed_over(answer.timeline) else replace(answer, kind="kept") for answer in answers]


def _handed_over(line: Timeline | None) -> bool:
    return line is not None and (line.provider != "" or Stage.HOLD in line.stamps)


def _unskilled(settings: Settings) -> Settings:
    return settings.model_copy(update={"mind": settings.mind.model_copy(update={"skills": False})})


def chosen(clips: Sequence[Intent], count: int) -> list[Intent]:
    """Take `count` clips (0: all) from all over the folder."""
    return list(clips[:: max(1, len(clips) // count)][:count] if count else clips)


async def play(
    clips: Sequence[Intent], kind: str, skills: Skills, settings: Settings, progress: Progress
) -> list[Answer]:
    """Say the clips to the whole agent, with these skills and settings, in a room of its own."""
    timelines: list[Timeline] = []

    def watch(happening: Happening) -> None:
        if isinstance(happening, TurnEnded):
            timelines.append(happening.timeline)

    room = Room(keep_s=len(clips) * 30.0)
    async with running(settings, room, watch, skills) as agent:
        asked = await converse(clips, room, _Ours(agent), lambda *at: progress(kind, *at))
    return answers(kind, asked, room, timelines)


@dataclass(frozen=True, slots=True)
class _Ours:
    """Our agent as a talker."""

    agent: Agent

    async def fall_silent(self) -> None:
        self.agent.post(FloorTaken())

    async def forget(self) -> None:
        self.agent.conversation.forget()


async def converse(
    clips: Sequence[Intent], room: Room, talker: Talker, progress: Callable[[int, int], None]
) -> list[Asked]:
    """Say one clip after the other to whoever listens in the room."""
    person = Person(room)
    asked: list[Asked] = []
    for number, clip in enumerate(clips):
        progress(number, len(clips))
        samples = recordings.load(clip.path)[: int((clip.end_s + TAIL_S) * RATE_HZ)]
        await person.hears_silence(BREATH_S)
        start, end = person.says(samples)
        speech_end = start + int(clip.end_s * RATE_HZ)
        whole = number % WHOLE_EVERY == 0
        asked.append(Asked(clip, start, speech_end, whole))
        await person.passes(speech_end)
        await person.hears_voice(speech_end, ANSWER_S)
        if whole:
            await person.hears_silence(BREATH_S)
        await _hush(talker, person)
        await person.passes(end)
    return asked


async def _hush(talker: Talker, person: Person) -> None:
    """The answer has begun, which is all that is asked of most: take the floor, so that the next clip need not wait."""
    await asyncio.sleep(0.2)
    await talker.fall_silent()
    await person.hears_silence(0.2)
    await talker.forget()


def answers(kind: str, asked: Sequence[Asked], room: Room, timelines: Sequence[Timeline] = ()) -> list[Answer]:
    """Read all answers out of the room's recording."""
    sounding = np.flatnonzero(np.abs(room.recording.agent) > AUDIBLE) * RATE_HZ // room.rate_hz
    return [_answer(kind, one, sounding, timelines) for one in asked]


def _answer(kind: str, asked: Asked, sounding: NDArray[np.int64], timelines: Sequence[Timeline]) -> Answer:
    """Read one clip's answer out of the positions at which the agent sounded."""
    speech_end = asked.speech_end
    cut_off = bool(np.any((sounding >= asked.start) & (sounding < speech_end)))
    after = sounding[(sounding >= speech_end) & (sounding < speech_end + ANSWER_S * RATE_HZ)]
    ms = float(after[0] - speech_end) * 1000 / RATE_HZ if after.size else None
    near = [t for t in timelines if abs(t.stamps.get(Stage.SPEECH_END, -RATE_HZ) - speech_end) < RATE_HZ]
    return Answer(asked.clip.path.stem, kind, ms, cut_off, near[0] if near else None, asked.whole)


def report(answers: Sequence[Answer]) -> dict[str, Any]:
    """Sum up. A cut-off's delay is no latency: the answer came after half of the question."""
    timely = [answer for answer in answers if answer.ms is not None and not answer.cut_off]
    kinds = sorted({answer.kind for answer in answers})
    return {
        "n": len(answers),
        "answered": len(timely),
        "false_cutoffs": sum(answer.cut_off for answer in answers),
        **_percentiles(timely),
        "by_kind": {kind: _of([answer for answer in timely if answer.kind == kind]) for kind in kinds},
        "stages": _stages([answer.timeline for answer in timely if answer.timeline]),
        **_thrown([answer.timeline for answer in timely if answer.timeline and answer.whole]),
        "answers": [
            {"clip": answer.clip, "kind": answer.kind, "ms": answer.ms, "cut_off": answer.cut_off} for answer in answers
        ],
    }


def _of(answers: Sequence[Answer]) -> dict[str, float | int | None]:
    return {"n": len(answers), **_percentiles(answers)}


def _percentiles(answers: Sequence[Answer]) -> dict[str, float | None]:
    all_ms = [answer.ms for answer in answers if answer.ms is not None]
    if not all_ms:
        return {"p50_ms": None, "p95_ms": None}
    return {"p50_ms": round(float(np.percentile(all_ms, 50)), 1), "p95_ms": round(float(np.percentile(all_ms, 95)), 1)}


def _thrown(timelines: Sequence[Timeline]) -> dict[str, Any]:
    """Shares of the engines' processor time that did not go into the answers, of which all was heard."""
    work_ms = sum(timeline.work_ms for timeline in timelines)
    if not work_ms:
        return {"thrown_pct": None, "thrown_pct_by": {}}
    by = {what: sum(timeline.thrown.get(what, 0.0) for timeline in timelines) for what in Try}
    return {
        "thrown_pct": round(100 * sum(by.values()) / work_ms, 1),
        "thrown_pct_by": {what.value: round(100 * ms / work_ms, 1) for what, ms in by.items()},
    }


def _stages(timelines: Sequence[Timeline]) -> dict[str, float]:
    """Median of each stage, ms from the end of the voice as the agent itself heard it."""
    found: dict[str, float] = {}
    for stage in Stage:
        known = [ms for timeline in timelines if (ms := timeline.since_speech_end_ms(stage)) is not None]
        if known:
            found[stage.value] = round(median(known), 1)
    return found
