"""Tools of MCP servers, through the official SDK: programs on this device and addresses.

1. A server is started, or connected to, beside the conversation. Until it answers, and whenever it is away, its tools
   are not there; nobody ever waits for it but the call that it was given, and that no longer than `timeout_s`.
2. One that fails is tried again, ever more seldom, at least every minute. Every minute one that answers is asked what
   tools it has: that notices one that died, and tools that came or went.
3. What a server says is a stranger's: names, descriptions and schemas are cut down (`offered.py`), results are
   untrusted text, its tools need a spoken yes. The owner says otherwise, tool by tool.
4. A program gets neither the agent's environment nor its terminal. It is ended with the agent.

The only file that knows the `mcp` SDK.
"""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from edge_agent.base.credentials import on_this_device, secret
from edge_agent.base.errors import NetworkError, SettingsError
from edge_agent.base.settings_tools import McpServer
from edge_agent.talk.mind.tools import offered
from edge_agent.talk.mind.tools.tool import Arguments, Outcome, Risk, Tool

if TYPE_CHECKING:  # It takes half a second to load, and most devices have no MCP server.
    from mcp import Client
    from mcp.types import CallToolResult
    from mcp.types import Tool as Offer

log = logging.getLogger(__name__)

START_S = 20.0
"""The longest that a server takes to be there: some download themselves first."""

REST_MIN_S = 1.0
REST_MAX_S = 60.0

LOOK_S = 60.0
"""Between two looks at what tools there are."""

_KNOWN = {
    "TimeoutError": "it took too long",
    "FileNotFoundError": "there is no such program",
    "PermissionError": "the program may not be run",
    "MCPError": "it ended, or answered with an error; run it yourself to see what it says",
    "ConnectError": "nobody answers at its address",
}
"""Failures by the names of their types, in words; of the others the name is told."""


class McpServers:
    """All of them. To be made on the running loop; `open` starts them, `close` ends them."""

    def __init__(self, servers: Sequence[McpServer], tell: Callable[[str], None] = lambda _: None) -> None:
        """`tell` is told what the owner may want to know. SettingsError if a server can't be meant like this."""
        self._servers = [_Server(server, tell) for server in servers]

    def open(self) -> None:
        """Start them all; returns at once."""
        for server in self._servers:
            server.open()

    def tools(self) -> list[Tool]:
        """Return the tools that there are at this moment."""
        return [tool for server in self._servers for tool in server.tools]

    async def settled(self) -> None:
        """Return when every server has answered, or failed, for the first time."""
        await asyncio.gather(*(server.tried.wait() for server in self._servers))

    async def close(self) -> None:
        """End them all."""
        await asyncio.gather(*(server.close() for server in self._servers))


class _Server:
    def __init__(self, server: McpServer, tell: Callable[[str], None]) -> None:
        self.tools: tuple[Tool, ...] = ()
        self.tried = asyncio.Event()
        self._server = server
        self._token = _token(server)
        self._tell = tell
        self._client: Client | None = None
        self._doubted = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    def open(self) -> None:
        self._keeper = self._keeper or asyncio.get_running_loop().create_task(self._keep())

    async def close(self) -> None:
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    async def _keep(self) -> None:
        rest_s, name, loop = REST_MIN_S, self._server.name, asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                async with asyncio.timeout(START_S) as starting, _connected(self._server, self._token) as client:
                    await self._look(client)
                    starting.reschedule(None)
                    await self._watch(client)
            except Exception as error:  # Whatever a server does, it is no mistake of ours.
                if self._client or not self.tried.is_set():
                    self._tell(f"the tools of {name} are not there: {_why(error)}")
                log.info("MCP server %s: %s", name, _why(error))
            finally:
                self._client, self.tools = None, ()
                self.tried.set()
            await asyncio.sleep(rest_s)
            rest_s = min(2 * rest_s, REST_MAX_S) if loop.time() - began < LOOK_S else REST_MIN_S

    async def _watch(self, client: "Client") -> None:
        """Look again from time to time, and when a call failed; whatever goes wrong is raised."""
        while True:
            self._doubted.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._doubted.wait(), LOOK_S)
            await self._look(client)

    async def _look(self, client: "Client") -> None:
        offers: list[Offer] = []
        async with asyncio.timeout(START_S):
            page = await client.list_tools(cache_mode="refresh")
            offers += page.tools
            while page.next_cursor and len(offers) < offered.TOOLS_MAX:
                page = await client.list_tools(cursor=page.next_cursor, cache_mode="refresh")
                offers += page.tools
        wanted = [offer for offer in offers if not self._server.tools or offer.name in self._server.tools]
        found = [tool for offer in wanted[: offered.TOOLS_MAX] if (tool := self._tool(offer))]
        self._client, self.tools = client, tuple(found)
        self.tried.set()

    def _tool(self, offer: "Offer") -> Tool | None:
        schema = offered.object_schema(offer.input_schema)
        if schema is None:
            log.debug("MCP server %s: a tool with a schema that can't be used is left out", self._server.name)
            return None
        return Tool(
            offered.named(self._server.name, offer.name),
            offered.described(offer.description or offer.title or offer.name),
            schema,
            partial(self._call, offer.name),
            _risk(self._server, offer),
            self._server.timeout_s,
        )

    async def _call(self, name: str, arguments: Arguments) -> Outcome:
        """Call one of its tools. NetworkError if it fails, or is away."""
        client, server = self._client, self._server.name
        if client is None:
            raise NetworkError(f"{server} is not there", hint="It is being started again.")
        try:
            async with asyncio.timeout(self._server.timeout_s):
                result = await client.call_tool(name, dict(arguments))
        except Exception as error:
            self._doubted.set()
            raise NetworkError(f"{server} failed: {_why(error)}") from error
        if result.is_error:
            raise NetworkError(f"{server} says that it could not do that")
        return Outcome(text=offered.cut(_text(result)), trusted=self._server.trust_results)


@asynccontextmanager
async def _connected(server: McpServer, token: str) -> "AsyncIterator[Client]":
    await asyncio.to_thread(_load)
    import httpx2
    from mcp import Client, StdioServerParameters
    from mcp.client.stdio import stdio_client
    from mcp.client.streamable_http import streamable_http_client

    if server.url:
        async with (
            httpx2.AsyncClient(
                headers={"Authorization": f"Bearer {token}"} if token else None,
                timeout=httpx2.Timeout(server.timeout_s, read=None),  # A stream of events may be silent for hours.
                trust_env=not on_this_device(server.url),
            ) as http,
            Client(streamable_http_client(server.url, http_client=http)) as client,
        ):
            yield client
    else:
        environment = {server.token_env: token} if token else None
        program = StdioServerParameters(command=server.command, args=list(server.args), env=environment)
        with _nowhere() as nowhere:
            async with Client(stdio_client(program, nowhere)) as client:
                yield client


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _load() -> None:
    """In a thread: the loop goes on meanwhile."""
    import mcp  # noqa: F401


def _token(server: McpServer) -> str:
    if bool(server.command) == bool(server.url):
        hint = "Give it a command (and args), or a url."
        raise SettingsError(f"the MCP server {server.name} needs one of the two: a program or an address", hint=hint)
    if server.token_file is None:
        if server.token_env:
            hint = "Name the file that holds the token as well: token_file."
            raise SettingsError(f"the MCP server {server.name} has a variable for a token, and no token", hint=hint)
        return ""
    if server.command and not server.token_env:
        hint = "Name the environment variable that the program reads: token_env."
        raise SettingsError(f"the MCP server {server.name} has a token and no place for it", hint=hint)
    return secret(server.token_file, f"the token of {server.name}")


def _risk(server: McpServer, offer: "Offer") -> Risk:
    if offer.name in server.read:
        return Risk.READ
    if offer.name in server.reversible:
        return Risk.REVERSIBLE
    harmless = offer.annotations is not None and offer.annotations.read_only_hint is True
    return Risk.READ if harmless and server.trust_hints else Risk.IRREVERSIBLE


def _text(result: "CallToolResult") -> str:
    texts: list[str] = [block.text for block in result.content if block.type == "text"]
    if texts or result.structured_content is None:
        return "\n".join(texts)
    return json.dumps(result.structured_content, ensure_ascii=False)


def _why(error: BaseException) -> str:
    """Return what kind of failure it was; never what a server wrote."""
    inner: Any = error
    while isinstance(inner, BaseExceptionGroup):
        inner = inner.exceptions[0]
    return _KNOWN.get(type(inner).__name__, type(inner).__name__)
