"""Whether a provider is worth asking: a circuit breaker, pure; time (s, monotonic) is passed in.

1. Closed, it is asked. After `FAILURES_MAX` failures in a row it is open and nobody waits for it any more; at once if
   the provider itself asked for a rest (too many requests, a wrong key).
2. An open one becomes half-open when its time has passed: it is probed, and one question may try it.
3. A probe proves that it can be reached, not that it answers. So the breaker closes on probation: the next failure
   opens it again at once, and for twice as long as before. An answer clears it.
4. A rest that was asked for is kept. Otherwise, where somebody begins to speak, an open one may be probed early:
   perhaps the cable is back.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

FAILURES_MAX: Final = 2
COOL_MIN_S: Final = 2.0
COOL_MAX_S: Final = 120.0


class State(Enum):
    """Whether it is asked."""

    CLOSED = "closed"  # yes
    OPEN = "open"  # no
    HALF_OPEN = "half open"  # to see whether it works again


@dataclass(frozen=True, slots=True)
class Breaker:
    """Of one provider."""

    failures: int = 0
    """In a row."""
    open_until: float | None = None
    """None while it is closed."""
    cool_s: float = COOL_MIN_S
    """How long it opens for next time."""
    demanded: bool = False
    """Whether the provider asked for this rest itself."""

    def state(self, now: float) -> State:
        """Return whether it is asked now."""
        if self.open_until is None:
            return State.CLOSED
        return State.OPEN if now < self.open_until else State.HALF_OPEN

    def failed(self, now: float, rest_s: float | None = None) -> "Breaker":
        """It did not answer; `rest_s` is how long it must be left alone, where that is known."""
        failures = self.failures + 1
        if rest_s is not None:
            return replace(self, failures=failures, open_until=now + rest_s, demanded=True)
        if failures < FAILURES_MAX and self.open_until is None:
            return replace(self, failures=failures)
        cool_s = min(2 * self.cool_s, COOL_MAX_S)
        open_until = max(now + self.cool_s, self.open_until or 0.0)
        demanded = self.demanded and open_until == self.open_until
        return replace(self, failures=failures, open_until=open_until, cool_s=cool_s, demanded=demanded)

    def reached(self) -> "Breaker":
        """A probe came back: it closes, on probation."""
        return replace(self, failures=FAILURES_MAX - 1, open_until=None, demanded=False)

    def answered(self) -> "Breaker":
        """It answered; all is forgotten."""
        return Breaker()

    def probe_now(self, now: float) -> bool:
        """Whether it may be probed early, because somebody speaks."""
        return self.state(now) is State.OPEN and not self.demanded


FRESH: Final = Breaker()
"""Of a provider that nothing is known of."""
