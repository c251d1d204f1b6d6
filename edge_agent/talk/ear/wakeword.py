"""The wake word: openWakeWord's models, on what the ear hears while it is asleep.

Every 80 ms one picture of the last 0.8 s is made (features shared by all words), and one judgement on the last 1.3 s
of those. It costs some percent of a core, and only while the agent sleeps. The models come through the catalogue;
those inside of the library's own package are not used.
"""

from pathlib import Path
from typing import Any

import numpy as np

from edge_agent.base.errors import ModelError
from edge_agent.base.frames import CHUNK, Samples

FEATURES = ("melspectrogram.tflite", "embedding_model.tflite")
"""Files that every word needs beside its own, which is the first in the catalogue."""


class WakeWord:
    """A Spotter. To be used from one thread."""

    def __init__(self, model: Path, threshold: float) -> None:
        """`model` is the word's own file; its features lie beside it. ModelError if one can't be loaded."""
        from pyopen_wakeword import OpenWakeWord, OpenWakeWordFeatures
        from pyopen_wakeword.openwakeword import _find_tensorflowlite_c

        files = (model, *(model.with_name(name) for name in FEATURES))
        missing = [file.name for file in files if not file.is_file()]
        if missing:
            raise ModelError(f"the wake word's {missing[0]} is missing", hint="edge-agent models pull")
        library = _find_tensorflowlite_c()
        self._features = OpenWakeWordFeatures(*files[1:], libtensorflowlite_c_path=library)
        self._word = OpenWakeWord.from_model(model, library)
        self._threshold = threshold
        # The library hears eight seconds of silence at once before its first samples: now, and never in the ear's time.
        self.feed(np.zeros(CHUNK, np.float32))
        self._silence = [{name: getattr(part, name) for name in names} for part, names in self._state()]
        self.reset()

    def feed(self, samples: Samples) -> bool:
        """As in `Spotter`."""
        sound = (np.clip(samples, -1, 1) * 32767).astype(np.int16).tobytes()
        features = self._features.process_streaming(sound)
        scores = [score for one in features for score in self._word.process_streaming(one)]
        return max(scores, default=0.0) >= self._threshold

    def reset(self) -> None:
        """As in `Spotter`: it has heard silence until now."""
        for (part, _), kept in zip(self._state(), self._silence, strict=True):
            for name, value in kept.items():
                setattr(part, name, value.copy() if isinstance(value, np.ndarray) else value)

    def _state(self) -> tuple[tuple[Any, tuple[str, ...]], ...]:
        """Where the library remembers what it heard."""
        heard = ("new_audio_samples", "audio", "new_mels", "mels")
        return (self._features, heard), (self._word, ("new_embeddings", "embeddings"))
