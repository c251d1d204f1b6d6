"""What leaves this device, whoever sends it: what it costs in a day, and the record of what was sent last."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from edge_agent.base.paths import paths
from edge_agent.base.settings import Settings
from edge_agent.talk.mind.cloud.budget import FILE
from edge_agent.talk.mind.cloud.purse import Purse
from edge_agent.talk.mind.privacy import Record, Sent


@dataclass(frozen=True, slots=True)
class Leaving:
    """Shared by all that sends."""

    purse: Purse
    record: Record

    def speech_sent(self, kind: Literal["sound", "speech"], provider: str, what: Sequence[tuple[str, str]]) -> None:
        """Remember that sound was sent to be heard, or text to be spoken."""
        self.record.keep(Sent(provider, sent_now(), tuple(what), {}, kind))


def sent_now() -> str:
    """Return when what is sent now was sent, as `Sent.at`."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


@asynccontextmanager
async def leaving(settings: Settings) -> AsyncIterator[Leaving]:
    """Yield it; when this ends, what was spent is on the disk."""
    state = paths().state
    purse = Purse(settings.cloud, state / FILE)
    try:
        yield Leaving(purse, Record(settings.privacy, state))
    finally:
        await purse.close()
