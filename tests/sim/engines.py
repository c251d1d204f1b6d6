"""Where the real models are, and text or sound for them."""

import os
from pathlib import Path

import pytest

EVAL = Path(os.environ.get("EDGE_AGENT_EVAL", Path(__file__).resolve().parents[2] / "../shared/eval"))


def model_folder(name: str) -> Path:
    """The folder of an installed model; the test that asks is skipped when there is none."""
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    folder = data / "edge-agent/models" / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not installed: run `edge-agent models pull`")
    return folder


def recordings() -> Path:
    """The folder of human recordings; the test that asks is skipped when there is none."""
    if not EVAL.is_dir():
        pytest.skip(f"no recordings in {EVAL}: set EDGE_AGENT_EVAL to a folder of them")
    return EVAL
