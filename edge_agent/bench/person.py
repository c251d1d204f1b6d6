"""Somebody in a room, who hears the agent only as people do: by its sound."""

import asyncio
from typing import Protocol

from edge_agent.base.frames import RATE_HZ, Samples

LOOK_S = 0.01
"""How often the ear is pricked: one block."""


class Place(Protocol):
    """Where somebody stands: a simulated room, or another in which one is heard."""

    @property
    def position(self) -> int:
        """Of now, at `RATE_HZ`."""

    @property
    def last_sound(self) -> int | None:
        """Position of the last audible sample of the agent's; None before the first."""

    def say(self, samples: Samples) -> int:
        """Have somebody say this (at `RATE_HZ`) from now on; return where it will end."""


class Person:
    """Speaks into the room, and waits for what it hears there."""

    def __init__(self, room: Place) -> None:
        self._room = room

    def says(self, samples: Samples) -> tuple[int, int]:
        """Begin to say this (16 kHz); return the positions of its first sample and of the one after its last."""
        end = self._room.say(samples)
        return end - samples.size, end

    async def passes(self, position: int) -> None:
        """Wait until the room's clock has reached `position`."""
        while (missing := position - self._room.position) > 0:  # noqa: ASYNC110 (the clock is samples, not an event)
            await asyncio.sleep(missing / RATE_HZ)

    async def hears_silence(self, for_s: float, timeout_s: float = 60.0) -> bool:
        """Wait until the agent has been silent for `for_s`; False if it went on talking."""
        since = self._room.position
        end = since + int(timeout_s * RATE_HZ)
        while self._room.position < end:
            since = max(since, self._room.last_sound or 0)
            if self._room.position - since >= for_s * RATE_HZ:
                return True
            await asyncio.sleep(LOOK_S)
        return False

    async def hears_voice(self, after: int, timeout_s: float) -> bool:
        """Wait until the agent sounds at a position later than `after`; False if it did not in time."""
        end = self._room.position + int(timeout_s * RATE_HZ)
        while self._room.position < end:
            if (self._room.last_sound or 0) > after:
                return True
            await asyncio.sleep(LOOK_S)
        return False
