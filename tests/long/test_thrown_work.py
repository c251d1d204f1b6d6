"""What of the engines' work on a turn is for nothing: in told time, so that a busy machine can tell as well.

A job that is given up is paid in full here, as nothing else happens while an engine works.
"""

import asyncio
from contextlib import closing

import pytest

from edge_agent.app.costs import Try
from edge_agent.app.happenings import TurnEnded
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.layers import load
from edge_agent.bench import latency, recordings
from edge_agent.bench.person import Person
from edge_agent.bench.told_engines import RealTime, hearing_thinking_and_speaking
from edge_agent.bench.told_time import ToldTime, living
from edge_agent.talk.ear.room import Room
from edge_agent.talk.mind.skills import Skills
from tests.sim import engines

pytestmark = [pytest.mark.long, pytest.mark.models, pytest.mark.recordings, pytest.mark.timeout(3600)]

CLIPS = 20
GOAL_PCT = 40
SETTINGS = {"skill": {}, "local": {"mind.skills": "false"}}


def test_less_than_two_fifths_of_the_engines_work_is_thrown_away(capsys):
    with closing(RealTime()) as real, asyncio.Runner(loop_factory=ToldTime) as runner:
        turns = runner.run(_answered(real))
    with capsys.disabled():
        print(f"\n{CLIPS} orders, work of a turn and what of it was thrown away, ms of processor time")
        for kind, told in turns.items():
            by = {what.value: round(sum(turn.thrown.get(what, 0) for turn in told) / len(told)) for what in Try}
            print(f"{kind:6}{_mean(told, 'work_ms'):6.0f}{_mean(told, 'thrown_ms'):6.0f}", by)
        everything = [turn for told in turns.values() for turn in told]
        share_pct = 100 * _mean(everything, "thrown_ms") / _mean(everything, "work_ms")
        print(f"all{share_pct:9.1f} %")
    assert all(len(told) >= CLIPS - 1 for told in turns.values())
    assert share_pct <= GOAL_PCT


def _mean(turns, what):
    return sum(getattr(turn, what) for turn in turns) / len(turns)


async def _answered(real):
    data = engines.recordings()
    clips = latency.chosen(recordings.intents(data), CLIPS)
    kiosk = Skills([data / "intents" / "grammar.yaml"])
    async with hearing_thinking_and_speaking(load({}), real) as heavy:
        return {kind: await _asked(clips, load(given), kiosk, heavy) for kind, given in SETTINGS.items()}


async def _asked(clips, settings, kiosk, heavy):
    """Say each clip to an agent, and hear its answer to the end; return the records of all turns."""
    stt, llm, tts = heavy
    room, turns = Room(rate_hz=RATE_HZ, real_time=False, keep_s=10), []

    def watch(happening):
        if isinstance(happening, TurnEnded):
            turns.append(happening.timeline)

    skills = kiosk if settings.mind.skills else None
    async with living(settings, room, watch, stt, tts, llm=llm, skills=skills) as agent:
        person = Person(room)
        for clip in clips:
            await person.hears_silence(latency.BREATH_S)
            samples = recordings.load(clip.path)[: int((clip.end_s + latency.TAIL_S) * RATE_HZ)]
            _, end = person.says(samples)
            await person.passes(end)
            await person.hears_silence(latency.BREATH_S)
            agent.conversation.forget()
    return turns
