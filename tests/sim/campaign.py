"""Many turns, each with a fault of its own, through drafts with a real client and a real connection: what was heard.

The speaker is the real one and plays in real time; only the engines are not real, so that many turns can run side by
side. A turn's end of speech is a moment before its draft is begun, as in a conversation.
"""

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from edge_agent.app.contest import Lines
from edge_agent.app.drafts import Drafts
from edge_agent.app.questions import Written
from edge_agent.app.uplink import Uplink
from edge_agent.base.events import ReplyFailed, SpeechFinished
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.settings import Settings
from edge_agent.talk.mind.cloud.cloud import Cloud
from edge_agent.talk.mind.cloud.purse import Purse
from tests.sim.clouds import Fault, FaultyProxy, provider, settings
from tests.sim.drafts import first_draft
from tests.sim.rooms import FakeLlm, World

BLOCK_S = 0.02
TURN_CAP_S = 40.0
LOCAL = ("This is what I think myself. ", "And that is all.")


@dataclass
class Turn:
    """What became of one."""

    seed: int
    faults: tuple[Fault, ...]
    commit_s: float
    latency_s: float
    first_s: float | None = None
    """From the end of the question to the first sound."""
    longest_s: float = 0.0
    """The longest silence from the end of the question to the end of the answer."""
    words: list[str] = field(default_factory=list)
    """Phrases of the answer, in their order."""
    said: list[str] = field(default_factory=list)
    """All phrases."""
    crash: str = ""
    by: str = ""

    @property
    def doubled(self):
        return [words for words, count in Counter(self.words).items() if count > 1]

    @property
    def two_heard(self):
        theirs = [words for words in self.words if words.startswith("Sentence")]
        return bool(theirs) and len(theirs) < len(self.words)


def planned(seed):
    """A turn drawn from a seed: mostly one fault, sometimes a second one for whoever is asked next."""
    draw = random.Random(seed)
    faults = tuple(draw.choice([fault for fault in Fault if fault is not Fault.NONE]) for _ in range(2))
    return Turn(seed, faults, draw.uniform(0.0, 0.6), draw.choice([0.0, 0.05, 0.3, 0.8]))


class Stage:
    """All that one turn needs, ready to begin."""

    def __init__(self, turn):
        self.turn = turn
        self.stack = AsyncExitStack()

    async def set(self):
        draw = random.Random(self.turn.seed)
        skies = []
        for number in range(draw.choice([1, 1, 2])):
            words = " ".join(f"Sentence {what} of answer {number} is here." for what in ("one", "two", "three"))
            sky = FaultyProxy(words=words, latency_s=self.turn.latency_s, after=draw.randint(0, 20), slow_s=3.0)
            sky.faults = list(self.turn.faults) if number == 0 else [draw.choice(list(Fault))]
            skies.append(await sky.open())
            self.stack.push_async_callback(sky.close)
        self.settings = Settings(cloud=settings(*(provider(f"sky{n}", sky.url) for n, sky in enumerate(skies))))
        cloud = Cloud(self.settings.cloud, Purse(self.settings.cloud, today=lambda: date(2026, 11, 26)))
        self.stack.push_async_callback(cloud.close)
        self.world = World(llm=FakeLlm(LOCAL))
        self.stack.callback(self.world.chores.close)
        self.rooms = replace(self.world.rooms, uplink=Uplink(cloud, Lines()))

    async def play(self):
        """Live through the turn, and take everything down."""
        turn, told = self.turn, []
        async with self.stack:
            drafts = Drafts(told.append, told.append)
            self.stack.push_async_callback(drafts.close)
            draft = first_draft(self.rooms, self.settings, on_phrase=turn.said.append)
            drafts.begin(draft, Written("Explain how the sun and the moon are different."))
            await _played(turn, self.world, draft, told)
            turn.words = _sentences(draft.timeline.reply)
            turn.by = draft.timeline.kind
        return turn


async def _played(turn, world, draft, told):
    """Play in real time until the answer is over, and listen."""
    loop = asyncio.get_running_loop()
    began = silent_since = loop.time()
    block, blocks, played = int(BLOCK_S * RATE_HZ), 0, 0
    while not any(isinstance(event, SpeechFinished) for event in world.speaker_events):
        failed = [event for event in told if isinstance(event, ReplyFailed)]
        now = loop.time()
        if failed or now - began > TURN_CAP_S:
            turn.crash = str(told) if failed else "it never ended"
            break
        if not draft.committed and now - began >= turn.commit_s:
            draft.commit()
        for _ in range(round((now - began) / BLOCK_S) - blocks):
            sound = world.speaker.render(block, played)
            blocks, played = blocks + 1, played + block
            at = began + blocks * BLOCK_S
            if np.abs(sound).max() > 0.01:
                turn.first_s = turn.first_s if turn.first_s is not None else at - began
                turn.longest_s = max(turn.longest_s, at - BLOCK_S - silent_since)
                silent_since = at
        await asyncio.wait({loop.create_future()}, timeout=BLOCK_S / 2)


def _sentences(text):
    return [sentence.strip() for sentence in text.replace(". ", ".|").split("|") if sentence.strip()]


async def campaign(seeds, side_by_side):
    """Live through a turn for each seed. What is set up takes the processor, so it is done before a clock runs."""
    turns = []
    for start in range(0, len(seeds), side_by_side):
        stages = [Stage(planned(seed)) for seed in seeds[start : start + side_by_side]]
        for stage in stages:
            await stage.set()
        turns += await asyncio.gather(*(stage.play() for stage in stages))
    return turns


def told(turns, silence_s):
    """What went wrong, by kind."""
    return {
        "silent": [turn for turn in turns if turn.longest_s > silence_s or turn.first_s is None],
        "doubled": [turn for turn in turns if turn.doubled],
        "two heard": [turn for turn in turns if turn.two_heard],
        "crashed": [turn for turn in turns if turn.crash],
    }
