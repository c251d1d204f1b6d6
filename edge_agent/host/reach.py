"""Can the providers of the cloud be reached? Asked only when the owner says so: it goes to the network.

Nothing is sent but the key: what models a provider has is asked, which costs nothing.
"""

import asyncio
import time

from edge_agent.base.errors import EdgeAgentError
from edge_agent.base.settings_cloud import CloudSettings, Endpoint
from edge_agent.host.check import Check, Verdict

NOBODY = "no provider is named, so nothing is ever sent"


async def reach(settings: CloudSettings) -> list[Check]:
    """Ask all of them at once; return a check for each."""
    endpoints = [*settings.providers, *settings.stt, *settings.tts]
    if not endpoints:
        return [Check("cloud", Verdict.OK, NOBODY)]
    return list(await asyncio.gather(*(_check(endpoint) for endpoint in endpoints)))


async def _check(endpoint: Endpoint) -> Check:
    from edge_agent.talk.mind.cloud.client import connection, reach

    began = time.monotonic()
    try:
        sdk = connection(endpoint, endpoint.timeout_s)
        try:
            await reach(endpoint.name, sdk, endpoint.timeout_s)
        finally:
            await sdk.close()
    except EdgeAgentError as error:
        return Check(f"cloud.{endpoint.name}", Verdict.FAILED, str(error), error.hint)
    return Check(f"cloud.{endpoint.name}", Verdict.OK, f"reached in {1000 * (time.monotonic() - began):.0f} ms")
