"""The router's weights as a file: 8-bit numbers, and the digest of what they were trained on."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

from edge_agent.talk.mind.router.classifier import Weights

WEIGHTS = Path(__file__).parent / "router" / "weights.npz"
"""Those that ship. `tools/train_router.py` writes them."""


@cache
def learned() -> Weights:
    """Return the weights that ship; they are read once."""
    with np.load(WEIGHTS) as file:
        return Weights(file["table"], file["scale"], float(file["temperature"]))


def source() -> str:
    """Return the digest of what the weights that ship were trained on."""
    with np.load(WEIGHTS) as file:
        return str(file["digest"])


def save(weights: Weights, trained_on: str, path: Path) -> None:
    """Write weights to a file."""
    np.savez_compressed(
        path, table=weights.table, scale=weights.scale, temperature=weights.temperature, digest=np.array(trained_on)
    )


def digest(files: Iterable[Path]) -> str:
    """Return one SHA-256 of all files, in hexadecimal."""
    whole = hashlib.sha256()
    for file in files:
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()
