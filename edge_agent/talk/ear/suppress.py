"""Taking noise out of what the voice detector hears: WebRTC's noise suppressor, where it is installed.

It comes out `LAG` samples later than it went in, which is a fifth of a chunk, and only the detector hears it.
"""

import importlib.util
from collections.abc import Callable

import numpy as np

from edge_agent.base.frames import RATE_HZ, Samples

LAG = 96
"""Samples (6 ms)."""

LEVEL = 0
"""Of its four the mildest (6 dB): the others make noises sound like voices more often than they uncover one."""


def suppressor(*, wanted: bool) -> Callable[[Samples], Samples]:
    """What takes FRAME samples after FRAME samples of one stream and returns as many, with less noise in them."""
    if not wanted or importlib.util.find_spec("pywebrtc_audio") is None:
        return lambda frame: frame
    from pywebrtc_audio import NoiseSuppressor

    inner = NoiseSuppressor(sample_rate=RATE_HZ, num_channels=1, level=LEVEL)
    return lambda frame: np.asarray(inner.process(frame), np.float32)
