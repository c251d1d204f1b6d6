"""Whisper's network, run step by step: a sound is encoded once, then every token asks it what comes next.

1. All threads encode, and all decode: a token takes two of them 1.7 ms, and one 2.8.
2. Several hypotheses are one batch. What they said before is kept per hypothesis and sorted as the search sorts them.
3. What a token means is read where the model lies on disk, a thousand bytes for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_agent.base.frames import Samples
from edge_agent.workers import whisper_graphs as graphs
from edge_agent.workers.ct2_file import Ct2File
from edge_agent.workers.onnx_session import session, value

Floats = NDArray[np.float32]

_ENGLISH = 51_864
"""Tokens of a model that knows English alone."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An encoded sound: what the decoder looks up in it, in onnxruntime's memory."""

    looked_up: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What some hypotheses have said so far, as the decoder keeps it."""

    tokens: int
    """Of each."""
    past: tuple[Any, ...]


class Network:
    """One model, loaded."""

    def __init__(self, model: Path, threads: int) -> None:
        """ModelError if that is no Whisper model; what onnxruntime raises if it can't be run."""
        self._model = Ct2File(model)
        self._shape = graphs.shape(self._model)
        signed = adds_up_in_32_bits()
        self._head = session(
            graphs.head(self._model, signed=signed), threads, spins=True
        )  # the largest first: the peak is lower
        self._encoder = session(graphs.encoder(self._model, signed=signed), threads, spins=True)
        self._body = session(graphs.body(self._model, signed=signed), threads, spins=True)
        self._meanings = self._model["decoder/embeddings/weight"]
        self._places = self._model["decoder/position_encodings/encodings"]
        self._model.forget()
        nothing = np.zeros((1, self._shape.heads, 0, self._shape.width // self._shape.heads), np.float32)
        self._silent = Said(0, tuple(value(nothing) for _ in self._shape.past))

    @property
    def bands(self) -> int:
        """Of the spectrogram."""
        return self._shape.bands

    @property
    def places(self) -> int:
        """Tokens that the decoder can tell apart by their place; there can't be more of them."""
        return len(self._places)

    @property
    def vocabulary(self) -> int:
        """How many tokens there are."""
        return len(self._meanings)

    @property
    def multilingual(self) -> bool:
        """Whether it knows other languages than English: their marks are tokens, too."""
        return self.vocabulary > _ENGLISH

    def encode(self, spectrogram: Samples) -> Heard:
        """Encode a spectrogram, (bands, frames)."""
        given = {"spectrogram": value(np.ascontiguousarray(spectrogram[np.newaxis]))}
        return Heard(tuple(self._encoder.run_with_ort_values(self._shape.looked_up, given)))

    def begin(self, heard: Heard, prompt: Sequence[int]) -> tuple[Floats, Said]:
        """Read what stands before everything said. Return what each of its tokens leads to, (tokens, width)."""
        following, said = self._step(heard, self._silent, np.array([prompt]))
        return following[0], said

    def go_on(self, heard: Heard, said: Said, tokens: Sequence[int], of: Sequence[int]) -> tuple[Floats, Said]:
        """Let each of `tokens` follow what the hypothesis at that place `of` the last step has said.

        Return what each leads to, (tokens, width).
        """
        if list(of) != list(range(said.past[0].shape()[0])):
            said = Said(said.tokens, tuple(value(past.numpy()[list(of)]) for past in said.past))
        following, said = self._step(heard, said, np.array(tokens)[:, np.newaxis])
        return following[:, 0], said

    def logits(self, following: Floats) -> Floats:
        """How likely all tokens are, (tokens, vocabulary)."""
        rows = [self._head.run(["logits"], {"next": row[np.newaxis]})[0] for row in following]
        return np.concatenate(rows)

    def meanings(self, tokens: Sequence[int]) -> Floats:
        """What `next` is multiplied with for these tokens' logits, (width, tokens)."""
        return np.ascontiguousarray(self._model["decoder/projection/weight"][list(tokens)].T.astype(np.float32))

    def _step(self, heard: Heard, said: Said, tokens: NDArray[np.int64]) -> tuple[Floats, Said]:
        count = tokens.shape[1]
        places = self._places[said.tokens : said.tokens + count].astype(np.float32)
        given = {"meaning": value(self._meanings[tokens].astype(np.float32) + places)}
        given |= zip(self._shape.looked_up, heard.looked_up, strict=True)
        given |= zip(self._shape.past, said.past, strict=True)
        following, *present = self._body.run_with_ort_values(["next", *self._shape.present], given)
        return following.numpy(), Said(said.tokens + count, tuple(present))


def adds_up_in_32_bits(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether products of 8 bits can't overflow in this processor: x86 with VNNI, or any other."""
    flags = set(cpuinfo.read_text(errors="replace").split()) if cpuinfo.exists() else set()
    return "sse2" not in flags or bool(flags & {"avx512_vnni", "avx_vnni"})
