"""The models are exchanged while it works; no turn is lost, none is answered twice.

A turn is here what it asks of the engines: its words, and a sentence said. The engines are real.
"""

import asyncio
import os
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from edge_agent.app.engines import engines
from edge_agent.app.swapping import Swapping
from edge_agent.app.wellbeing import Wellbeing
from edge_agent.base.frames import RATE_HZ
from edge_agent.supply.catalogue import Kind
from edge_agent.supply.fleet import health, pointers
from edge_agent.supply.fleet.models import models, root
from edge_agent.supply.fleet.pointers import Pointers
from edge_agent.talk.ear.resample import resample
from edge_agent.talk.floor.state import State
from edge_agent.talk.mind.llm import Message
from edge_agent.talk.voice.ready import ReadyTts
from tests.sim.generations import own_folder, seal

pytestmark = [pytest.mark.models, pytest.mark.timeout(600)]

SLOWER_MAX = 1.3
"""The 95th percentile of a turn's time while models are exchanged, against the same without."""


@dataclass
class Talk:
    """Engines that are asked, turn after turn, and are exchanged meanwhile."""

    swapping: Swapping
    heavy: object
    tts: ReadyTts
    clip: np.ndarray
    answered: list[str] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)

    async def turn(self) -> None:
        began = time.monotonic()
        self.swapping.floor(State.HEARING)
        heard = await self.heavy.stt.transcribe(self.clip, final=True)
        said = [speech async for speech in self.tts.synthesise(f"This is answer number {len(self.answered)}.")]
        self.answered.append(heard.text if said else "")
        self.swapping.floor(State.LISTENING)
        self.took_s.append(time.monotonic() - began)

    async def turns(self, until, pace_s: float = 0.0) -> None:
        while not until():
            began = time.monotonic()
            await self.turn()
            await asyncio.sleep(max(0.05, pace_s - (time.monotonic() - began)))


def children():
    """The processes that this one has started: number → how it stands (T: it stands still)."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # It has ended meanwhile.
            state, parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:2]
            if int(parent) == os.getpid():
                found[entry.name] = state
    return found


def percentile(times, share):
    return sorted(times)[int(len(times) * share)]


@pytest.fixture
def settings(tiny, tmp_path):
    """The tiny models, in a folder of the test's own; patience for a machine that is busy with other things."""
    patient = tiny.model_copy(update={"workers": tiny.workers.model_copy(update={"start_timeout_s": 600.0})})
    return own_folder(patient, tmp_path / "models", [kind for kind in Kind if kind is not Kind.WAKE])


def sparing(settings, beside: bool):
    """Where memory allows two, or does not."""
    fleet = settings.fleet.model_copy(update={"spare_memory_mb": 0 if beside else 10**9})
    return settings.model_copy(update={"fleet": fleet})


async def talking(settings, story):
    heavy = engines(settings)
    tts = ReadyTts(heavy.tts)
    wellbeing = Wellbeing(root(settings.models), "", lambda: 0.0)
    swapping = Swapping(
        settings,
        models(settings),
        ExitStack(),
        heavy,
        tts,
        voiced=lambda tts: tts,
        learnt=lambda _: ["I am sorry."],
        teller=lambda: lambda *_: None,
        adopt=lambda _: None,
        warm=lambda llm, _: llm.warm([Message("system", "Be kind.")]),
        sense=lambda _: None,
        wellbeing=wellbeing,
        quiet_s=0.02,
    )
    try:
        await asyncio.gather(*(worker.start() for worker in heavy.workers))
        speeches = [speech async for speech in heavy.tts.synthesise("What time is it?")]
        whole = np.concatenate([speech.samples for speech in speeches])
        clip = resample(whole, speeches[0].rate_hz, RATE_HZ)
        talk = Talk(swapping, heavy, tts, clip)
        swapping.floor(State.LISTENING)
        await talk.turn()
        await story(talk)
        return talk
    finally:
        await swapping.close()


@pytest.mark.parametrize("beside", [True, False], ids=["beside", "in turn"])
def test_the_next_turn_is_the_new_ones(settings, beside):
    name = seal(settings, 1)

    async def story(talk):
        old = list(talk.heavy.workers)
        swap = asyncio.ensure_future(talk.swapping.take(name))
        await talk.turns(swap.done)
        assert swap.result()
        assert talk.swapping.generation == name
        await talk.turn()
        assert not set(old) & set(talk.heavy.workers)
        assert not any(worker.ready for worker in old)
        assert all(name in str(worker.spec.options["folder"]) for worker in talk.heavy.workers)

    talk = asyncio.run(talking(sparing(settings, beside), story))
    assert len(set(talk.answered)) == 1
    assert "time" in talk.answered[0]


@pytest.mark.parametrize("beside", [True, False], ids=["beside", "in turn"])
def test_models_that_do_not_load_are_told_of_and_the_old_ones_go_on(settings, beside):
    name = seal(settings, 1, breaks="llm")

    async def story(talk):
        swap = asyncio.ensure_future(talk.swapping.take(name))
        await talk.turns(swap.done)
        assert not swap.result()
        assert talk.swapping.generation == ""
        await talk.turn()

    talk = asyncio.run(talking(sparing(settings, beside), story))
    assert len(set(talk.answered)) == 1
    assert "llm" in health.read(root(settings.models), name).broken


@pytest.mark.parametrize("trial", [True, False], ids=["forward", "back"])
def test_new_engines_stand_still_while_somebody_speaks_unless_it_goes_back(settings, trial):
    name = seal(settings, 1)
    pointers.write(root(settings.models), Pointers(current=name, good="" if trial else name))

    async def story(talk):
        old = children().keys()
        swap = asyncio.ensure_future(talk.swapping.take(name))
        while children().keys() == old:  # noqa: ASYNC110 (nobody tells of a process that begins)
            await asyncio.sleep(0.01)
        talk.swapping.floor(State.HEARING)
        await asyncio.wait([swap], timeout=1)
        assert not swap.done(), "nothing is exchanged in the midst of a turn"
        assert ("T" in children().values()) is trial
        talk.swapping.floor(State.LISTENING)
        assert await swap

    asyncio.run(talking(settings, story))


def test_it_follows_the_pointer_there_and_back_to_the_pulled_models(settings):
    name = seal(settings, 1)

    async def story(talk):
        pointers.write(root(settings.models), Pointers(current=name))
        talk.swapping.start()
        await talk.turns(lambda: talk.swapping.generation == name)
        pointers.write(root(settings.models), Pointers())
        await talk.turns(lambda: talk.swapping.generation == "")

    asyncio.run(talking(settings, story))


CALM_TURNS = 4
"""Between two swaps: what else this machine does is then the same for both."""


@pytest.mark.long
@pytest.mark.timeout(1800)  # some 400 turns, one a second
def test_twenty_swaps_under_a_turn_a_second(settings):
    names = [seal(settings, 1), seal(settings, 2)]
    calm: list[float] = []
    swapping: list[float] = []

    async def story(talk):
        for number in range(20):
            begun = len(talk.took_s)
            await talk.turns(lambda until=begun + CALM_TURNS: len(talk.took_s) >= until, pace_s=1.0)
            calm.extend(talk.took_s[begun:])
            begun = len(talk.took_s)
            pointers.write(root(settings.models), Pointers(current=names[number % 2]))
            swap = asyncio.ensure_future(talk.swapping.take(names[number % 2]))
            await talk.turns(swap.done, pace_s=1.0)
            await talk.turn()
            assert swap.result()
            swapping.extend(talk.took_s[begun:])

    talk = asyncio.run(talking(settings, story))
    assert len(set(talk.answered)) == 1
    print(f"{len(talk.answered)} turns, none lost; without and with swaps, s:")  # noqa: T201 (it is run for its figures)
    for share in (0.5, 0.9, 0.95):
        print(f"  p{share * 100:.0f}  {percentile(calm, share):.3f}  {percentile(swapping, share):.3f}")  # noqa: T201
    assert percentile(swapping, 0.95) <= percentile(calm, 0.95) * SLOWER_MAX
