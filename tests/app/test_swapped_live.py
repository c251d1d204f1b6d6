"""Models are exchanged in a whole agent, while somebody talks with it. Everything is real but the room."""

import asyncio

import pytest

from edge_agent.base.layers import load
from edge_agent.supply.catalogue import Kind
from edge_agent.supply.fleet import pointers
from edge_agent.supply.fleet.models import root
from edge_agent.supply.fleet.pointers import Pointers
from edge_agent.talk.ear.room import Room
from tests.sim.engines import model_folder
from tests.sim.generations import own_folder, seal
from tests.sim.live import Live

pytestmark = [pytest.mark.models, pytest.mark.timeout(600)]

LOADED_S = 120.0
"""Longest that the engines load on a machine that is busy with other things."""


def played(settings, story):
    async def whole():
        agent = Live(Room())
        async with agent.begun(settings):
            await agent.rests()
            await story(agent)

    asyncio.run(whole())


def test_the_ears_own_models_change_between_two_turns(tiny, lines, tmp_path):
    model_folder("okay_nabu")
    awake = load({"models.profile": "tiny", "ear.wake": "okay_nabu"})
    settings = own_folder(awake, tmp_path / "models", list(Kind))
    name = seal(settings, 1, kinds=list(Kind))
    listening = settings.model_copy(update={"ear": settings.ear.model_copy(update={"wake": "off"})})

    async def story(live):
        ear, before = live.agent.listener, live.agent.listener._silero
        await live.asked(lines["time"])
        await live.answers(1)
        pointers.write(root(settings.models), Pointers(current=name))
        await live.until(lambda: ear._silero is not before, LOADED_S)
        await live.until(lambda: all(name in str(one.spec.options["folder"]) for one in live.agent.workers), LOADED_S)
        await live.asked(lines["time"])
        first, second = await live.answers(2)
        assert "time" in first.user
        assert "time" in second.user

    played(listening, story)


def test_what_is_said_while_engines_make_way_is_answered_after(tiny, lines, tmp_path):
    scarce = tiny.model_copy(update={"fleet": tiny.fleet.model_copy(update={"spare_memory_mb": 10**9})})
    settings = own_folder(scarce, tmp_path / "models", [kind for kind in Kind if kind is not Kind.WAKE])
    name = seal(settings, 1)

    async def story(live):
        before = set(live.agent.workers)
        pointers.write(root(settings.models), Pointers(current=name))
        await live.until(lambda: not before & set(live.agent.workers), LOADED_S)
        assert not any(worker.ready for worker in live.agent.workers), "the old ones are gone, the new ones not there"
        await live.asked(lines["time"])
        (turn,) = await live.answers(1, LOADED_S)
        assert "time" in turn.user
        assert turn.heard

    played(settings, story)
