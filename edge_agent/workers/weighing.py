"""Which words a recogniser nearly wrote, by what it found likely while it wrote others. Pure."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from edge_agent.workers.loops import unlooped


def forms(word: str) -> set[str]:
    """How a word may be written: it begins a text, a sentence, or neither."""
    return {f"{space}{form}" for form in (word, word.capitalize()) for space in ("", " ")}


def without_loop(pieces: Sequence[str]) -> list[str]:
    """Return the pieces of a text as far as it does not repeat itself."""
    begun = accumulate(map(len, pieces), initial=0)
    length = len(unlooped("".join(pieces)))
    return [piece for piece, start in zip(pieces, begun, strict=False) if start < length]


def weighed(
    logits: Sequence[npt.NDArray[np.float32]], places: int, beginnings: Sequence[Sequence[int]]
) -> npt.NDArray[np.float32]:
    """Return how many nats less likely each word is to begin at each place than the likeliest; (places, words).

    `logits` are those of all tokens, at each place; where they end early, no word is likelier than another.
    `beginnings` are the tokens with which each word may begin.
    """
    tokens = [token for some in beginnings for token in some]
    firsts = np.cumsum([0, *map(len, beginnings[:-1])])
    likely = np.zeros((places, len(beginnings)), np.float32)
    for row, at_place in zip(likely, logits, strict=False):
        np.maximum.reduceat(at_place[tokens], firsts, out=row)
    less: npt.NDArray[np.float32] = likely.max(axis=1, keepdims=True) - likely
    return less
