"""What speech-to-text nearly wrote. Pure.

It writes one piece of a word after the other, and for each has weighed all others. Where it wrote "olive milk" it may
have found "almond" nearly as likely.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Nats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Leanings:
    """What was written, and what else might have been."""

    pieces: tuple[str, ...]
    """Of the text, in order: words with the space before them, and parts of words."""
    nats: Nats
    """How much less likely each expected word was found, to begin there, than the likeliest of them: 0 for that one;
    (pieces + 1, words). The last row is for what would have come next."""
