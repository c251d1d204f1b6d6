"""Is it a near voice, or somebody in the background? Its level decides. Pure; a chunk is 32 ms.

1. A voice's level is what its bands hold above the noise floor (`noise_floor.py`), over `SMOOTH` chunks; its best of
   the last `HELD` chunks counts, so that no consonant ends a voice.
2. It has to stand out against the floor by the place's `stands_out_db`.
3. The user's level is what the loudest tenth of their last three seconds of voice reached. Once it is known, a voice
   begins only within `reach_db` below it, and goes on within `HYSTERESIS_DB` more. Somebody four times as far away is
   12 dB softer, and what comes through a room has no more peaks than what comes straight. Over the agent's own voice
   it goes on however soft it becomes: there the cancellers take their part of it, and it is short of nothing else.
4. Nobody is locked out: while the user is silent, and the agent too, the reach grows after `hold_s` by `FADE_DB_S`,
   until the user is forgotten and the next one may be as soft as they like.

What a place asks for is in `places.py`.
"""

from collections import deque
from collections.abc import Iterable

import numpy as np

from edge_agent.base.frames import CHUNK, RATE_HZ, Samples
from edge_agent.talk.ear.noise_floor import NoiseFloor, Powers, bands
from edge_agent.talk.ear.places import Profile

SMOOTH = 3
HELD = 5
FLOOR_FACTOR = 2.0
"""The floor is the least of what the noise does; what exceeds it by less is still noise."""

LOUD = 0.9
"""The quantile of the user's chunks that is called their level: what is above it (a cough, a shout) does not matter."""
LEARNED = 12
"""Chunks of voice (0.4 s) from which a level is known."""
LATELY = 94
"""Chunks of voice (3 s) by which it is known."""
SURE = 0.5
"""Probability of a voice from which a chunk counts as the user's."""

HYSTERESIS_DB = 10.0
CANCELLED_DB = 5.0
"""More while the agent is audible: the cancellers take about as much of any voice that is as loud as the echo."""
FADE_DB_S = 0.5
FORGOTTEN_DB = 25.0
"""A reach from which there is nothing left to know."""


class Nearness:
    """One stream."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._floor = NoiseFloor()
        self._recent = deque([np.zeros_like(self._floor.powers)] * SMOOTH, SMOOTH)
        self._levels = deque([-120.0] * HELD, HELD)
        self._user: deque[float] = deque(maxlen=LATELY)
        self._silent_s = 0.0

    @property
    def floor_dbfs(self) -> float:
        """Of the noise, all bands together; -120 while it is not known."""
        return _db(float(self._floor.powers.sum()))

    @property
    def user_dbfs(self) -> float | None:
        """Of the user's voice, as described above; None while it is not known."""
        return sorted(self._user)[int(LOUD * len(self._user))] if len(self._user) >= LEARNED else None

    def feed(self, chunk: Samples, voice: float, *, speaking: bool, agent: bool) -> bool:
        """Whether what CHUNK samples hold is near enough.

        `voice` is the probability (0-1) that they hold a voice, `speaking` whether one has begun that has not paused,
        `agent` whether the agent is audible.
        """
        powers = bands(chunk)
        self._recent.append(powers)
        self._levels.append(self._level(self._recent))
        self._floor.feed(powers)
        more_db = (HYSTERESIS_DB if speaking else 0.0) + (CANCELLED_DB if agent else 0.0)
        near = max(self._levels) >= self._least_dbfs(more_db)
        if near and speaking and voice >= SURE:
            self._user.append(self._levels[-1])
            self._silent_s = 0.0
        elif not agent:
            self._silent_s += CHUNK / RATE_HZ
        return near or (speaking and agent)

    def peek(self, chunk: Samples) -> bool:
        """Whether what lies between the last chunk and the next may begin a voice over the agent's."""
        return self._level([*self._recent, bands(chunk)][-SMOOTH:]) >= self._least_dbfs(CANCELLED_DB)

    def forget(self) -> None:
        """Somebody else stands there now, and may speak as softly as they like."""
        self._user.clear()

    def _level(self, recent: Iterable[Powers]) -> float:
        """Of a voice, dBFS."""
        excess = np.maximum(sum(recent) / SMOOTH - FLOOR_FACTOR * self._floor.powers, 0.0)
        return _db(float(excess.sum()))

    def _least_dbfs(self, more_db: float) -> float:
        """Level from which a voice counts as near, with so much more reach."""
        profile = self._profile
        above_floor = self.floor_dbfs + profile.stands_out_db - more_db
        user = self.user_dbfs
        if user is None:
            return above_floor
        reach = profile.reach_db + FADE_DB_S * max(0.0, self._silent_s - profile.hold_s)
        if reach > FORGOTTEN_DB:
            self._user.clear()
            return above_floor
        return max(above_floor, user - reach - more_db)


def _db(power: float) -> float:
    return 10 * float(np.log10(max(power, 1e-12)))
