"""Whether the open device is still alive: by frames per second, in both directions, and by level. Pure.

A device can die without an error, and in two ways.

1. It stops (`Flow`). If more than `MISSED_S` of sound is missing from the last second, in either direction, it is gone.
   When the one who looks was late himself, the whole process stood still; that says nothing about the device.
2. Its microphone delivers zeros, on time (`Level`). A converter's silence is noise, never zeros; a virtual source's, a
   noise gate's and a sound server's that has put something else in the microphone's place is zeros as a matter of
   course. So zeros mean something only where the microphone was *lively* before: sound for `LIVELY_S` without a run of
   zeros. They are told once, and the next time it has to be lively for twice as long: a mute switch that is played
   with, or a gate that seldom closes, does not make a loop. A device that was gone meanwhile begins afresh.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum

from edge_agent.base.events import MicrophoneSilent, MicrophoneSounds
from edge_agent.base.frames import BLOCK_MS

FIRST_S = 3.0
"""For the first sound after opening: Bluetooth and sleeping sound servers take their time."""

BEGUN_S = 0.2
"""Of sound that has to move either way: a dead loudspeaker takes as much as fills its buffer."""

WINDOW_S = 1.0
"""Over which frames per second are counted."""

MISSED_S = 0.6
"""Of sound that may be missing from it. Hiccups of Bluetooth and of a busy machine are shorter."""

LOOK_S = 0.1
"""Between two looks."""

LATE_S = 0.3
"""A look that comes so much later than it should proves nothing."""

SILENT_S = 0.8
"""Of zeros from a lively microphone before they are told."""

GAP_S = 0.2
"""Of zeros that a lively microphone never delivers."""

LIVELY_S = 5.0
LIVELY_S_MAX = 60.0
"""However often it fell silent: at most one reopening a minute."""


class Flow:
    """Frames per second of one open device, both ways."""

    def __init__(self, rate_hz: int, now: float, captured: int = 0, taken: int = 0) -> None:
        """So much had moved either way when it was opened, or when its microphone was."""
        self.begun = False
        """Whether sound moves both ways."""
        self._rate_hz = rate_hz
        self._opened = _Mark(now, captured, taken)
        self._marks: deque[_Mark] = deque(maxlen=2 + round(WINDOW_S / LOOK_S))

    def due(self, now: float) -> bool:
        """Whether it is time for a look."""
        return not self._marks or now - self._marks[-1].at >= LOOK_S

    def stopped(self, captured: int, taken: int, now: float) -> bool:
        """Return whether the device is gone, by the samples moved either way since it was opened."""
        if not self.begun:
            moved = min(captured - self._opened.captured, taken - self._opened.taken)
            self.begun = moved >= BEGUN_S * self._rate_hz
            if not self.begun:
                return now - self._opened.at > FIRST_S
        if self._marks and now - self._marks[-1].at > LOOK_S + LATE_S:
            self._marks.clear()
        self._marks.append(_Mark(now, captured, taken))
        while len(self._marks) > 1 and now - self._marks[1].at >= WINDOW_S:
            self._marks.popleft()
        first = self._marks[0]
        moved = min(captured - first.captured, taken - first.taken)
        return now - first.at - moved / self._rate_hz > MISSED_S


@dataclass(frozen=True, slots=True)
class _Mark:
    at: float
    captured: int
    taken: int


class Edge(Enum):
    """What a block of the microphone may reveal, and the event that tells it."""

    FELL_SILENT = MicrophoneSilent
    SOUNDS_AGAIN = MicrophoneSounds


class Level:
    """One microphone's zeros, over all its openings."""

    def __init__(self) -> None:
        self._zeros = self._sound = 0  # blocks in a row
        self._lively = _blocks(LIVELY_S)
        self._silent = False

    def anew(self) -> None:
        """The device was opened: it may be another."""
        self._zeros = self._sound = 0

    def feed(self, *, zeros: bool) -> Edge | None:
        """Take one block of 10 ms that was nothing but zeros, or was not."""
        return self._fall() if zeros else self._rise()

    def _fall(self) -> Edge | None:
        self._zeros += 1
        if self._sound < self._lively:
            self._sound = self._sound if self._zeros < _blocks(GAP_S) else 0
        elif self._zeros >= _blocks(SILENT_S):
            self._silent, self._sound = True, 0
            self._lively = min(2 * self._lively, _blocks(LIVELY_S_MAX))
            return Edge.FELL_SILENT
        return None

    def _rise(self) -> Edge | None:
        if self._zeros >= _blocks(GAP_S):
            self._sound = 0
        self._zeros = 0
        self._sound += 1
        if self._silent and self._sound >= _blocks(GAP_S):
            self._silent = False
            return Edge.SOUNDS_AGAIN
        return None


def _blocks(seconds: float) -> int:
    return round(1000 * seconds / BLOCK_MS)
