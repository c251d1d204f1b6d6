"""Would a sentence end here? The language model's own opinion, from the one token that it expects next.

A language model asked in words whether somebody is done is no better than a coin. But what it expects after the words
tells a great deal: the weight of everything that ends a sentence (a full stop, a line break, the end of the turn)
against everything else.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

CONTEXT_TOKENS: Final = 512
WORDS_MAX: Final = 60
"""Only the last words matter, and a batch of tokens is what a judgement has time for."""

ENDS: Final = (".", "?", "!", "\n")
OPENING: Final = "<|endoftext|>"
"""What stands before the first word. Measured: better than the opening of a chat."""


class SentenceEnd:
    """A GGUF model that is asked after each transcript."""

    def __init__(self, path: Path, threads: int) -> None:
        from edge_agent.workers.gguf import BATCH_TOKENS, Gguf

        self._model = Gguf(path, CONTEXT_TOKENS, threads)
        self._batch_tokens = BATCH_TOKENS
        self._opening = self._model.tokenize(OPENING)
        self._ends: NDArray[np.bool_] | None = None

    def probability(self, words: str) -> float | None:
        """How likely (0-1) a sentence is to end after `words`; None where there are none."""
        bare = " ".join(words.split()[-WORDS_MAX:]).rstrip(" .,;:!?…-–—")
        if not bare:
            return None
        tokens = self._opening + self._model.tokenize(bare)
        fresh = tokens[self._model.keep(tokens) :]
        for start in range(0, len(fresh), self._batch_tokens):
            self._model.evaluate(fresh[start : start + self._batch_tokens])
        logits = self._model.logits().astype(np.float64)
        if self._ends is None:
            self._ends = np.array([self._is_end(token) for token in range(logits.size)])
        weights = np.exp(logits - logits.max())
        return float(weights[self._ends].sum() / weights.sum())

    def _is_end(self, token: int) -> bool:
        return self._model.is_end(token) or self._model.piece(token).decode(errors="replace").startswith(ENDS)
