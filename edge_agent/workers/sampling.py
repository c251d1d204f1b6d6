"""Which token comes next: the model's logits in, one token out. Pure.

1. Logits that are no numbers are an EngineError: a broken kernel must not be mistaken for an odd reply.
2. What was said lately becomes a little less likely; models of this size fall into loops otherwise.
3. Temperature 0 takes the likeliest. Else the draw is among the 40 likeliest that have at least a twentieth of the
   likeliest's chance: the tail of a small model is noise.
4. The seed is fixed and every reply starts from it: the same words in the same conversation get the same reply.
"""

import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge_agent.base.errors import EngineError

REPEAT_PENALTY = 1.1
RECENT_TOKENS = 64
CANDIDATES = 40
SHARE_OF_BEST = 0.05
LIKELIEST_BELOW = 0.01
"""Temperature that counts as 0: divided by less, logits overflow."""

SEED = 7


class Sampler:
    """Draws the tokens of one reply."""

    def __init__(self, temperature: float) -> None:
        self._temperature = temperature
        self._random = random.Random(SEED)

    def choose(self, logits: NDArray[np.float32], said: Sequence[int]) -> int:
        """Return the token that follows `said`."""
        if not np.isfinite(logits.max()):
            raise EngineError("the language model's output is not a number", hint="Check the model and the sandbox.")
        logits = logits.astype(np.float64)
        recent = np.unique(np.asarray(said[-RECENT_TOKENS:], dtype=np.intp))
        was = logits[recent]
        logits[recent] = np.where(was > 0, was / REPEAT_PENALTY, was * REPEAT_PENALTY)
        if self._temperature < LIKELIEST_BELOW:
            return int(logits.argmax())
        best = np.argpartition(logits, -min(CANDIDATES, logits.size))[-CANDIDATES:]
        weights = np.exp((logits[best] - logits[best].max()) / self._temperature)
        weights[weights < SHARE_OF_BEST] = 0
        return int(self._random.choices(best, weights)[0])
