"""The cancellers side by side, in step, and at rest while there is nothing to cancel.

1. Each returns the near side in its own way (`echo.choose` says which there are and in what order). The one that holds
   it back longest sets the lag; the others are delayed to it, so that what comes out together was heard together.
2. While the loudspeaker has been given nothing but zeros for longer than any echo lasts, the near side *is* what was
   heard. Then nothing is computed, and one signal comes out instead of several.
   The delay of the echo is measured meanwhile (`delay.py`), for those who ask and for cancellers that need it.
3. They are told by how much the echo moves because the clocks drift apart, or because the pairing follows them.
4. They wake with the first sample that plays, as they fell asleep: what they know of the room is kept, and the last few
   frames are given to them once more, so that no filter begins in the middle of a wave.
"""

from collections import deque
from collections.abc import Sequence

import numpy as np

from edge_agent.base.frames import FRAME, RATE_HZ, Samples
from edge_agent.talk.ear.delay import Aligner, Watch
from edge_agent.talk.ear.echo import Canceller

REST = RATE_HZ
"""Samples of silence after which there is no echo left: the longest delay that is looked for, and a room's tail."""

WARM = 3
"""Frames given again on waking."""

SILENCE = np.zeros(FRAME, np.float32)


class Cancelling:
    """One stream."""

    def __init__(
        self, cancellers: Sequence[Canceller], reported_s: float = 0.0, drift_ppm: float | None = None
    ) -> None:
        """`reported_s` is what the device says of its delay, `drift_ppm` what is known of its clocks from before."""
        self.lag = max(canceller.lag for canceller in cancellers)
        """Samples by which the near side comes out later than it went in."""
        self.resting = True
        """Whether the last frame came through as it was heard, once."""
        self.watch = Watch(drift_ppm)
        """What is known of the echo."""
        self._cancellers = cancellers
        self._aligner = None if all(one.follows for one in cancellers) else Aligner(reported_s)
        self._lines = [_DelayLine(self.lag - one.lag) for one in cancellers]
        self._direct = _DelayLine(self.lag)
        self._lately = deque([SILENCE] * WARM, WARM)
        self._silent = REST
        self._ahead = 0.0

    def process(self, near: Samples, far: Samples, ahead: float = 0.0) -> tuple[Samples, ...]:
        """Take FRAME samples of both sides; return FRAME of the near side from each canceller, or one at rest.

        `ahead` as the `Watch` has it.
        """
        direct = self._direct.process(near)
        self._silent = 0 if far.any() else self._silent + FRAME
        asleep, self.resting = self.resting, self._silent >= REST
        if not self.resting:
            if asleep:
                for earlier in self._lately:
                    self._cancel(earlier, SILENCE)
            self.watch.take(near, far, ahead)
            later = (self.watch.echo.drift_ppm or 0.0) * 1e-6 * FRAME + ahead - self._ahead
            for one in self._cancellers:
                one.move(later)
            heard = self._cancel(near, far)
        else:
            self.watch.skip(FRAME)
            heard = (direct,)
        self._ahead = ahead
        self._lately.append(near)
        return heard

    def _cancel(self, near: Samples, far: Samples) -> tuple[Samples, ...]:
        moved = self._aligner.align(far, self.watch.delay) if self._aligner else far
        return tuple(
            line.process(one.process(near, far if one.follows else moved))
            for one, line in zip(self._cancellers, self._lines, strict=True)
        )


class _DelayLine:
    """Hands samples out so many later."""

    def __init__(self, samples: int) -> None:
        self._held = np.zeros(samples, np.float32)

    def process(self, frame: Samples) -> Samples:
        if not self._held.size:
            return frame
        both = np.concatenate((self._held, frame))
        self._held = both[FRAME:]
        return both[:FRAME]
