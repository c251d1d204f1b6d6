"""What the microphone heard, frame by frame, made into what was heard: the ear without its threads and devices.

1. The far side is taken out of the near side (`echo.py`), moved to where its echo is (`delay.py`) where that helps.
2. Every 32 ms of the result are judged by the voice detector (`vad.py`).
3. While the agent is audible, and for `GUARD_MS` after, a voice has to be surer to begin (`Onset`).

Positions are those of the microphone: what the canceller holds back is counted off.
"""

from collections.abc import Iterator

import numpy as np

from edge_agent.base.events import VoiceStarted, VoiceStopped
from edge_agent.base.frames import CHUNK, FRAME, RATE_HZ, Heard, Samples, dbfs
from edge_agent.base.settings import EarSettings
from edge_agent.talk.ear.delay import Aligner
from edge_agent.talk.ear.echo import Canceller
from edge_agent.talk.ear.vad import Onset, Silero

GUARD_MS = 300
"""After the last sound of the agent its echo still wanders through the room and the device's buffers."""

FAR_AUDIBLE = FRAME * 10 ** (-65 / 10)
"""Energy of a far frame (-65 dBFS) above which the agent counts as audible; less is lost in any microphone's noise."""


class Hearing:
    """One stream, from the first sample on."""

    def __init__(self, settings: EarSettings, canceller: Canceller, silero: Silero, reported_s: float = 0.0) -> None:
        self.position = 0
        """Samples taken so far, at `RATE_HZ`."""
        self._canceller = canceller
        self._aligner = Aligner(reported_s)
        self._silero = silero
        self._onset = Onset(settings)
        self._guard = 0  # samples for which the agent stays audible
        self._raw = np.zeros(CHUNK + FRAME, np.float32)
        self._clean = np.zeros(CHUNK + FRAME, np.float32)
        self._filled = 0

    @property
    def quiet(self) -> bool:
        """Whether nobody speaks: neither the agent nor anybody else."""
        return self._guard <= 0 and not self._onset.speaking

    def feed(self, near: Samples, far: Samples, *, deaf: bool = False) -> Iterator[Heard | VoiceStarted | VoiceStopped]:
        """Take FRAME samples of both sides. Deaf, it keeps the canceller in step, and looks at nothing else."""
        reference = far if self._canceller.follows else self._aligner.align(near, far)
        clean = self._canceller.process(near, reference)
        self.position += FRAME
        self._guard = RATE_HZ * GUARD_MS // 1000 if float(far @ far) > FAR_AUDIBLE else self._guard - FRAME
        if deaf:
            self._forget()
            return
        self._raw[self._filled : self._filled + FRAME] = near
        self._clean[self._filled : self._filled + FRAME] = clean
        self._filled += FRAME
        if self._filled >= CHUNK:
            yield from self._judge()

    def skip(self, samples: int) -> None:
        """As much was lost between two frames."""
        self.position += samples
        self._forget()

    def _judge(self) -> Iterator[Heard | VoiceStarted | VoiceStopped]:
        raw, clean = self._raw[:CHUNK], self._clean[:CHUNK].copy()
        position = self.position - self._filled - self._canceller.lag
        voice = self._silero.probability(clean)
        yield Heard(position, clean, voice, dbfs(raw))
        edge = self._onset.feed(position, voice, guarded=self._guard > 0)
        if edge is not None:
            yield edge
        self._filled -= CHUNK
        self._raw[: self._filled] = self._raw[CHUNK : CHUNK + self._filled]
        self._clean[: self._filled] = self._clean[CHUNK : CHUNK + self._filled]

    def _forget(self) -> None:
        if self._filled or self._onset.speaking:
            self._filled = 0
            self._silero.reset()
            self._onset.reset()
