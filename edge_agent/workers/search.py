"""What was most likely said: a beam search over what a network finds likely, token by token. Pure.

Some hypotheses are kept at a time, the likeliest; each goes on with each token, and the likeliest of these are kept.
One that ends is done; when as many are done as are kept, the search is. One hypothesis is the greedy search.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

Step = Callable[[Sequence[int], Sequence[int]], Floats]
"""Takes the token that each hypothesis goes on with and which of the last step's hypotheses that is; returns the
logits of the tokens that may follow, (hypotheses, tokens)."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What may have been said."""

    tokens: tuple[int, ...]
    """Without the one that ends it."""
    nats: float
    """Sum of the log-probabilities of its tokens, and of its end if it came to one."""


def search(first: Floats, step: Step, end: int, width: int, length: int) -> list[Hypothesis]:
    """Return the `width` likeliest hypotheses, the likeliest per token first; fewer where there are not so many.

    `first` are the logits of the first token, (1, tokens); `end` is the token that ends a text, `length` how many a
    text may have at most.
    """
    kept, done, going = [Hypothesis((), 0.0)], list[Hypothesis](), list[tuple[int, int, float]]()
    for place in range(length):
        logits = step([token for _, token, _ in going], [of for of, _, _ in going]) if place else first
        likeliest = _likeliest(kept, logits, 2 * width - 1)  # as each may end only once
        done += [Hypothesis(kept[of].tokens, nats) for of, token, nats in likeliest[:width] if token == end]
        going = [way for way in likeliest if way[1] != end][:width]
        kept = [Hypothesis((*kept[of].tokens, token), nats) for of, token, nats in going]
        if len(done) >= width or not going:
            break
    else:
        done += kept
    return sorted(done, key=per_token, reverse=True)[:width]


def per_token(hypothesis: Hypothesis) -> float:
    """How likely a hypothesis is for its length, in nats: long texts are not to lose for being long."""
    return hypothesis.nats / max(1, len(hypothesis.tokens))


def _likeliest(kept: Sequence[Hypothesis], logits: Floats, count: int) -> list[tuple[int, int, float]]:
    """Return the likeliest ways to go on: which hypothesis, with which token, and its nats then."""
    peak = logits.max(axis=1, keepdims=True)
    sum_of_all = peak + np.log(np.exp(logits - peak).sum(axis=1, keepdims=True))
    before = np.array([[hypothesis.nats] for hypothesis in kept], np.float32)
    nats = (before + logits - sum_of_all).ravel()
    if count == 1:
        likely = nats.argmax(
            keepdims=True
        )  # A vocabulary is long; to sort it takes ten times as long as to look through.
    else:
        likely = np.argpartition(nats, -count)[-count:] if nats.size > count else np.arange(nats.size)
        likely = likely[np.argsort(-nats[likely], kind="stable")]
    return [(*divmod(int(at), logits.shape[1]), float(nats[at])) for at in likely if nats[at] > -np.inf]
