"""What is said while an answer is on its way: short, and never twice the same in a row.

The lines take turns, so that a conversation with many waits does not sound like a queue at an office. None of them
promises anything, and none is remembered as a part of the answer.
"""

from dataclasses import dataclass, replace
from typing import Final

FIRST: Final = ("Let me see.", "One moment.", "Let me think.", "Hmm, let me check.")
"""When nothing was said yet."""

AGAIN: Final = ("Just a moment.", "Still looking.", "One more second.")
"""When something was, and the rest is late."""

OWN_GUESS: Final = "I can't get through right now, so this is my own guess."
"""Before the device's own answer to what it would have asked the cloud."""

UNREACHABLE: Final = "I can't reach that right now."
"""Instead of one."""

BROKE_OFF: Final = "Sorry, I lost the connection there."
"""After an answer of which the rest is missing."""

ALL: Final = (*FIRST, *AGAIN, OWN_GUESS, UNREACHABLE, BROKE_OFF)
"""To be kept ready as sound: they are said when something else fails."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Which lines come next."""

    first: int = 0
    again: int = 0

    def line(self, *, first: bool) -> tuple[str, "Holding"]:
        """Return a line to say now, and which lines come next."""
        if first:
            return FIRST[self.first % len(FIRST)], replace(self, first=self.first + 1)
        return AGAIN[self.again % len(AGAIN)], replace(self, again=self.again + 1)
