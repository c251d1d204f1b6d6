"""What is remembered of an interrupted answer against what was in the room: real audio streams, real interruptions.

The loudspeaker is recorded; Whisper writes down the recording, and its words are laid beside the reply. How far they
reach into it is how far it was heard. `make long` prints the table.
"""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pytest

from edge_agent.app.agent import running
from edge_agent.app.engines import engines, started
from edge_agent.app.happenings import StateChanged, TurnEnded
from edge_agent.base.events import FloorTaken, Typed
from edge_agent.base.layers import load
from edge_agent.bench import recordings
from edge_agent.bench.pulse import PulseRoom, available
from edge_agent.bench.wer import distance, normal
from edge_agent.talk.ear.mic import Mic
from edge_agent.talk.floor.state import State

pytestmark = [
    pytest.mark.models,
    pytest.mark.pulse,
    pytest.mark.skipif(not available(), reason="PulseAudio is not installed"),
]

SEED = 7
SUBJECTS = ("the moon and the sea", "a lighthouse", "a brave little dog", "an old train", "a garden in the rain")
INTO_S = (0.5, 5.0)
"""Into the answer, when it is interrupted."""
BUFFER_S = 0.3
"""More than the devices and the recorder hold."""


@dataclass(frozen=True)
class Cut:
    """One interrupted answer."""

    how: str
    reply: list[str]
    remembered: list[str]
    recorded: list[str]

    @property
    def heard(self) -> int:
        """How many words of the reply are in the recording. A misheard word was heard: of several, the most."""
        reaches = range(len(self.reply) + 1)
        return min(reaches, key=lambda words: (distance(self.reply[:words], self.recorded), -words))

    @property
    def error(self) -> int:
        """Words that memory has too many (or, below 0, too few)."""
        return len(self.remembered) - self.heard


@pytest.mark.parametrize(
    "count", [3, pytest.param(30, marks=[pytest.mark.long, pytest.mark.timeout(900)])], ids=["few", "many"]
)
def test_memory_holds_the_words_that_left_the_loudspeaker(count, lines, tmp_path):
    cuts = asyncio.run(_interrupted(count, lines["stop"], tmp_path))
    errors = np.array([cut.error for cut in cuts])
    for cut in cuts:
        print(f"{cut.how:5} {cut.error:+d}  {' '.join(cut.remembered)[-50:]:>50} | {' '.join(cut.recorded)[-50:]}")  # noqa: T201
    off = {int(error): int(many) for error, many in zip(*np.unique(errors, return_counts=True), strict=True)}
    print(f"{len(cuts)} interruptions, words remembered too many: times {off}")  # noqa: T201
    assert len(cuts) == count
    assert np.abs(errors).max() <= 1


async def _interrupted(count, stop, folder):
    settings = load({"models.profile": "tiny", "mind.persona": "You tell long stories."})
    dice = random.Random(SEED)
    ended, news = [], asyncio.Event()

    def watch(happening):
        if isinstance(happening, TurnEnded):
            ended.append(happening.timeline)
        if isinstance(happening, TurnEnded | StateChanged):
            news.set()

    async def until(so):
        async with asyncio.timeout(20):
            while not so():
                news.clear()
                await news.wait()

    with PulseRoom(echo_db=-60) as room:  # How it bears its own echo is not the question here.
        async with running(settings, Mic(settings.audio), watch) as agent:

            def state():
                return agent.conversation.state

            for number in range(count):
                agent.conversation.forget()
                ended_before = len(ended)
                with room.record("speaker.monitor", folder / f"{number}.wav"):
                    agent.post(Typed(f"Tell me a long story about {SUBJECTS[number % len(SUBJECTS)]}."))
                    await until(lambda: state() is State.SPEAKING)
                    await asyncio.sleep(dice.uniform(*INTO_S))
                    assert state() is State.SPEAKING, "the answer was over before it could be interrupted"
                    saying = None
                    if number % 2:
                        agent.post(FloorTaken())
                    else:
                        saying = asyncio.create_task(asyncio.to_thread(room.play, stop))
                    await until(lambda before=ended_before: len(ended) > before)
                    await asyncio.sleep(BUFFER_S)
                if saying:
                    await saying
                while state() is not State.LISTENING:
                    news.clear()
                    agent.post(FloorTaken())
                    with suppress(TimeoutError):
                        await asyncio.wait_for(news.wait(), 0.5)
                ended[ended_before + 1 :] = []
    heavy = engines(settings)
    cuts = []
    async with started(heavy.workers[0]):
        for number, told in enumerate(ended):
            sound = recordings.load(folder / f"{number}.wav")
            transcript = await heavy.stt.transcribe(sound, final=True)
            how = "key" if number % 2 else "voice"
            cuts.append(Cut(how, normal(told.reply), normal(told.heard), normal(transcript.text)))
    return cuts
