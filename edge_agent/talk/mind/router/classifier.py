"""What kind of turn a text is: a multinomial logistic regression over its features.

Features are hashed into `BUCKETS` places (CRC-32 of the name), whose weights are 8-bit numbers with one scale for each
kind. The logits are divided by a temperature, fitted on held-out texts, so that of the turns that are given 0.8 to be
of a kind about 80 % are.

Pure; the weights are passed in (`learned.py` reads those that ship).
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from edge_agent.talk.mind.router.features import Features, features

BUCKETS = 1 << 13


class Kind(Enum):
    """What a turn is; the order is that of the weights."""

    TOOL = "local_tool"  # a command for the device, or a question about what it keeps
    CHITCHAT = "local_chitchat"  # said for the company of it
    KNOWLEDGE = "knowledge"  # a short question with a right answer
    CLOUD = "cloud"  # takes several steps, judgement or many sentences
    OOS = "oos"  # neither: advice in a line, other people's business


KINDS = tuple(Kind)

Odds = Mapping[Kind, float]
"""Probability of each kind; they sum to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """What was learned."""

    table: NDArray[np.int8]
    """A row for each bucket, a column for each kind."""
    scale: NDArray[np.float32]
    """What 1 in a column is worth."""
    temperature: float


@dataclass(frozen=True, slots=True)
class Reason:
    """A feature of a text, and how far it moved the text towards a kind, in log-odds against the mean kind."""

    feature: str
    towards: float


def bucket(feature: str) -> int:
    """Return the place of a feature in the table."""
    return zlib.crc32(feature.encode()) % BUCKETS


def odds(found: Features, weights: Weights) -> Odds:
    """Return how likely a text with these features is of each kind; all alike where it has none."""
    logits = _votes(found, weights).sum(axis=0)
    shares = np.exp(logits - logits.max())
    return dict(zip(KINDS, (shares / shares.sum()).tolist(), strict=True))


def classify(text: str, weights: Weights) -> Odds:
    """Return how likely `text` is of each kind."""
    return odds(features(text), weights)


def reasons(text: str, kind: Kind, weights: Weights, most: int = 6) -> tuple[Reason, ...]:
    """Return the features that spoke loudest for or against `kind`, the loudest first."""
    found = features(text)
    votes = _votes(found, weights)
    towards = (votes - votes.mean(axis=1, keepdims=True))[:, KINDS.index(kind)]
    ranked = sorted(zip(found, towards.tolist(), strict=True), key=lambda pair: -abs(pair[1]))
    return tuple(Reason(feature, toward) for feature, toward in ranked[:most])


def _votes(found: Features, weights: Weights) -> NDArray[np.float32]:
    """A row for each feature, a column for each kind."""
    rows = weights.table[[bucket(name) for name in found]].astype(np.float32).reshape(-1, len(KINDS))
    values = np.fromiter(found.values(), np.float32, len(found))
    votes: NDArray[np.float32] = rows * weights.scale * values[:, None] / np.float32(weights.temperature)
    return votes
