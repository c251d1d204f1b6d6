"""Can the providers of the cloud be reached? Asked only when the owner says so: it goes to the network.

Nothing is sent but the key: what models a provider has is asked, which costs nothing.
"""

import asyncio

from edge_agent.base.errors import EdgeAgentError, NetworkError
from edge_agent.base.settings import CloudSettings
from edge_agent.host.check import Check, Verdict
from edge_agent.talk.mind.cloud.cloud import Cloud

NOBODY = "no provider is named, so nothing is ever sent"


async def reach(settings: CloudSettings) -> list[Check]:
    """Ask all of them at once; return a check for each."""
    if not settings.providers:
        return [Check("cloud", Verdict.OK, NOBODY)]
    try:
        cloud = Cloud(settings, None)
    except EdgeAgentError as error:
        return [Check("cloud", Verdict.FAILED, str(error), error.hint)]
    try:
        return list(await asyncio.gather(*(_check(cloud, provider.name) for provider in settings.providers)))
    finally:
        await cloud.close()


async def _check(cloud: Cloud, name: str) -> Check:
    try:
        took_s = await cloud.reach(name)
    except NetworkError as error:
        return Check(f"cloud.{name}", Verdict.FAILED, str(error), error.hint)
    return Check(f"cloud.{name}", Verdict.OK, f"reached in {1000 * took_s:.0f} ms")
