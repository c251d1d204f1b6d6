"""A lamp that shows whether the microphone is open: what lights it, and what puts it out."""

import asyncio
from contextlib import asynccontextmanager, contextmanager

import pytest

from edge_agent.host import lamp
from edge_agent.host.lamp import FILE, Lamp, connectable


class Program:
    """A program that switches a lamp, at the other end of the socket."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def asked(self, word):
        """Wait until it is asked for that, and return the line."""
        while not (line := await asyncio.wait_for(self.reader.readline(), 5)).startswith(word):
            assert line
        return line

    async def obeys(self, word):
        self.writer.write(await self.asked(word))


class Owner:
    """Whoever asks for the lamp, and is told when it changes."""

    def __init__(self):
        self.news = asyncio.Event()
        self.lamp = Lamp(self.news.set, may_open=False)

    async def until(self, lit):
        while self.lamp.lit is not lit:
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 5)


@pytest.fixture
def house(tmp_path):
    """Play with an owner, a lamp's socket, and programs that connect to it."""

    def played(story):
        async def whole():
            owner = Owner()
            async with connectable(owner.lamp, tmp_path):
                await story(owner, lambda: connected(tmp_path / FILE))

        asyncio.run(whole())

    return played


@asynccontextmanager
async def connected(path):
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        yield Program(reader, writer)
    finally:
        writer.close()


@contextmanager
def patience(monkeypatch, seconds):
    with monkeypatch.context() as patched:
        patched.setattr(lamp, "DEAD_S", seconds)
        patched.setattr(lamp, "BEAT_S", seconds / 4)
        yield


def test_p03_the_lamp_is_lit_when_its_program_has_said_so_and_not_before(house):
    async def story(owner, program):
        owner.lamp.show(open=True)
        async with program() as one:
            line = await one.asked(b"open")
            assert not owner.lamp.lit
            one.writer.write(line)
            await owner.until(lit=True)

    house(story)


def test_p03_a_program_that_ends_puts_the_lamp_out_and_another_may_light_it(house):
    async def story(owner, program):
        owner.lamp.show(open=True)
        for _ in range(2):
            async with program() as one:
                await one.obeys(b"open")
                await owner.until(lit=True)
            await owner.until(lit=False)

    house(story)


def test_p03_a_program_that_hangs_puts_the_lamp_out(house, monkeypatch):
    async def story(owner, program):
        owner.lamp.show(open=True)
        async with program() as one:
            await one.obeys(b"open")
            await owner.until(lit=True)
            await owner.until(lit=False)
            while await one.reader.readline():
                pass  # What it is asked in the meantime, up to the end.

    with patience(monkeypatch, 0.2):
        house(story)


def test_p03_an_answer_to_an_earlier_question_is_none(house):
    async def story(owner, program):
        owner.lamp.show(open=True)
        async with program() as one:
            late = await one.asked(b"open")
            owner.lamp.show(open=False)
            owner.lamp.show(open=True)
            one.writer.write(late + b"open\n" + b"closed 2\n")
            again = await one.asked(b"open 3")
            await one.asked(b"open 3")  # A beat later everything that it sent was read.
            assert not owner.lamp.lit
            one.writer.write(again)
            await owner.until(lit=True)

    house(story)


def test_p03_whoever_is_muted_is_so_before_the_lamp_says_so(house):
    async def story(owner, program):
        owner.lamp.show(open=True)
        async with program() as one:
            await one.obeys(b"open")
            await owner.until(lit=True)
            owner.lamp.show(open=False)
            assert not owner.lamp.lit
            await one.obeys(b"closed")
            await one.asked(b"closed")
            assert not owner.lamp.lit

    house(story)


@pytest.mark.parametrize("noise", [b"x" * 1000, b"\xff\xfe\n" * 20, b"\n" * 50])
def test_noise_lights_nothing(house, noise, monkeypatch):
    async def story(owner, program):
        owner.lamp.show(open=True)
        async with program() as one:
            one.writer.write(noise)
            while await one.reader.readline():
                pass
        assert not owner.lamp.lit

    with patience(monkeypatch, 0.2):
        house(story)


def test_there_is_one_lamp(house):
    async def story(owner, program):
        owner.lamp.show(open=True)
        async with program() as one:
            await one.obeys(b"open")
            await owner.until(lit=True)
            async with program() as other:
                assert await other.reader.read() == b""
            assert owner.lamp.lit

    house(story)


def test_the_socket_is_the_owners_and_the_groups_and_goes_with_the_agent(house, tmp_path):
    async def story(owner, program):
        assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o660

    house(story)
    assert not (tmp_path / FILE).exists()


def test_a_stranger_can_not_be_the_lamp(tmp_path, monkeypatch):
    async def whole():
        owner = Owner()
        owner.lamp.show(open=True)
        async with connectable(owner.lamp, tmp_path), connected(tmp_path / FILE) as program:
            assert await program.reader.read() == b""

    monkeypatch.setattr(lamp, "user_of", lambda _: 12345)
    monkeypatch.setattr(lamp, "is_owner", lambda user: user == 0)
    asyncio.run(whole())
