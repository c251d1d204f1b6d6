"""The sound of the turn that is being spoken, from a little before its onset.

What was heard lately is always kept (`HISTORY_S`, no longer), since an onset is known only some time after it was:
when the turn opens, the pre-roll is already here.
"""

from collections import deque

import numpy as np

from edge_agent.base.frames import CHUNK, RATE_HZ, Heard, Samples

HISTORY_S = 3.0
"""Onset, confirmation of an interruption and pre-roll together are far shorter."""

SURE = 0.8
"""Probability of a voice from which there surely is one."""

TURN_CHUNKS = 60 * RATE_HZ // CHUNK
"""A minute. The floor ends every turn long before that; should it ever not, the beginning goes."""


class Utterance:
    """Collects one turn at a time. Not thread-safe: it lives where the conversation lives."""

    def __init__(self, preroll_ms: int) -> None:
        self._preroll = preroll_ms * RATE_HZ // 1000
        self._history: deque[Heard] = deque(maxlen=int(HISTORY_S * RATE_HZ / CHUNK))
        self._turn: deque[Heard] | None = None
        self.began = 0
        """Position of the first voiced sample of the turn that was opened last."""

    @property
    def seconds(self) -> float:
        """Sound collected for this turn, s."""
        return sum(heard.samples.size for heard in self._turn or ()) / RATE_HZ

    @property
    def end(self) -> int:
        """Position of the sample after the last one that was heard; 0 before the first."""
        return self._history[-1].position + self._history[-1].samples.size if self._history else 0

    @property
    def voice_s(self) -> float:
        """For how long somebody surely spoke in this turn, s."""
        return sum(heard.samples.size for heard in self._turn or () if heard.voice >= SURE) / RATE_HZ

    def hear(self, heard: Heard) -> None:
        """Take one chunk."""
        self._history.append(heard)
        if self._turn is not None:
            self._turn.append(heard)

    def open(self, position: int) -> None:
        """Begin a turn whose first voiced sample was at `position`."""
        self.began = position
        first = position - self._preroll
        begun = [heard for heard in self._history if heard.position + heard.samples.size > first]
        self._turn = deque(begun, TURN_CHUNKS)

    def close(self) -> None:
        """Forget the turn. What is older than the history is overwritten, not only let go."""
        kept = {id(heard.samples) for heard in self._history}
        for heard in self._turn or ():
            if id(heard.samples) not in kept:
                heard.samples[:] = 0
        self._turn = None

    def forget(self) -> None:
        """Overwrite everything that was heard, the history included, and forget it."""
        self.close()
        for heard in self._history:
            heard.samples[:] = 0
        self._history.clear()

    def samples(self) -> Samples:
        """The turn so far, shape (n,), 16 kHz; empty when none is open."""
        if not self._turn:
            return np.zeros(0, np.float32)
        return np.concatenate([heard.samples for heard in self._turn])
