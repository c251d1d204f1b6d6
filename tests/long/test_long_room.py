"""Minutes of real time in a room with a loudspeaker: what only shows after a while. `make long` prints the figures."""

import asyncio
import os
import time
from pathlib import Path

import numpy as np
import pytest

from edge_agent.app.agent import running
from edge_agent.app.happenings import StateChanged, TurnEnded
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.layers import load
from edge_agent.bench import recordings, rehearsal
from edge_agent.bench.person import Person
from edge_agent.bench.pulse import PulseRoom, available
from edge_agent.talk.ear.mic import Mic
from edge_agent.talk.ear.room import AUDIBLE, Room
from edge_agent.talk.floor.state import State

MINUTES = float(os.environ.get("ROOM_MINUTES", "10"))
DATA = Path(os.environ.get("EDGE_AGENT_EVAL", Path(__file__).parents[3] / "shared" / "eval"))

pytestmark = [pytest.mark.long, pytest.mark.models]

QUESTIONS = ("question", "repeat", "hello", "timer")
"""Of the rehearsal's lines, those that are answered with a sentence; the first with several."""


@pytest.mark.pulse
@pytest.mark.timeout(60 * MINUTES + 300)
def test_its_own_voice_never_interrupts_it():
    """PortAudio on PulseAudio, the loudspeaker coming back into the microphone at -20 dB."""
    if not available():
        pytest.skip("PulseAudio is not installed")
    settings = load({})
    lines = [line for line in asyncio.run(rehearsal.synthetic_lines(settings)) if line.name in QUESTIONS]
    with PulseRoom(echo_db=-20) as room:
        ended, states = asyncio.run(_converse(settings, room, lines, MINUTES * 60))
    replies = [timeline for timeline in ended if timeline.reply]
    cut = [timeline for timeline in replies if timeline.interrupted]
    ducked = sum(state is State.DUCKED for state in states)
    print(f"\n{MINUTES} minutes: {len(replies)} replies, {len(cut)} cut, lowered {ducked} times")
    assert len(replies) > MINUTES
    assert not cut


async def _converse(settings, room, lines, seconds):
    ended, states = [], []

    def watch(happening):
        if isinstance(happening, TurnEnded):
            ended.append(happening.timeline)
        elif isinstance(happening, StateChanged):
            states.append(happening.state)

    async with running(settings, Mic(settings.audio), watch) as agent:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for line in lines:
                await asyncio.to_thread(room.play, line.samples)
                await _is_quiet(agent)
    return ended, states


async def _is_quiet(agent, for_s=1.0, look_s=0.05):
    quiet_s = 0.0
    while quiet_s < for_s:
        await asyncio.sleep(look_s)
        quiet_s = quiet_s + look_s if agent.conversation.state is State.LISTENING else 0.0


@pytest.mark.recordings
@pytest.mark.timeout(900)
def test_speaking_over_it_silences_it_within_300_ms():
    """Thirty people interrupt, as loud as in their recordings; from their first sound to the agent's last."""
    if not DATA.exists():
        pytest.skip(f"no recordings in {DATA}")
    settings = load({})
    question = next(line for line in asyncio.run(rehearsal.synthetic_lines(settings)) if line.name == "question")
    clips = recordings.interruptions(DATA)[::4][:30]
    ms, missed = asyncio.run(_interrupt(settings, question, clips))
    p50, p95 = np.percentile(ms, (50, 95))
    print(f"\n{len(ms)} stopped it, onset to silence p50 {p50:.0f} ms, p95 {p95:.0f} ms; the others: {missed}")
    assert p95 <= 300


async def _interrupt(settings, question, clips):
    room = Room(keep_s=len(clips) * 40.0)
    person = Person(room)
    onsets = []
    async with running(settings, room, lambda _: None) as agent:
        for clip in clips:
            await person.hears_silence(1.5)
            agent.conversation.forget()
            _, end = person.says(question.samples)
            await person.passes(end)
            if not await person.hears_voice(end, 8):
                continue
            await person.passes(room.position + RATE_HZ)
            speaking = agent.conversation.state is State.SPEAKING
            start, end = person.says(recordings.load(clip.path))
            if speaking:
                onsets.append((clip, start + int(clip.start_s * RATE_HZ)))
            await person.passes(end)
    sounding = np.flatnonzero(np.abs(room.recording.agent) > 4 * AUDIBLE) * RATE_HZ // room.rate_hz
    ms, missed = [], []
    for clip, onset in onsets:
        silent = _falls_silent(sounding, onset)
        if silent is None or silent - onset > 1.5 * RATE_HZ:
            missed.append(clip.text)
        else:
            ms.append((silent - onset) * 1000 / RATE_HZ)
    return ms, missed


def _falls_silent(sounding, onset, gap_s=0.4):
    """The position after which the agent is silent for `gap_s`."""
    after = sounding[sounding >= onset]
    if not after.size:
        return onset
    gaps = np.flatnonzero(np.diff(after) > gap_s * RATE_HZ)
    return int(after[gaps[0]] if gaps.size else after[-1])
