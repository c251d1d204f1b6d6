"""Tools of real MCP servers: over standard input and output, and over HTTP on loopback."""

import asyncio
import os
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge_agent.base.errors import NetworkError, SettingsError
from edge_agent.base.settings_tools import McpServer
from edge_agent.talk.mind.tools.mcp_servers import McpServers
from edge_agent.talk.mind.tools.tool import Risk

ROOT = Path(__file__).parents[3]
START = f"""import runpy, sys
sys.path.insert(0, {str(ROOT)!r})
runpy.run_module("tests.sim.mcp_server", run_name="__main__")"""


def program(*arguments, **fields):
    return McpServer(name="shop", command=sys.executable, args=("-c", START, *arguments), **fields)


@asynccontextmanager
async def opened(*servers, told=None):
    many = McpServers(servers, (told if told is not None else []).append)
    many.open()
    try:
        async with asyncio.timeout(60):
            await many.settled()
        yield many
    finally:
        await many.close()


async def until(true):
    """Wait for something that happens elsewhere."""
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 (a process of its own does it)
            await asyncio.sleep(0.02)


def by_name(many):
    return {tool.name: tool for tool in many.tools()}


def test_a_program_s_tools_are_offered_and_called_and_what_it_says_is_not_trusted(tmp_path):
    (tmp_path / "token").write_text("s3cret\n")
    fields = {"token_file": tmp_path / "token", "token_env": "SHOP_TOKEN"}

    async def play():
        async with opened(program(**fields)) as many:
            tools = by_name(many)
            assert set(tools) == {f"shop_{name}" for name in "stock order token fails long hangs dies".split()}
            assert tools["shop_order"].schema["required"] == ["item"]
            assert tools["shop_stock"].risk is Risk.IRREVERSIBLE  # Its own word is not enough.
            outcome = await tools["shop_stock"].call({"item": "milk"})
            assert outcome.text.startswith("There are 3 of milk.")
            assert (outcome.say, outcome.trusted) == ("", False)
            assert len((await tools["shop_long"].call({})).text) == 4000
            seen = (await tools["shop_token"].call({})).text
            assert seen.startswith("s3cret ")
            assert "EDGE_AGENT" not in seen
            with pytest.raises(NetworkError, match="could not do that") as failure:
                await tools["shop_fails"].call({})
            assert "secret" not in str(failure.value)

    asyncio.run(play())


def test_the_owner_says_which_tools_and_how_grave_they_are():
    owned = {"tools": ("stock", "order", "token"), "reversible": ("order",), "trust_hints": True, "trust_results": True}

    async def play():
        async with opened(program(**owned)) as many:
            risks = {tool.name: tool.risk for tool in many.tools()}
            assert risks == {
                "shop_stock": Risk.READ,
                "shop_order": Risk.REVERSIBLE,
                "shop_token": Risk.IRREVERSIBLE,
            }
            assert (await by_name(many)["shop_order"].call({"item": "tea", "count": 2})).trusted

    asyncio.run(play())


def test_a_server_that_dies_or_hangs_costs_its_call_and_nothing_else(tmp_path):
    told = []

    async def play():
        async with opened(program("stdio", str(tmp_path / "pid"), timeout_s=0.5), told=told) as many:
            first, before = int((tmp_path / "pid").read_text()), by_name(many)
            with pytest.raises(NetworkError, match="took too long"):
                await before["shop_hangs"].call({})
            assert (await before["shop_order"].call({"item": "tea"})).text == "Ordered 1 of tea."
            with pytest.raises(NetworkError):
                await before["shop_dies"].call({})
            await until(lambda: not many.tools())
            with pytest.raises(NetworkError, match="not there"):
                await before["shop_order"].call({"item": "tea"})
            await until(many.tools)
            assert (await by_name(many)["shop_order"].call({"item": "tea"})).text == "Ordered 1 of tea."
            second = int((tmp_path / "pid").read_text())
        assert second != first
        for pid in (first, second):
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)

    asyncio.run(play())
    assert len(told) == 1
    assert told[0].startswith("the tools of shop are not there")


def test_a_program_that_does_not_exist_has_no_tools_and_says_so():
    told = []

    async def play():
        async with opened(McpServer(name="none", command="/nowhere/server"), told=told) as many:
            assert many.tools() == []

    asyncio.run(play())
    assert told == ["the tools of none are not there: there is no such program"]


def test_a_program_that_ends_at_once_and_an_address_where_nobody_is_are_told_as_such():
    told = []

    async def play():
        ends = McpServer(name="ends", command=sys.executable, args=("-c", "raise ValueError"))
        async with opened(ends, McpServer(name="away", url="http://127.0.0.1:9/mcp"), told=told) as many:
            await many.settled()

    asyncio.run(play())
    assert sorted(told) == [
        "the tools of away are not there: nobody answers at its address",
        "the tools of ends are not there: it ended, or answered with an error; run it yourself to see what it says",
    ]


@pytest.mark.parametrize(
    "fields", [{}, {"command": "x", "url": "https://x.example"}, {"command": "x", "token_env": "TOKEN"}]
)
def test_a_server_that_cannot_be_meant_like_this_is_an_error(fields):
    with pytest.raises(SettingsError):
        McpServers([McpServer(name="shop", **fields)])


def test_nobody_waits_for_a_server_that_starts_slowly():
    async def play():
        many = McpServers([McpServer(name="slow", command=sys.executable, args=("-c", "import sys; sys.stdin.read()"))])
        many.open()
        assert many.tools() == []
        await many.close()

    asyncio.run(play())


def test_an_address_on_loopback_serves_as_well(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def play():
        serving = await asyncio.create_subprocess_exec(
            sys.executable, "-c", START, str(port), stderr=asyncio.subprocess.DEVNULL
        )
        try:
            async with opened(McpServer(name="far", url=f"http://127.0.0.1:{port}/mcp")) as many:
                await until(many.tools)
                outcome = await by_name(many)["far_stock"].call({"item": "milk"})
                assert outcome.text.startswith("There are 3 of milk.")
                assert not outcome.trusted
        finally:
            serving.terminate()
            await serving.wait()

    asyncio.run(play())


@pytest.mark.parametrize(
    "fields", [{}, {"command": "a", "url": "https://b/mcp"}, {"command": "a", "token_file": "t"}], ids=str
)
def test_a_server_that_can_not_be_meant_like_this_is_an_error(fields):
    async def play():
        McpServers([McpServer(name="odd", **fields)])

    with pytest.raises(SettingsError, match="odd"):
        asyncio.run(play())
