"""Does somebody speak? A probability for each 32 ms, and from those the edges of a voice.

1. A voice begins when `voice_on` has been reached for `onset_ms` in a row: a click is shorter. It is said to have
   begun with the first of those chunks.
2. It goes on while the probability stays at or above `voice_off`: between the two thresholds nothing flickers.
3. It pauses when the probability has stayed below that for `offset_ms`. It is said to have ended with the last chunk
   that was not.
4. While the agent itself is audible other thresholds hold (`gate.Sureness`), for what the cancellers left of the
   agent's sounds like a voice. A chunk that stands out of that, and is sure, counts for two.
"""

import copy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_agent.base.errors import ModelError
from edge_agent.base.events import VoiceStarted, VoiceStopped
from edge_agent.base.frames import CHUNK, RATE_HZ, Samples
from edge_agent.base.settings import EarSettings
from edge_agent.talk.ear.gate import Sureness

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
        self._state: NDArray[np.float32]
        self._input: NDArray[np.float32]
        self.reset()

    def twin(self) -> "Silero":
        """The same model for another stream, which has heard nothing yet."""
        other = copy.copy(self)
        other.reset()
        return other

    def follow(self, other: "Silero") -> None:
        """Take over what `other` heard: until now both streams were the same."""
        self._state = other._state
        self._input[:] = other._input

    def reset(self) -> None:
        """Forget what was heard: a new stream begins."""
        self._state = np.zeros((2, 1, 128), np.float32)
        self._input = np.zeros((1, CONTEXT + CHUNK), np.float32)

    def probability(self, chunk: Samples) -> float:
        """That the next CHUNK samples hold a voice."""
        self._input[0, :CONTEXT] = self._input[0, -CONTEXT:]
        self._input[0, CONTEXT:] = chunk
        judged, self._state = self._run(self._input)
        return judged

    def peek(self, samples: Samples) -> float:
        """The same of CHUNK samples behind the CONTEXT before them; they are part of what it has heard or will hear.

        Nothing of it is remembered.
        """
        return self._run(samples[None])[0]

    def _run(self, samples: NDArray[np.float32]) -> tuple[float, NDArray[np.float32]]:
        judged, state = self._session.run(None, {"input": samples, "state": self._state, "sr": self._rate})
        return float(judged[0, 0]), state


class Onset:
    """Chunks of probability in, edges of voices out. Pure; it holds one voice or none."""

    def __init__(self, settings: EarSettings) -> None:
        self._usual = Sureness(settings.voice_on, settings.voice_off)
        self._onset = settings.onset_ms * RATE_HZ // 1000
        self._offset = settings.offset_ms * RATE_HZ // 1000
        self.reset()

    def reset(self) -> None:
        """Nobody speaks, and nobody was about to."""
        self.speaking = False
        self._begun = 0
        self._voiced = 0
        self._ended = 0

    def feed(
        self, position: int, probability: float, guard: Sureness | None = None
    ) -> VoiceStarted | VoiceStopped | None:
        """Take the judgement on the CHUNK samples from `position`; say whether a voice began or paused with them.

        `guard` holds instead of the settings' thresholds while the agent is audible.
        """
        least = guard or self._usual
        if self.speaking:
            return self._while_speaking(position, probability >= least.off)
        counts = 2 if probability >= least.twice else int(probability >= max(least.on, self._usual.on))
        return self._while_silent(position, counts)

    def _while_silent(self, position: int, counts: int) -> VoiceStarted | None:
        if not counts:
            self._voiced = 0
            return None
        if self._voiced == 0:
            self._begun = position
        self._voiced += counts * CHUNK
        if self._voiced < self._onset:
            return None
        self.speaking, self._voiced, self._ended = True, 0, position + CHUNK
        return VoiceStarted(self._begun)

    def _while_speaking(self, position: int, voiced: bool) -> VoiceStopped | None:
        if voiced:
            self._ended = position + CHUNK
            return None
        silence = position + CHUNK - self._ended
        if silence < self._offset:
            return None
        self.speaking = False
        return VoiceStopped(self._ended, silence / RATE_HZ)
