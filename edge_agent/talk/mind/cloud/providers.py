"""Which provider is asked next, and what is known of each. Pure; time (s, monotonic) is passed in.

1. They are asked in the owner's order, those whose breaker is closed. One that recovers is at its old place again.
2. One that is half-open is tried where no other is left: a probe, which costs nobody a wait, is the better way back.
3. What failed at once, in a way that may be an accident, is tried once more when all others have failed.
4. Nobody waits for one so long that no time is left for the next: the time until the deadline is shared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from edge_agent.talk.mind.cloud.breaker import FRESH, Breaker, State
from edge_agent.talk.mind.cloud.failures import QUICK, Failure, ProviderError

TIMES_KEPT: Final = 16
"""First-token times of the last answers: a provider's mood of the last half hour."""

PATIENCE_MIN_S: Final = 0.2
"""Less, and nobody could answer."""


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of one provider since the agent started."""

    breaker: Breaker = FRESH
    first_token_s: tuple[float, ...] = ()
    """Of the last answers, the latest at the end."""
    answers: int = 0
    errors: Mapping[Failure, int] = field(default_factory=lambda: MappingProxyType({}))

    def first_word_s(self, share: float) -> float | None:
        """How long its first token takes in such a share of cases, s; None where it has answered nothing yet."""
        times = sorted(self.first_token_s)
        return times[round(share * (len(times) - 1))] if times else None

    def answered(self) -> "Health":
        """An answer came to its end."""
        return replace(self, breaker=self.breaker.answered(), answers=self.answers + 1)

    def began(self, first_token_s: float) -> "Health":
        """An answer began."""
        return replace(self, first_token_s=(*self.first_token_s, first_token_s)[-TIMES_KEPT:])

    def failed(self, error: ProviderError, now: float) -> "Health":
        """It failed. A question that it rejects says nothing about the next one."""
        errors = MappingProxyType({**self.errors, error.failure: self.errors.get(error.failure, 0) + 1})
        breaker = self.breaker if error.failure is Failure.REJECTED else self.breaker.failed(now, error.rest_s)
        return replace(self, errors=errors, breaker=breaker)

    def reached(self) -> "Health":
        """A probe came back."""
        return replace(self, breaker=self.breaker.reached())


Healths = Mapping[str, Health]
"""By the provider's name, in the owner's order."""


def usable(healths: Healths, now: float) -> list[str]:
    """Return the names of those that a question may be sent to, the first choice first."""
    by_state = {
        state: [name for name, health in healths.items() if health.breaker.state(now) is state]
        for state in (State.CLOSED, State.HALF_OPEN)
    }
    return by_state[State.CLOSED] + by_state[State.HALF_OPEN]


def following(names: Sequence[str], failed: Sequence[tuple[str, Failure]]) -> str | None:
    """Return whom to ask after these have `failed` in this order, of the `names` that were usable; None for nobody."""
    tried = [name for name, _ in failed]
    fresh = [name for name in names if name not in tried]
    again = [name for name, failure in failed if failure in QUICK and tried.count(name) == 1]
    return next(iter([*fresh, *again]), None)


def patience_s(left_s: float, others: int, timeout_s: float) -> float:
    """Return how long the first token is waited for: `left_s` is until the deadline, `others` may yet be asked."""
    return max(PATIENCE_MIN_S, min(timeout_s, left_s / (others + 1)))
