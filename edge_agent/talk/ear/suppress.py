"""Taking noise out of what the voice detector hears: WebRTC's noise suppressor, where it is installed.

It comes out `LAG` samples later than it went in, which is a fifth of a chunk, and only the detector hears it.
"""

import importlib.util
from collections.abc import Callable

import numpy as np

from edge_agent.base.frames import RATE_HZ, Samples

LAG = 96
"""Samples (6 ms)."""


def suppressor(level: int, *, wanted: bool) -> Callable[[Samples], Samples]:
    """What takes FRAME samples after FRAME samples of one stream and returns as many, with less noise in them.

    `level` is WebRTC's, 0-3; unwanted, or not installed, everything comes out at once and as it was.
    """
    if not wanted or importlib.util.find_spec("pywebrtc_audio") is None:
        return lambda frame: frame
    from pywebrtc_audio import NoiseSuppressor

    inner = NoiseSuppressor(sample_rate=RATE_HZ, num_channels=1, level=level)
    return lambda frame: np.asarray(inner.process(frame), np.float32)
