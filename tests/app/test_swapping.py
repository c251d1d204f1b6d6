"""The models are exchanged while it works; no turn is lost, none is answered twice.

A turn is here what it asks of the engines: its words, and a sentence said. The engines are real.
"""

import asyncio
import shutil
import time
from contextlib import ExitStack
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
from edge_agent.supply.fleet.chunks import cut
from edge_agent.supply.fleet.models import Models, models, root
from edge_agent.supply.fleet.pointers import Pointers
from edge_agent.supply.fleet.release import Component, Format, Part, Release, encode
from edge_agent.talk.ear.resample import resample
from edge_agent.talk.floor.state import State
from edge_agent.talk.mind.llm import Message
from edge_agent.talk.voice.ready import ReadyTts

pytestmark = [pytest.mark.models, pytest.mark.timeout(600)]

SLOWER_MAX = 1.3
"""The 95th percentile of a turn's time while models are exchanged, against the same without."""

PARTS = {Kind.STT: Part.STT, Kind.LLM: Part.LLM, Kind.TTS: Part.TTS}


def seal(settings, counter: int, *, breaks: str = "") -> str:
    """Make a generation of the pulled models, one of them broken if that is wanted; return its name."""
    components = []
    making = root(settings.models) / "made"
    for kind, part in PARTS.items():
        folder = making / part.value
        shutil.copytree(Models(settings).file(kind).parent, folder)
        first = Models(settings).file(kind).name
        if part.value == breaks:
            (folder / first).write_bytes(b"no model")
        files = []
        for path in sorted(folder.iterdir(), key=lambda path: path.name != first):
            with path.open("rb") as file:
                files.append(cut(file, path.name, Format.PLAIN))
        components.append(Component(part.value, part, Format.PLAIN, "MIT", "nowhere", tuple(files)))
    release = Release("spring", f"1.0.{counter}", counter, tuple(components))
    (making / "release.json").write_bytes(encode(release))
    making.rename(root(settings.models) / release.id)
    return release.id


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

    def p95(self) -> float:
        return sorted(self.took_s)[int(len(self.took_s) * 0.95)]


@pytest.fixture
def settings(tiny, tmp_path):
    """The tiny models, in a folder of the test's own."""
    pulled = tmp_path / "models"
    for kind in Kind:
        if kind is not Kind.WAKE:
            folder = Models(tiny).file(kind).parent
            shutil.copytree(folder, pulled / folder.name)
    (pulled / ".fleet").mkdir()
    return tiny.model_copy(update={"models": tiny.models.model_copy(update={"folder": pulled})})


async def talking(settings, story, **more):
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
        **more,
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

    talk = asyncio.run(talking(settings, story, room=lambda _: beside))
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

    talk = asyncio.run(talking(settings, story, room=lambda _: beside))
    assert len(set(talk.answered)) == 1
    assert "llm" in health.read(root(settings.models), name).broken


def test_it_follows_the_pointer(settings):
    name = seal(settings, 1)

    async def story(talk):
        pointers.write(root(settings.models), Pointers(current=name))
        talk.swapping.start()
        await talk.turns(lambda: talk.swapping.generation == name)

    asyncio.run(talking(settings, story))


@pytest.mark.long
def test_twenty_swaps_under_a_turn_a_second(settings, record_property):
    names = [seal(settings, 1), seal(settings, 2)]
    calm: list[float] = []

    async def story(talk):
        await talk.turns(lambda: len(talk.answered) >= 40, pace_s=1.0)
        calm.append(talk.p95())
        talk.took_s.clear()
        for number in range(20):
            swap = asyncio.ensure_future(talk.swapping.take(names[number % 2]))
            await talk.turns(swap.done, pace_s=1.0)
            assert swap.result()

    talk = asyncio.run(talking(settings, story))
    record_property("turns", len(talk.answered))
    record_property("p95_s", (calm[0], talk.p95()))
    assert len(set(talk.answered)) == 1
    assert talk.p95() <= calm[0] * SLOWER_MAX


def test_memory_is_looked_at(tmp_path, settings):
    from edge_agent.app.swapping import has_room

    (tmp_path / "meminfo").write_text("MemTotal: 1000000 kB\nMemAvailable:  900000 kB\n")
    assert has_room(Models(settings), Path(tmp_path / "meminfo"))
    (tmp_path / "meminfo").write_text("MemAvailable:  200000 kB\n")
    assert not has_room(Models(settings), Path(tmp_path / "meminfo"))
