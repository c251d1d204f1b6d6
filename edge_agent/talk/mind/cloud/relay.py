"""Several endpoints that do the same, asked in order, each with a circuit breaker.

1. Whoever asks gets an answer or a `ProviderError`, and then does it himself: there is always the device.
2. An endpoint that failed twice in a row, or asked for a rest, is not waited for any more. When its time has passed it
   is probed beside what is going on, for nobody; once it can be reached it is at its old place again.
3. All that is sent is booked before, with what it costs. Where that does not fit into the day's money any more, nothing
   is sent.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from edge_agent.talk.mind.cloud.breaker import State
from edge_agent.talk.mind.cloud.budget import NOTHING, Cost
from edge_agent.talk.mind.cloud.failures import UNPAID, Failure, ProviderError
from edge_agent.talk.mind.cloud.providers import Health
from edge_agent.talk.mind.cloud.purse import Purse

if TYPE_CHECKING:
    from edge_agent.talk.mind.cloud.speech_client import SpeechClient

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hired:
    """One endpoint, and what it takes."""

    client: "SpeechClient"
    price: Callable[[float], Cost]
    """Of so much: seconds of sound, or characters."""


class Relay:
    """Lives on the running loop. `close` it."""

    def __init__(
        self,
        hired: "Mapping[str, Hired]",
        purse: Purse,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`hired` in the order in which they are asked; `tell` is told what the owner may want to know."""
        self.healths = {name: Health() for name in hired}
        self._hired = hired
        self._purse = purse
        self._tell = tell
        self._probes: dict[str, asyncio.Task[None]] = {}

    async def ask(self, do: "Callable[[SpeechClient], Awaitable[T]]", amount: float) -> tuple[str, T]:
        """Return who did it, and what came of it. `amount` is what is paid for. ProviderError if nobody could."""
        error = ProviderError("the cloud", Failure.UNREACHABLE)
        for name, one in self._hired.items():
            state = self.healths[name].breaker.state(_now())
            if state is State.HALF_OPEN:
                self._probe(name, one.client)
            if state is not State.CLOSED:
                continue
            cost = booked = one.price(amount)
            if not self._purse.book(booked):
                error = ProviderError(name, Failure.REJECTED, "the budget of the day is spent")
                continue
            done = None
            try:
                done = await do(one.client)
                self.healths[name] = self.healths[name].answered()
                return name, done
            except ProviderError as failure:
                error, cost = failure, NOTHING if failure.failure in UNPAID else booked
                self._failed(name, failure)
            finally:
                self._purse.settle(booked, cost, wasted=done is None)
        raise error

    async def close(self) -> None:
        """Stop probing, and close all connections."""
        for probe in self._probes.values():
            probe.cancel()
        await asyncio.gather(*self._probes.values(), return_exceptions=True)
        await asyncio.gather(*(one.client.close() for one in self._hired.values()), return_exceptions=True)

    def _failed(self, name: str, error: ProviderError) -> None:
        before = self.healths[name].breaker.open_until
        self.healths[name] = self.healths[name].failed(error, _now())
        log.info("%s", error)
        if before is None and self.healths[name].breaker.open_until is not None:
            self._tell(f"{error}; the device does it until it is back")

    def _probe(self, name: str, client: "SpeechClient") -> None:
        if name not in self._probes or self._probes[name].done():
            self._probes[name] = asyncio.get_running_loop().create_task(self._reach(name, client))

    async def _reach(self, name: str, client: "SpeechClient") -> None:
        try:
            await client.reach()
        except ProviderError as error:
            self._failed(name, error)
        else:
            self.healths[name] = self.healths[name].reached()
            self._tell(f"{name} can be reached again")


def _now() -> float:
    return asyncio.get_running_loop().time()
