"""The example of a talk key: what the kernel says of a key becomes what the agent is asked."""

import asyncio
import os
import struct
import sys

import pytest

from edge_agent.host.request import Refused, told
from edge_agent.host.server import FILE, served
from tests.house.house import ROOT

PROGRAM = ROOT / "docs" / "examples" / "button" / "button.py"
KEY, SYNC, ENTER, ESCAPE = 1, 0, 28, 1


def events(*said):
    return b"".join(struct.pack("@llHHi", 1, 2, *one) for one in said)


class Agent:
    """Whoever is asked by the program."""

    def __init__(self, folder):
        self.folder, self.asked = folder, []

    def answer(self, request, peer):
        self.asked.append((request.method, request.path))
        if len(self.asked) == 1 and self.folder.name == "refusing":
            raise Refused(403, "who is not the owner may not")
        return told({})

    async def after(self, data, *code):
        """Have the program read what a device says that is a pipe: there is no kernel here that has keys."""
        device = self.folder / "fake-input-device"
        os.mkfifo(device)
        async with served(self.answer, self.folder, "", self.folder):
            program = await asyncio.create_subprocess_exec(
                sys.executable,
                str(PROGRAM),
                str(self.folder / FILE),
                str(device),
                *code,
                stderr=asyncio.subprocess.PIPE,
            )
            await asyncio.to_thread(device.write_bytes, data)
            _, said = await asyncio.wait_for(program.communicate(), 30)
        assert program.returncode == 0
        return said.decode()


def test_down_is_press_and_up_is_release_and_what_repeats_itself_is_neither(tmp_path):
    agent = Agent(tmp_path)
    told_by_kernel = events((KEY, ENTER, 1), (SYNC, 0, 0), (KEY, ENTER, 2), (KEY, ENTER, 0), (SYNC, 0, 0))
    assert asyncio.run(agent.after(told_by_kernel)) == ""
    assert agent.asked == [("POST", "/v1/press"), ("POST", "/v1/release")]


def test_other_keys_are_none(tmp_path):
    agent = Agent(tmp_path)
    asyncio.run(agent.after(events((KEY, ESCAPE, 1), (KEY, ENTER, 1), (KEY, ESCAPE, 0)), str(ENTER)))
    assert agent.asked == [("POST", "/v1/press")]


def test_an_agent_that_says_no_is_told_and_asked_again(tmp_path):
    folder = tmp_path / "refusing"
    folder.mkdir()
    agent = Agent(folder)
    said = asyncio.run(agent.after(events((KEY, ENTER, 1), (KEY, ENTER, 0))))
    assert "who is not the owner" in said
    assert len(agent.asked) == 2


@pytest.mark.parametrize("name", ["button", "lamp"])
def test_an_example_needs_nothing_but_python(name):
    text = (ROOT / "docs" / "examples" / name / f"{name}.py").read_text()
    imports = {line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert imports <= set(sys.stdlib_module_names)
