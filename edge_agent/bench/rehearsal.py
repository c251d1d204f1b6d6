"""A conversation held in a simulated room: somebody speaks prepared lines, the agent answers as it would on a device.

The lines are a folder of wavs, spoken in the order of their names. A name with `over` in it (`3-over-wait.wav`) is
spoken while the agent speaks; every other line waits for it to finish. Where there is no folder a synthetic voice (the
agent's own, pitched up) speaks lines that are written here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge_agent.app.agent import Agent
from edge_agent.app.engines import speaking, started
from edge_agent.base.errors import InputError
from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.base.settings import Settings
from edge_agent.bench.person import Person
from edge_agent.supply.fleet.models import models
from edge_agent.talk.ear.resample import resample
from edge_agent.talk.ear.room import Recording, Room
from edge_agent.talk.ear.wav import WavReader, WavWriter
from edge_agent.talk.floor.state import State
from edge_agent.talk.voice.tts import Tts

WRITTEN = (
    ("hello", "Hello. What time is it?"),
    ("timer", "Set a timer for fifteen seconds."),
    ("question", "Tell me a story about the moon and the sea."),
    ("over-wait", "Wait, stop. What is the capital of France?"),
    ("repeat", "What did you say?"),
    ("volume", "Speak a little louder, please."),
)

PITCH = 1.18
"""The synthetic user's, so that nobody mistakes one voice for the other; the agent's canceller least of all."""

SILENCE_S = 0.8
"""After which a line is spoken: what a polite person leaves."""

OVER_S = 1.3
"""Into the agent's answer, where a line is spoken over it."""

ANSWER_S = 10.0
"""Longest wait for an answer."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to say."""

    name: str
    samples: Samples
    """16 kHz."""

    @property
    def is_over(self) -> bool:
        """Whether it is said while the agent speaks."""
        return "over" in self.name


def lines_in(folder: Path) -> list[Line]:
    """Read the wavs of a folder; InputError if there is none."""
    paths = sorted(folder.glob("*.wav"))
    if not paths:
        raise InputError(f"{folder} holds no wav files", hint="Put one per line there, named in their order.")
    return [Line(path.stem, _read(path)) for path in paths]


async def synthetic_lines(settings: Settings, written: Iterable[tuple[str, str]] = WRITTEN) -> list[Line]:
    """Have the agent's own voice speak lines, name and text of each, pitched up."""
    tts, voice = speaking(models(settings))
    lines = []
    async with started(voice):
        for name, text in written:
            samples, _ = await pitched(tts, text)
            lines.append(Line(name, samples))
    return lines


async def pitched(tts: Tts, text: str) -> tuple[Samples, tuple[int, ...]]:
    """Have a voice speak `text`, pitched up; return the samples (16 kHz) and where in them each word ends."""
    spoken = [speech async for speech in tts.synthesise(text)]
    starts = np.cumsum([0, *(speech.samples.size for speech in spoken)])
    ends = [start + word.end for start, speech in zip(starts, spoken, strict=False) for word in speech.words]
    rate_hz = round(spoken[0].rate_hz * PITCH)
    whole = resample(np.concatenate([speech.samples for speech in spoken]), rate_hz, RATE_HZ)
    return whole, tuple(int(end) * RATE_HZ // rate_hz for end in ends)


async def hold(agent: Agent, room: Room, lines: Sequence[Line], on_line: Callable[[Line], None]) -> None:
    """Speak the lines, and wait for the last answer."""
    person = Person(room)
    for line in lines:
        if line.is_over and agent.conversation.state is not State.LISTENING:
            await person.hears_voice(room.position, ANSWER_S)
            await person.passes(room.position + int(OVER_S * RATE_HZ))
        else:
            await person.hears_silence(SILENCE_S)
        on_line(line)
        _, end = person.says(line.samples)
        await person.passes(end)
        await person.hears_voice(end, ANSWER_S)
    await person.hears_silence(2 * SILENCE_S)


def write(recording: Recording, path: Path) -> None:
    """Write a stereo wav: the user left, the agent right."""
    with WavWriter(path, recording.rate_hz, channels=2) as writer:
        writer.write(np.stack((recording.user, recording.agent), axis=1))


def _read(path: Path) -> Samples:
    reader = WavReader(path)
    try:
        return resample(reader.read(reader.frames), reader.rate_hz, RATE_HZ)
    finally:
        reader.close()
