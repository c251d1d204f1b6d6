"""The network of a Piper voice, in parts: the first sound of a sentence need not wait for its last.

A voice is one ONNX graph, VITS. A text part sees the whole sentence, settles how long each phoneme is and gives every
frame (12 ms) a first guess; a flow makes latent frames out of these, and a decoder makes sound out of latent frames.
Flow and decoder are nothing but convolutions: they see a few frames around those that they make. So the graph is cut
between the three; the flow is run for the first piece and for the rest, the decoder piece by piece.

1. The cuts are found by the shape of the graph: the flow begins where the last noise is added, the decoder with the
   convolution before the first upsampling.
2. Pieces joined are the whole, because each is made with a margin of frames on either side. Whether the margins are
   enough for this voice is tried when it is loaded, not believed.
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
from edge_agent.workers.onnx_session import session

FLOW_MARGIN = 32
"""Frames on either side of those that are asked for: four layers of four convolutions, each of which sees two more."""

DECODER_MARGIN = 10

_SPEAKER = np.zeros(1, np.int64)
"""Who speaks, where a voice can be several: the first."""

_TRIED = range(1, 33)
"""Phonemes that every voice has: more than a second of babble, for trying whether pieces join."""

_DIFFERENCE_MAX = 1e-4
"""Of a sample, -80 dBFS. Where the margin is too small it is a hundred times that."""

Frames = NDArray[np.float32]
"""Shape (1, channels, frames)."""

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


@dataclass(slots=True)
class Sentence:
    """A sentence on its way to being sound."""

    durations: NDArray[np.int64]
    """Frames of each phoneme."""
    guess: Mapping[str, Frames]
    """What the flow is given, by name; nothing where the voice could not be cut."""
    frames: Frames
    """What the flow has made so far; the sound itself where the voice could not be cut."""


class Network:
    """One voice, loaded."""

    def __init__(self, model: Path, hop: int, threads: int) -> None:
        """ModelError if that is no voice; what onnxruntime raises if it can't be run."""
        self.hop = hop
        """Samples in a frame."""
        graph = Graph(model.read_bytes())
        sound, durations = graph.outputs[0], graph.result_of("Ceil")
        self._cuts = _cuts(graph, sound)
        if self._cuts:
            guess, latent = self._cuts.guess, self._cuts.latent
            self._text = session(graph.part((durations, *guess)), threads, spins=False)
            self._flow = session(graph.part((latent,), given=guess), threads, spins=False)
            self._decoder = session(graph.part((sound,), given=(latent,)), threads, spins=False)
        else:
            self._text = session(graph.part((durations, sound)), threads, spins=False)
        self.streams = self._cuts is not None and self._joins()
        """Whether a piece of a sentence costs less than the whole."""
        if not self.streams:
            log.warning("this voice can't be run piece by piece: it speaks later than it might")

    def begin(self, phonemes: Sequence[int], scales: Scales) -> Sentence:
        """Run the text part on the ids of a sentence's phonemes."""
        given: dict[str, NDArray[Any]] = {
            "input": np.array([phonemes], np.int64),
            "input_lengths": np.array([len(phonemes)], np.int64),
            "scales": np.array([scales.noise, scales.length, scales.noise_width], np.float32),
        }
        durations, *made = _run(self._text, given)
        durations = durations.reshape(-1).astype(np.int64)
        if self._cuts is None:
            return Sentence(durations, {}, made[0])
        guess = dict(zip(self._cuts.guess, made, strict=True))
        return Sentence(durations, guess, made[0][:, :, :0])

    def carried_on(self, begun: Sentence, end: int, whole: Sentence, start: int) -> tuple[Sentence, int]:
        """Let `whole` go on at its frame `start` after the first `end` frames of another, which were said already.

        Returns a sentence, and the frame in it from which it is to be said. Flow and decoder see what was said before
        that, so its sound goes on where the other's broke off.
        """
        if not self.streams:
            return whole, start
        kept = min(end, FLOW_MARGIN + DECODER_MARGIN)
        guess = {
            name: np.concatenate([begun.guess[name][:, :, end - kept : end], values[:, :, start:]], axis=2)
            for name, values in whole.guess.items()
        }
        durations = np.array([kept, int(whole.durations.sum()) - start])
        return Sentence(durations, guess, whole.frames[:, :, :0]), kept

    def sound(self, sentence: Sentence, start: int, stop: int) -> Samples:
        """Make frames `start` to `stop` into samples. EngineError if these are not numbers, or too few."""
        samples = self._decoded(sentence, start, stop)
        if samples.size != (stop - start) * self.hop:
            raise EngineError("the voice's sound and its durations don't agree", hint="Run `edge-agent doctor`.")
        if not np.isfinite(samples).all():
            raise EngineError("the voice's sound is no numbers", hint="Run `edge-agent doctor`.")
        return np.clip(samples, -1, 1)

    def _decoded(self, sentence: Sentence, start: int, stop: int) -> Samples:
        if self._cuts is None:
            whole: Samples = sentence.frames.reshape(-1)
            return whole[start * self.hop : stop * self.hop]
        first, last = max(0, start - DECODER_MARGIN), stop + DECODER_MARGIN
        self._flow_to(sentence, last)
        (sound,) = _run(self._decoder, {self._cuts.latent: sentence.frames[:, :, first:last]})
        samples: Samples = sound.reshape(-1)
        return samples[(start - first) * self.hop :][: (stop - start) * self.hop]

    def _flow_to(self, sentence: Sentence, stop: int) -> None:
        """Make latent frames up to `stop`: at first so many, and when more are asked for, all."""
        made, total = sentence.frames.shape[2], int(sentence.durations.sum())
        if made >= min(stop, total):
            return
        start, stop = max(0, made - FLOW_MARGIN), total if made else min(stop, total)
        guess = {name: values[:, :, start : stop + FLOW_MARGIN] for name, values in sentence.guess.items()}
        (frames,) = _run(self._flow, guess)
        sentence.frames = np.concatenate([sentence.frames, frames[:, :, made - start : stop - start]], axis=2)

    def _joins(self) -> bool:
        """Whether pieces joined are the whole."""
        pieces, whole = (self.begin(_TRIED, Scales(0.0, 1.0, 0.0)) for _ in range(2))
        frames = int(whole.durations.sum())
        halves = [self._decoded(pieces, 0, frames // 2), self._decoded(pieces, frames // 2, frames)]
        difference = np.concatenate(halves) - self._decoded(whole, 0, frames)
        return float(np.abs(difference).max(initial=0.0)) < _DIFFERENCE_MAX


@dataclass(frozen=True, slots=True)
class _Cuts:
    """Names of what goes from one part to the next."""

    guess: tuple[str, str]
    """The noised guess, and the mask of the sentence's length."""
    latent: str


def _cuts(graph: Graph, sound: str) -> _Cuts | None:
    """Return where to cut, or None where the graph has another shape."""
    latent, guess = _decoder_input(graph), _noised(graph)
    masking = graph.maker(latent)
    if not guess or not masking or masking.operator != "Mul":
        return None
    cuts = _Cuts((guess, masking.inputs[1]), latent)
    # There must be no other way from the text to the sound: the parts may ask who speaks, and no more.
    asked = graph.inputs_of((latent,), given=cuts.guess) | graph.inputs_of((sound,), given=(latent,))
    return cuts if asked <= {"sid"} else None


def _decoder_input(graph: Graph) -> str:
    """Return what the convolution before the first upsampling is given; nothing if there is none."""
    node = next((node for node in graph.nodes if node.operator == "ConvTranspose"), None)
    while node and node.inputs and node.operator != "Conv":
        node = graph.maker(node.inputs[0])
    return node.inputs[0] if node and node.inputs else ""


def _noised(graph: Graph) -> str:
    """Return the sum that the last noise goes into; nothing if there is none."""
    name = next((node.outputs[0] for node in reversed(graph.nodes) if node.operator == "RandomNormalLike"), "")
    while node := next((node for node in graph.nodes if name in node.inputs), None):
        name = node.outputs[0]
        if node.operator == "Add":
            return name
    return ""


def _run(part: Any, given: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
    """Run a part on what is given and on the speaker, as far as it asks for them."""
    all_given = {"sid": _SPEAKER, **given}
    results: list[NDArray[Any]] = part.run(None, {asked.name: all_given[asked.name] for asked in part.get_inputs()})
    return results
