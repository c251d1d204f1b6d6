"""A real ear whose owner wants a lamp: it is open only while the lamp's program, another process, shows that it is."""

import asyncio
import signal
import sys
from contextlib import asynccontextmanager

import numpy as np
import pytest

from edge_agent.app.engines import model_file
from edge_agent.app.happenings import MicrophoneChanged, Noted
from edge_agent.app.muting import Muting
from edge_agent.base.events import Muted, Unmuted
from edge_agent.base.layers import load
from edge_agent.base.paths import paths
from edge_agent.host.lamp import FILE
from edge_agent.supply.catalogue import Kind
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.room import Room
from tests.house.house import ROOT

pytestmark = [pytest.mark.models, pytest.mark.alone]

PROGRAM = ROOT / "docs" / "examples" / "lamp" / "lamp.py"


class Ear:
    """A listener in a room. In the conversation's place it is muted as that is, and counts the turns that ended so."""

    def __init__(self, settings):
        self.room = Room()
        self.muted, self.turns_ended, self.noted, self.shown = False, 0, [], []
        self.muting = Muting(settings, self.room, self.watch)
        self.listener = Listener(
            self.room,
            settings.ear,
            settings.audio,
            model_file(settings, Kind.VAD),
            rate_hz=self.room.rate_hz,
            render=lambda count, _: np.zeros(count, np.float32),
            on_heard=lambda _: None,
            on_event=lambda _: None,
        )

    def watch(self, happening):
        match happening:
            case Noted(text):
                self.noted.append(text)
            case MicrophoneChanged(is_open):
                self.shown.append(is_open)

    def post(self, event):
        self.turns_ended += isinstance(event, Muted)
        self.muted = isinstance(event, Muted)
        self.muting(self.muted)

    @asynccontextmanager
    async def lives(self):
        async with self.muting.reachable():
            self.muting.begin(self.listener, self.post)
            self.listener.start()
            try:
                yield
            finally:
                await asyncio.to_thread(self.listener.stop)

    async def until(self, *, closed):
        await until(lambda: self.listener.closed is closed)
        assert self.muting.open is not closed


async def until(so):
    async with asyncio.timeout(30):
        while not so():  # noqa: ASYNC110 (another process and another thread: nobody tells)
            await asyncio.sleep(0.01)


@asynccontextmanager
async def shining(light):
    """The lamp's program, on a lamp that is a file."""
    command = (sys.executable, str(PROGRAM), str(paths().runtime / FILE), str(light))
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
def ear(tmp_path, in_environment):
    """Tell a story of an ear and a lamp's file."""
    in_environment(XDG_RUNTIME_DIR=str(tmp_path))
    light = tmp_path / "brightness"

    def told(story, **settings):
        async def whole():
            it = Ear(load({"models.profile": "tiny", **settings}))
            async with it.lives():
                await story(it, light)

        asyncio.run(whole())

    return told


LAMP = {"privacy.lamp": "true"}


def test_p03_the_ear_is_open_while_the_lamp_shows_it(ear):
    async def story(it, light):
        await it.until(closed=True)
        async with shining(light):
            await it.until(closed=False)
            assert light.read_text() == "1"
            it.post(Muted())
            await until(lambda: light.read_text() == "0")
            assert it.listener.deaf
            it.post(Unmuted())
            await it.until(closed=False)
            assert light.read_text() == "1"
            assert it.shown == [False, True, False, True]  # a screen is told no more and no less

    ear(story, **LAMP)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM])
def test_p03_a_lamps_program_that_dies_or_hangs_closes_the_ear_and_ends_the_turn(ear, how):
    async def story(it, light):
        async with shining(light) as program:
            await it.until(closed=False)
            program.send_signal(how)
            await it.until(closed=True)
            assert it.turns_ended == 1
            assert not it.muted
            assert "no lamp" in it.noted[0]
            assert it.muting.unlit
        async with shining(light):
            await it.until(closed=False)

    ear(story, **LAMP)


def test_p03_whoever_was_muted_meanwhile_stays_so_when_the_lamp_is_back(ear):
    async def story(it, light):
        it.post(Muted())
        async with shining(light):
            await until(lambda: light.exists() and light.read_text() == "0")
            await it.until(closed=True)

    ear(story, **LAMP)


def test_who_wants_no_lamp_needs_none(ear):
    async def story(it, light):
        await it.until(closed=False)
        assert not (paths().runtime / FILE).exists()

    ear(story)
