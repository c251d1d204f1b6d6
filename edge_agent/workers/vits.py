"""The network of a Piper voice, in two parts: the first sound of a sentence need not wait for its last.

A voice is one ONNX graph, VITS: a text part makes latent frames out of phonemes and settles how long each is; a
decoder, nothing but convolutions, makes sound out of frames. The text part has to see the whole sentence, the decoder
a few frames around those that it makes into sound. So the graph is cut between them, and the decoder is run piece by
piece.

1. The cut is found by the shape of the graph: it is the input of the convolution before the first upsampling.
2. Pieces joined are the whole, because each is made with `MARGIN` frames more on either side. Whether that is enough
   for this voice is tried when it is loaded, not believed.
3. A voice that can't be cut so is run whole. It speaks as well, and later.

Kim, Kong and Son, "Conditional Variational Autoencoder with Adversarial Learning for End-to-End Text-to-Speech", 2021.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_agent.base.errors import EngineError
from edge_agent.base.frames import Samples
from edge_agent.workers.onnx_graph import Graph

MARGIN = 10
"""Frames on either side of a piece that the decoder is given as well. That of the medium voices sees no further."""

_SPEAKER = np.zeros(1, np.int64)
"""Who speaks, where a voice can be several: the first."""

_TRIED = range(1, 25)
"""Phonemes that every voice has: about a second of babble, for trying whether pieces join."""

_DIFFERENCE_MAX = 1e-4
"""Of a sample, -80 dBFS. Where the margin is too small it is a hundred times that."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Scales:
    """How a sentence is to be said."""

    noise: float
    """Chance in the sound."""
    length: float
    """2 is half as fast."""
    noise_width: float
    """Chance in the lengths."""


@dataclass(frozen=True, slots=True)
class Latent:
    """A sentence on its way to being sound."""

    values: NDArray[np.float32]
    """The decoder's input, shape (1, channels, frames); the sound itself where the voice could not be cut."""
    durations: NDArray[np.int64]
    """Frames of each phoneme."""


class Network:
    """One voice, loaded."""

    def __init__(self, model: Path, hop: int, threads: int) -> None:
        """ModelError if that is no voice; what onnxruntime raises if it can't be run."""
        self.hop = hop
        """Samples in a frame."""
        graph = Graph(model.read_bytes())
        sound, durations = graph.outputs[0], graph.result_of("Ceil")
        cut = _cut(graph, sound)
        self._text = _session(graph.part((cut or sound, durations)), threads)
        self._decoder = _session(graph.part((sound,), given=(cut,)), threads) if cut else None
        self._cut = cut
        self.streams = self._joins()
        """Whether a piece of a sentence costs less than the whole."""
        if not self.streams:
            log.warning("this voice can't be decoded piece by piece: it speaks later than it might")

    def latent(self, phonemes: Sequence[int], scales: Scales) -> Latent:
        """Run the text part on the ids of a sentence's phonemes."""
        given: dict[str, NDArray[Any]] = {
            "input": np.array([phonemes], np.int64),
            "input_lengths": np.array([len(phonemes)], np.int64),
            "scales": np.array([scales.noise, scales.length, scales.noise_width], np.float32),
        }
        values, durations = _run(self._text, given)
        return Latent(values, durations.reshape(-1).astype(np.int64))

    def sound(self, latent: Latent, start: int, stop: int) -> Samples:
        """Make frames `start` to `stop` into samples. EngineError if these are not numbers, or too few."""
        samples = self._decoded(latent, start, stop)
        if samples.size != (stop - start) * self.hop:
            raise EngineError("the voice's sound and its durations don't agree", hint="Run `edge-agent doctor`.")
        if not np.isfinite(samples).all():
            raise EngineError("the voice's sound is no numbers", hint="Run `edge-agent doctor`.")
        return np.clip(samples, -1, 1)

    def _decoded(self, latent: Latent, start: int, stop: int) -> Samples:
        if self._decoder is None:
            whole: Samples = latent.values.reshape(-1)
            return whole[start * self.hop : stop * self.hop]
        first = max(0, start - MARGIN)
        (sound,) = _run(self._decoder, {self._cut: latent.values[:, :, first : stop + MARGIN]})
        samples: Samples = sound.reshape(-1)
        return samples[(start - first) * self.hop :][: (stop - start) * self.hop]

    def _joins(self) -> bool:
        """Whether the sound of a piece is what it is in the whole."""
        if self._decoder is None:
            return False
        latent = self.latent(_TRIED, Scales(0.0, 1.0, 0.0))
        frames = int(latent.durations.sum())
        middle = slice(frames // 2, frames * 3 // 4)
        piece = self._decoded(latent, middle.start, middle.stop)
        whole = self._decoded(latent, 0, frames)[middle.start * self.hop : middle.stop * self.hop]
        return piece.shape == whole.shape and float(np.abs(piece - whole).max(initial=0.0)) < _DIFFERENCE_MAX


def _cut(graph: Graph, sound: str) -> str:
    """Return the name of the decoder's input, or nothing where there is no such place."""
    node = next((node for node in graph.nodes if node.operator == "ConvTranspose"), None)
    while node and node.inputs and node.operator != "Conv":
        node = graph.maker(node.inputs[0])
    cut = node.inputs[0] if node and node.inputs else ""
    # Between text and sound there must be no other way: the decoder may ask who speaks, and no more.
    return cut if cut and graph.inputs_of((sound,), given=(cut,)) <= {"sid"} else ""


def _run(part: Any, given: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
    """Run a part on what is given and on the speaker, as far as it asks for them."""
    all_given = {"sid": _SPEAKER, **given}
    results: list[NDArray[Any]] = part.run(None, {asked.name: all_given[asked.name] for asked in part.get_inputs()})
    return results


def _session(model: bytes, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
