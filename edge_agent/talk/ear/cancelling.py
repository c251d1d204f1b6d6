"""The cancellers side by side, in step, and at rest while there is nothing to cancel.

1. Each returns the near side in its own way (`echo.choose` says which there are and in what order). If one of them
   holds it back, all are delayed to a whole frame, so that what comes out together was heard together.
2. While the loudspeaker has been given nothing but zeros for longer than any echo lasts, the near side *is* what was
   heard. Then nothing is computed or held back, and one signal comes out instead of several. Otherwise the delay of the
   echo is measured as well (`delay.py`), for those who ask and for cancellers that need it.
3. What comes out is the near side without a gap and in its order. So where cancellers that hold back a frame wake, none
   comes out, and where they fall asleep there are two.
4. They are told by how much the echo moves because the clocks drift apart, or because the pairing follows them.
5. They wake with the first sample that plays, as they fell asleep: what they know of the room is kept, and the last few
   frames are given to them once more, so that no filter begins in the middle of a wave.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge_agent.base.frames import FRAME, RATE_HZ, Samples
from edge_agent.talk.ear.delay import Aligner, Watch
from edge_agent.talk.ear.echo import Canceller

REST = RATE_HZ
"""Samples of silence after which there is no echo left: the longest delay that is looked for, and a room's tail."""

WARM = 3
"""Frames given again on waking."""

SILENCE = np.zeros(FRAME, np.float32)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """FRAME samples of the near side."""

    near: Samples
    """As the microphone heard them."""
    signals: tuple[Samples, ...]
    """What each canceller left of them; one signal where they rest."""


class Cancelling:
    """One stream."""

    def __init__(
        self, cancellers: Sequence[Canceller], reported_s: float = 0.0, drift_ppm: float | None = None
    ) -> None:
        """`reported_s` is what the device says of its delay, `drift_ppm` what is known of its clocks from before."""
        self.resting = True
        """Whether the last frame came through as it was heard, once."""
        self.watch = Watch(drift_ppm)
        """What is known of the echo."""
        self._cancellers = cancellers
        self._aligner = None if all(one.follows for one in cancellers) else Aligner(reported_s)
        self._holds_back = any(canceller.lag for canceller in cancellers)
        self._lines = [_DelayLine(FRAME - one.lag if self._holds_back else 0) for one in cancellers]
        self._lately = deque([SILENCE] * WARM, WARM)
        self._silent = REST
        self._ahead = 0.0

    @property
    def settled(self) -> bool:
        """Whether the echo is where it was, and by how much it moves as the clocks drift is known."""
        return self.watch.echo.drift_ppm is not None and not self._cancellers[0].astray

    def process(self, near: Samples, far: Samples, ahead: float = 0.0) -> list[Cleaned]:
        """Take FRAME samples of both sides, and return as much of the near side as is ready by now, mostly one frame.

        `ahead` as the `Watch` has it.
        """
        self._silent = 0 if far.any() else self._silent + FRAME
        asleep, self.resting = self.resting, self._silent >= REST
        if self.resting:
            self.watch.skip(FRAME)
            held = [] if asleep or not self._holds_back else [self._lately[-1]]
            ready = [Cleaned(frame, (frame,)) for frame in (*held, near)]
        else:
            if asleep:
                for earlier in self._lately:
                    self._cancel(earlier, SILENCE)
            self.watch.take(near, far, ahead)
            later = (self.watch.echo.drift_ppm or 0.0) * 1e-6 * FRAME + ahead - self._ahead
            for one in self._cancellers:
                one.move(later)
            signals = self._cancel(near, far)
            cleaned = Cleaned(self._lately[-1] if self._holds_back else near, signals)
            ready = [] if asleep and self._holds_back else [cleaned]
        self._ahead = ahead
        self._lately.append(near)
        return ready

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
