"""All tools that come from elsewhere, as they are at this moment.

Where nothing may leave the device (`privacy.local_only`), an address that is not on it is left out, and that is said.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from edge_agent.base.credentials import on_this_device
from edge_agent.base.settings import Settings
from edge_agent.talk.mind.tools.mcp_servers import McpServers
from edge_agent.talk.mind.tools.services import Services, address
from edge_agent.talk.mind.tools.tool import Tool


@dataclass(frozen=True, slots=True)
class Sources:
    """Whom to ask for tools."""

    servers: McpServers
    services: Services

    def tools(self) -> list[Tool]:
        """Return the tools that there are now; never waits."""
        return [*self.services.tools(), *self.servers.tools()]

    async def settled(self) -> None:
        """Return when each source has answered, or failed, for the first time."""
        await self.servers.settled()


@asynccontextmanager
async def sources(settings: Settings, tell: Callable[[str], None]) -> AsyncIterator[Sources]:
    """Yield them, opened. SettingsError or InputError, with what to do, if one can't be meant like this."""
    local = settings.privacy.local_only
    kept = [each for each in settings.tools.mcp if not (local and each.url and not on_this_device(each.url))]
    described = [each for each in settings.tools.openapi if not (local and not on_this_device(address(each)))]
    for left_out in ({*settings.tools.mcp} - {*kept}) | ({*settings.tools.openapi} - {*described}):
        tell(f"the tools of {left_out.name} are left out: nothing may leave this device (privacy.local_only)")
    services, servers = await asyncio.to_thread(Services, described), McpServers(kept, tell)
    servers.open()
    try:
        yield Sources(servers, services)
    finally:
        await asyncio.gather(servers.close(), services.close())
