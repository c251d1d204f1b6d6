"""How often a client may ask: a bucket of tokens for each, with the time passed in. Pure."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

BURST = 40
"""Requests at once."""

PER_S = 10.0
"""Requests that go on for ever. A push-to-talk key and a scrape every second are far below it."""

CLIENTS_MAX = 64
"""Clients whose buckets are kept; who was silent longest goes, and begins with a full one."""


@dataclass(frozen=True, slots=True)
class _Bucket:
    tokens: float
    at: float


class Rate:
    """Of all clients."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def allows(self, client: Hashable, now: float) -> bool:
        """Whether `client` may ask once more at `now`, s, monotonic; it is counted."""
        bucket = self._buckets.pop(client, _Bucket(BURST, now))
        tokens = min(float(BURST), bucket.tokens + (now - bucket.at) * PER_S)
        allowed = tokens >= 1
        self._buckets[client] = _Bucket(tokens - 1 if allowed else tokens, now)
        while len(self._buckets) > CLIENTS_MAX:
            self._buckets.popitem(last=False)
        return allowed
