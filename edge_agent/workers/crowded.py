"""How many threads are worth their while, where others want the processor too. Pure.

Threads that share a computation wait for each other many times in each token. Where one of them does not get a core,
the others wait with it, and all together are many times slower than one alone: beside two processes that never rest,
80 tokens took more than a minute on two threads and 16 to 30 s on one. That a thread was kept waiting is told by the
processor time that the process got.
"""

KEPT_WAITING = 0.7
"""Share of its threads' time that a process has to get; less, and one of them was without a core."""

BRIEF_S = 0.004
"""Steps so short prove nothing: the kernel counts processor time by its own ticks."""

ALONE_STEPS = 32
"""With one thread, before all of them are tried again."""


class Crowded:
    """The threads of one kind of step."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._alone = 0

    @property
    def threads(self) -> int:
        """For the next step."""
        return 1 if self._alone else self._threads

    def took(self, seconds: float, processor_s: float) -> None:
        """Learn from a step: how long it took, and how much processor time the whole process got meanwhile."""
        if self._alone:
            self._alone -= 1
        elif self._threads > 1 and seconds > BRIEF_S and processor_s < KEPT_WAITING * self._threads * seconds:
            self._alone = ALONE_STEPS
