"""Does somebody speak? A probability for each 32 ms, and from those the edges of a voice.

1. A voice begins when `voice_on` has been reached for `onset_ms` in a row: a click is shorter. It is said to have
   begun with the first of those chunks.
2. It goes on while the probability stays at or above `voice_off`: between the two thresholds nothing flickers.
3. It pauses when the probability has stayed below that for `offset_ms`. It is said to have ended with the last chunk
   that was not.
4. While the agent itself is audible (`guarded`) a voice must be surer to begin and to go on, for what the canceller
   left of the agent's sounds like one.
"""

from pathlib import Path

import numpy as np

from edge_agent.base.errors import ModelError
from edge_agent.base.events import VoiceStarted, VoiceStopped
from edge_agent.base.frames import CHUNK, RATE_HZ, Samples
from edge_agent.base.settings import EarSettings

GUARD_ON = 0.95
"""Probability from which a voice begins while the agent is audible, unless the settings ask for more. People speaking
over an echo of -20 dB are noticed as soon as with 0.5 (after 100 ms, in the median); of its own voice a canceller that
has just begun lets 0.8 through."""

GUARD_OFF = 0.5
"""And below which it ends, unless the settings ask for more. With 0.15, on PulseAudio, every fifth answer was cut by
its own echo: a burst of it that began a voice was then taken for one that lasts."""

CONTEXT = 64
"""Samples of the chunk before that Silero wants in front of each chunk at 16 kHz."""


class Silero:
    """The Silero VAD model. Each stream needs its own: it remembers what it heard."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # One small matrix product after another: more threads only wait for each other, and spinning
        # between two chunks would cost a whole core.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has a class of its own for each reason, and exports none of them
            raise ModelError(
                f"the voice detector {path} can't be loaded: {error}", hint="edge-agent models verify"
            ) from error
        self._rate = np.array(RATE_HZ, np.int64)
        self.reset()

    def reset(self) -> None:
        """Forget what was heard: a new stream begins."""
        self._state = np.zeros((2, 1, 128), np.float32)
        self._input = np.zeros((1, CONTEXT + CHUNK), np.float32)

    def probability(self, chunk: Samples) -> float:
        """That the next CHUNK samples hold a voice."""
        self._input[0, :CONTEXT] = self._input[0, -CONTEXT:]
        self._input[0, CONTEXT:] = chunk
        fed = {"input": self._input, "state": self._state, "sr": self._rate}
        judged, self._state = self._session.run(None, fed)
        return float(judged[0, 0])


class Onset:
    """Chunks of probability in, edges of voices out. Pure; it holds one voice or none."""

    def __init__(self, settings: EarSettings) -> None:
        self._settings = settings
        self.reset()

    def reset(self) -> None:
        """Nobody speaks, and nobody was about to."""
        self.speaking = False
        self._begun = 0
        self._voiced = 0
        self._ended = 0

    def feed(self, position: int, probability: float, *, guarded: bool = False) -> VoiceStarted | VoiceStopped | None:
        """Take the judgement on the CHUNK samples from `position`; say whether a voice began or paused with them."""
        return (
            self._while_speaking(position, probability, guarded)
            if self.speaking
            else self._while_silent(position, probability, guarded)
        )

    def _while_silent(self, position: int, probability: float, guarded: bool) -> VoiceStarted | None:
        least = max(self._settings.voice_on, GUARD_ON) if guarded else self._settings.voice_on
        if probability < least:
            self._voiced = 0
            return None
        if self._voiced == 0:
            self._begun = position
        self._voiced += CHUNK
        if self._voiced < _samples(self._settings.onset_ms):
            return None
        self.speaking, self._voiced, self._ended = True, 0, position + CHUNK
        return VoiceStarted(self._begun)

    def _while_speaking(self, position: int, probability: float, guarded: bool) -> VoiceStopped | None:
        least = max(self._settings.voice_off, GUARD_OFF) if guarded else self._settings.voice_off
        if probability >= least:
            self._ended = position + CHUNK
            return None
        silence = position + CHUNK - self._ended
        if silence < _samples(self._settings.offset_ms):
            return None
        self.speaking = False
        return VoiceStopped(self._ended, silence / RATE_HZ)


def _samples(duration_ms: int) -> int:
    return duration_ms * RATE_HZ // 1000
