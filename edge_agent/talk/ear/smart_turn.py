"""Does it sound finished? Smart Turn v3 on the last seconds of a turn.

1. The model looks at eight seconds. A longer turn loses its beginning; a shorter one is padded with silence in front,
   so that the pause being judged always stands at the same place.
2. The window is brought to zero mean and unit variance, padding included, and becomes 80 mel bands × 800 frames of
   10 ms, scaled as Whisper scales them: the model was trained on exactly that.
3. The answer is a probability that the speaker has finished. It hears intonation and breath, and no words: it is weak
   on terse commands, so `floor/endpoint` weighs it and never obeys it.

A judgement takes some 30 ms of one core, nearly all of it in onnxruntime with the interpreter's lock released, so it
may run in a thread beside the event loop. One session may be shared by several threads.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from edge_agent.base.errors import ModelError
from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.workers.onnx_session import session

WINDOW: Final = 8 * RATE_HZ
"""Samples that the model looks at."""

HOP: Final = 160
"""Samples between two frames of features (10 ms)."""

SPAN: Final = 400
"""Samples under one frame of features (25 ms)."""

BANDS: Final = 80

Features = NDArray[np.float32]
"""Shape (BANDS, WINDOW // HOP)."""


class SmartTurn:
    """The model, loaded once, and asked once: it runs, and has the 20 MB that it works in, before it is needed."""

    def __init__(self, path: Path) -> None:
        try:
            self._session = session(str(path), threads=1, spins=False)
            self.probability(np.zeros(0, np.float32))
        except Exception as error:  # onnxruntime raises a class of its own for each way in which a file can be wrong
            raise ModelError(
                f"Smart Turn can't be loaded from {path}: {error}", hint="edge-agent models pull"
            ) from error

    def probability(self, samples: Samples) -> float:
        """How likely (0-1) it is that a turn which ends like `samples` (at `RATE_HZ`) is over."""
        return self.judge(mel(window(samples)))

    def judge(self, features: Features) -> float:
        """The same, of what `mel` made of the turn: the part that takes long and holds no lock."""
        (scores,) = self._session.run(None, {"input_features": features[None]})
        return float(scores.item())


def window(samples: Samples) -> Samples:
    """Exactly `WINDOW` samples: the last ones, with silence before them where there are too few."""
    tail = samples[-WINDOW:]
    return np.concatenate([np.zeros(WINDOW - tail.size, np.float32), tail.astype(np.float32, copy=False)])


def mel(samples: Samples) -> Features:
    """What the model reads: Whisper's log-mel picture of one window."""
    level = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
    padded = np.pad(level, SPAN // 2, mode="reflect")
    # The frame that is centred on the very end is left out, as in training.
    frames = sliding_window_view(padded, SPAN)[::HOP][:-1]
    spectrum = np.fft.rfft(frames * _HANN, axis=-1)
    power = spectrum.real**2 + spectrum.imag**2
    loudness = np.log10(np.maximum(_FILTERS @ power.T, 1e-10))
    features: Features = ((np.maximum(loudness, loudness.max() - 8) + 4) / 4).astype(np.float32)
    return features


def _to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's scale: linear up to 1 kHz (15 mel), then 27 mel for every factor of 6.4."""
    return np.where(hz < 1000, hz * 0.015, 15 + 27 * np.log(np.maximum(hz, 1) / 1000) / np.log(6.4))


def _from_mel(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mels < 15, mels / 0.015, 1000 * 6.4 ** ((mels - 15) / 27))


def _triangles() -> Features:
    """One triangle for each band over the bins of the spectrum, each of area one; shape (BANDS, SPAN // 2 + 1)."""
    corners = _from_mel(np.linspace(0, float(_to_mel(np.array(RATE_HZ / 2))), BANDS + 2))
    bins = np.linspace(0, RATE_HZ / 2, SPAN // 2 + 1)
    left, peak, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rise, fall = (bins - left) / (peak - left), (right - bins) / (right - peak)
    triangles: NDArray[np.float64] = np.maximum(0, np.minimum(rise, fall)) * 2 / (right - left)
    return triangles.astype(np.float32)


_FILTERS: Final = _triangles()
_HANN: Final = np.hanning(SPAN + 1)[:-1].astype(np.float32)
