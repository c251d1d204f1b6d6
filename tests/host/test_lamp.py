"""A lamp that shows whether the microphone is open: what lights it, and what puts it out."""

import asyncio
import os
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

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

    def __init__(self, **patience):
        self.news = asyncio.Event()
        self.lamp = Lamp(self.news.set, may_open=False, **patience)

    async def until(self, lit):
        while self.lamp.lit is not lit:
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 5)


@pytest.fixture
def house(tmp_path):
    """Play with an owner, a lamp's socket, and programs that connect to it."""

    def played(story, **patience):
        async def whole():
            owner = Owner(**patience)
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


@asynccontextmanager
async def lit(owner, program):
    """A program that was asked to light the lamp, and did."""
    owner.lamp.show(open=True)
    async with program() as one:
        await one.obeys(b"open")
        await owner.until(lit=True)
        yield one


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
        for _ in range(2):
            async with lit(owner, program):
                pass
            await owner.until(lit=False)

    house(story)


def test_p03_a_program_that_hangs_puts_the_lamp_out(house):
    async def story(owner, program):
        async with lit(owner, program) as one:
            await owner.until(lit=False)
            while await one.reader.readline():
                pass  # What it is asked in the meantime, up to the end.

    house(story, dead_s=0.2)


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
        async with lit(owner, program) as one:
            owner.lamp.show(open=False)
            assert not owner.lamp.lit
            await one.obeys(b"closed")
            await one.asked(b"closed")
            assert not owner.lamp.lit

    house(story)


@pytest.mark.parametrize("noise", [b"x" * 1000, b"\xff\xfe\n" * 20, b"\n" * 50])
def test_noise_lights_nothing(house, noise):
    async def story(owner, program):
        owner.lamp.show(open=True)
        async with program() as one:
            one.writer.write(noise)
            while await one.reader.readline():
                pass
        assert not owner.lamp.lit

    house(story, dead_s=0.2)


def test_there_is_one_lamp(house):
    async def story(owner, program):
        async with lit(owner, program), program() as other:
            assert await other.reader.read() == b""
            assert owner.lamp.lit

    house(story)


def test_the_socket_is_the_owners_and_the_groups_and_goes_with_the_agent(house, tmp_path):
    async def story(owner, program):
        assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o660

    house(story)
    assert not (tmp_path / FILE).exists()


STRANGER = """
import socket, sys
with socket.socket(socket.AF_UNIX) as lamp:
    lamp.connect(sys.argv[1])
    sys.exit(len(lamp.recv(100)))
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_a_stranger_can_not_be_the_lamp_even_where_he_reaches_the_socket():
    async def whole(folder):
        owner = Owner()
        owner.lamp.show(open=True)
        async with connectable(owner.lamp, folder):
            nobody = await asyncio.create_subprocess_exec(
                "/usr/bin/python3", "-c", STRANGER, str(folder / FILE), user=65534, group=os.getgid(), extra_groups=()
            )
            assert await nobody.wait() == 0, "it was asked for something"

    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        asyncio.run(whole(Path(name)))
