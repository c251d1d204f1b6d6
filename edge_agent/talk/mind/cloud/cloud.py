"""An answer from whichever provider has one.

1. Providers are asked one after the other, in the owner's order, until one begins to answer. From its first piece on
   there is no other: what was said is not said again.
2. Everything that is sent passes `outgoing`; everything that is paid passes the budget, before it is sent.
3. What is under way is closed when nobody wants it any more, and paid as far as it had come.
4. Nothing is sent while nobody speaks, except that a provider which failed is probed, ever more seldom, until it is
   back; a probe holds no words. Nor does what opens a connection, once a question seems to be coming.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias

from edge_agent.base.settings_cloud import CloudSettings
from edge_agent.talk.mind.cloud import budget, providers
from edge_agent.talk.mind.cloud.breaker import State
from edge_agent.talk.mind.cloud.budget import Usage
from edge_agent.talk.mind.cloud.failures import NETWORK, Failure, ProviderError
from edge_agent.talk.mind.cloud.outgoing import Outgoing, Wanted
from edge_agent.talk.mind.cloud.providers import Health
from edge_agent.talk.mind.cloud.purse import Purse

log = logging.getLogger(__name__)

WARM_S = 30.0
"""A connection that was used so lately is taken to be open still."""

EARLY_PROBE_S = 2.0
"""Between two probes of a provider for somebody who begins to speak."""


Piece: TypeAlias = str | Wanted | Usage


@dataclass(slots=True, eq=False)
class Receipt:
    """Of one question."""

    provider: str = ""
    """Who answered; empty while nobody has."""
    sent_to: str = ""
    """Who was asked last; empty while nobody was."""
    first_token_s: float | None = None
    """From the question's sending, other providers before included."""
    cost: budget.Cost = budget.NOTHING
    wasted: bool = False
    """Whether it was for nothing."""


class Cloud:
    """All providers. To be made on the running loop. `close` it."""

    def __init__(
        self,
        settings: CloudSettings,
        purse: Purse,
        *,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`tell` is told what the owner may want to know. SettingsError if a key can't be read."""
        from edge_agent.talk.mind.cloud.client import Client  # It is heavy, and most devices need none.

        self.healths: dict[str, Health] = {provider.name: Health() for provider in settings.providers}
        self._settings = settings
        self._providers = {provider.name: provider for provider in settings.providers}
        self._clients = {name: Client(each, settings.reply_tokens) for name, each in self._providers.items()}
        self._purse = purse
        self._tell = tell
        self._used_at: dict[str, float] = {}
        self._probes: dict[str, asyncio.Task[None]] = {}

    @property
    def spent(self) -> budget.Spent:
        """What was spent today."""
        return self._purse.spent

    def first_choice(self) -> Health | None:
        """Return what is known of the provider that would be asked now; None where none can be."""
        first = next(iter(providers.usable(self.healths, _now())), None)
        return self.healths[first] if first else None

    def budget_left(self) -> float:
        """Return the share (0-1) of the day's budget that is left; 0 where no answer fits into it any more."""
        answer = Usage(0, self._settings.reply_tokens)
        costs = (budget.price(provider, answer) for provider in self._providers.values())
        return self._purse.left(min(costs, key=lambda cost: cost.micros))

    async def reply(self, sent: Outgoing, deadline: float, receipt: Receipt) -> AsyncGenerator[str | Wanted, None]:
        """Yield the answer in pieces, then the calls that it wants.

        ProviderError if nobody has one by `deadline` (loop.time()), or it breaks off.
        """
        asked_at, names = _now(), providers.usable(self.healths, _now())
        failed: list[tuple[str, Failure]] = []
        error: ProviderError | None = None
        while name := providers.following(names, failed):
            others = len([other for other in names if other not in {name, *(tried for tried, _ in failed)}])
            patience_s = providers.patience_s(deadline - _now(), others, self._providers[name].timeout_s)
            try:
                async with aclosing(self._ask(name, sent, patience_s, receipt)) as pieces:
                    async for piece in pieces:
                        if not receipt.provider:
                            receipt.provider, receipt.first_token_s = name, _now() - asked_at
                        yield piece
                return
            except ProviderError as failure:
                error = failure
            if receipt.provider or _now() >= deadline:
                break
            failed.append((name, error.failure))
        raise error or ProviderError("the cloud", Failure.UNREACHABLE)

    async def _ask(
        self, name: str, sent: Outgoing, patience_s: float, receipt: Receipt
    ) -> AsyncGenerator[str | Wanted, None]:
        provider, asked_at = self._providers[name], _now()
        tokens_in = budget.estimate(sent.texts)
        booked = budget.price(provider, Usage(tokens_in, self._settings.reply_tokens))
        if not self._purse.book(booked):
            raise ProviderError(name, Failure.REJECTED, "the budget of the day is spent")
        receipt.sent_to = name
        usage, letters, begun = None, 0, False
        try:
            async with aclosing(self._clients[name].answer(sent)) as pieces:
                while piece := await _within(None if begun else patience_s, pieces):
                    if isinstance(piece, Usage):
                        usage = piece
                        continue
                    if not begun:
                        begun = True
                        self.healths[name] = self.healths[name].began(_now() - asked_at)
                    letters += len(piece if isinstance(piece, str) else piece.arguments)
                    yield piece
            self.healths[name] = self.healths[name].answered()
        except TimeoutError:
            raise self._failed(name, ProviderError(name, Failure.SLOW)) from None
        except ProviderError as error:
            raise self._failed(name, error) from error
        finally:
            self._used_at[name] = _now()
            guess = Usage(tokens_in, letters // budget.CHARS_PER_TOKEN + 1 if begun else 0)
            cost = budget.price(provider, usage or guess)
            receipt.cost = budget.Cost(receipt.cost.tokens + cost.tokens, receipt.cost.micros + cost.micros)
            self._purse.settle(booked, cost, wasted=receipt.wasted)

    def waste(self, receipt: Receipt) -> None:
        """Nobody will hear this answer: count what it cost, and what it will have cost, as wasted."""
        if not receipt.wasted:
            receipt.wasted = True
            self._purse.waste(receipt.cost)

    # Whether they are there.

    def look(self) -> None:
        """Somebody begins to speak: see whether what was unreachable is back, and what others have spent."""
        self._purse.look()
        for name, health in self.healths.items():
            if health.breaker.probe_now(_now()) and self._unused_s(name) >= EARLY_PROBE_S:
                self._probe(name, 0.0)

    def warm(self) -> None:
        """A question seems to be coming: see that the connection on which it would go is open."""
        first = next(iter(providers.usable(self.healths, _now())), None)
        closed = first is not None and self.healths[first].breaker.state(_now()) is State.CLOSED
        if first is not None and closed and self._unused_s(first) >= WARM_S:
            self._probe(first, 0.0)

    def _unused_s(self, name: str) -> float:
        return _now() - self._used_at.get(name, -WARM_S)

    def _failed(self, name: str, error: ProviderError) -> ProviderError:
        before = self.healths[name].breaker.open_until
        self.healths[name] = self.healths[name].failed(error, _now())
        log.info("%s", error)
        open_until = self.healths[name].breaker.open_until
        if error.failure is Failure.REJECTED and not self.healths[name].answers:
            self._tell(str(error))  # Perhaps it never will.
        if open_until is not None:
            if before is None:
                self._tell(f"{error}; it is left alone until it is back")
            self._probe(name, open_until - _now())
        return error

    def _probe(self, name: str, in_s: float) -> None:
        """Probe it after a while, instead of whenever that was meant to be."""
        if earlier := self._probes.pop(name, None):
            earlier.cancel()
        self._probes[name] = asyncio.get_running_loop().create_task(self._probe_until_back(name, in_s))

    async def _probe_until_back(self, name: str, in_s: float) -> None:
        while True:
            await asyncio.sleep(in_s)
            self._used_at[name] = _now()
            try:
                await self._clients[name].reach()
            except ProviderError as error:
                if error.failure not in NETWORK and self.healths[name].breaker.open_until is None:
                    return  # It is there and only dislikes the probe; a question will tell.
                self.healths[name] = self.healths[name].failed(error, _now())
            else:
                if self.healths[name].breaker.open_until is not None:
                    self.healths[name] = self.healths[name].reached()
                    self._tell(f"{name} can be reached again")
                return
            open_until = self.healths[name].breaker.open_until
            if open_until is None:
                return
            in_s = max(0.0, open_until - _now())

    async def close(self) -> None:
        """Stop probing, and close all connections."""
        for probe in self._probes.values():
            probe.cancel()
        await asyncio.gather(*self._probes.values(), return_exceptions=True)
        await asyncio.gather(*(client.close() for client in self._clients.values()), return_exceptions=True)


async def _within(seconds: float | None, pieces: AsyncGenerator[Piece, None]) -> Piece | None:
    """Return the next piece, None at the end; TimeoutError."""
    async with asyncio.timeout(seconds):
        return await anext(pieces, None)


def _now() -> float:
    return asyncio.get_running_loop().time()
