"""What can go wrong with a provider, and what follows from it."""

from enum import Enum

from edge_agent.base.errors import NetworkError

REFUSED_S = 600.0
"""A wrong key or a model that does not exist is mended by the owner, not by asking again."""

BUSY_S = 10.0
"""Where the provider does not say itself when to come back."""

BUSY_MAX_S = 3600.0
"""The longest that a provider is taken at its word for."""


class Failure(Enum):
    """Why a provider gave no answer, or only a part of it."""

    UNREACHABLE = "can't be reached"  # no route, no name, refused, reset: perhaps the network is gone
    SLOW = "did not answer in time"
    BUSY = "has had enough for now"  # 429
    BROKEN = "is broken"  # 5xx
    REFUSED = "refuses us"  # 401, 403, 404, a redirection: the key, the model or the address is wrong
    REJECTED = "can't make anything of the question"  # 400, 413, 422: this question, perhaps not the next one
    GARBAGE = "answers nonsense"
    CUT = "broke off"


QUICK = frozenset({Failure.UNREACHABLE, Failure.BROKEN, Failure.CUT, Failure.GARBAGE})
"""What may work at once when it is tried again: a connection that had gone stale, one bad machine of many."""

NETWORK = frozenset({Failure.UNREACHABLE, Failure.SLOW, Failure.CUT})
"""What a cable that is plugged in again would mend."""

UNPAID = frozenset({Failure.UNREACHABLE, Failure.BUSY, Failure.BROKEN, Failure.REFUSED, Failure.REJECTED})
"""What costs nothing: nothing was done. What came late, in part or as nonsense may be charged for."""


class ProviderError(NetworkError):
    """A provider failed."""

    def __init__(self, name: str, failure: Failure, detail: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(f"{name} {failure.value}" + (f" ({detail})" if detail else ""), hint=_HINTS.get(failure, ""))
        self.failure = failure
        self.retry_after_s = retry_after_s
        """What the provider asked for itself, s."""

    @property
    def rest_s(self) -> float | None:
        """How long it must not be asked, s; None where that is the breaker's to say."""
        match self.failure:
            case Failure.BUSY:
                return min(self.retry_after_s or BUSY_S, BUSY_MAX_S)
            case Failure.REFUSED:
                return REFUSED_S
        return None


_HINTS = {
    Failure.UNREACHABLE: "Check the network, and base_url.",
    Failure.REFUSED: "Check the provider's key, model and base_url in the settings.",
    Failure.BUSY: "Wait, or ask the provider for more.",
}
