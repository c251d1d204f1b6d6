"""Taking the agent's own voice out of what the microphone hears: the cancellers, and which of them are used.

`auto` takes two, one that keeps the near voice whole (`kalman.py`) and one that leaves no echo (AEC3); what they are to
each other is said in `gate.py`. A third, which keeps more of the voice and is not to be judged by, is for the words.

A canceller is given both sides as they lay in the same swap. For one that does not `follow` the delay of the echo by
itself, the far side was moved by about as much (`delay.py`). AEC3 follows, up to half a second, and is best left alone:
in a simulated room it never heard itself, and each time that we moved its far side it did for two seconds.

It returns the near side `lag` samples later.
"""

import importlib.machinery
import importlib.util
import logging
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from edge_agent.base.errors import DeviceError
from edge_agent.base.frames import FRAME, RATE_HZ, Samples
from edge_agent.base.settings import Canceller as Choice
from edge_agent.talk.ear.kalman import STEADY, Kalman

log = logging.getLogger(__name__)

SPEEX_TAIL = 2048
"""Samples of echo that Speex models (128 ms): a living room's tail. Longer adapts more slowly."""

DITHER = np.float32(1e-6)
"""-120 dBFS, far below any loudspeaker. Fed with exact zeros, AEC3's filters decay into denormal numbers and a frame
takes 1.1 ms instead of 0.06."""


class Canceller(Protocol):
    """One echo path. Not to be shared between streams."""

    @property
    def name(self) -> str:
        """As the settings call it."""

    @property
    def follows(self) -> bool:
        """Whether it finds the delay of the echo by itself."""

    @property
    def lag(self) -> int:
        """Samples by which the near side comes out later than it went in."""

    @property
    def astray(self) -> bool:
        """Whether the echo is not where it was, so that what is taken out adds itself; False where nobody can tell."""

    def move(self, samples: float) -> None:
        """Expect the echo so many samples later from the next frame on, before zero earlier: the clocks drift.

        Nothing to one that has to find out by itself.
        """

    def process(self, near: Samples, far: Samples) -> Samples:
        """FRAME samples of each side in, FRAME samples of the near side out."""


class Aec3:
    """WebRTC's: finds the delay, follows drift, and suppresses what its filter leaves."""

    name = "aec3"
    follows = True
    lag = 126
    astray = False

    def __init__(self) -> None:
        from pywebrtc_audio import EchoCanceller

        self._inner = EchoCanceller(sample_rate=RATE_HZ, num_channels=1)
        self._dither = np.where(np.arange(FRAME) % 2, DITHER, -DITHER)

    def move(self, samples: float) -> None:
        """Find out by itself."""

    def process(self, near: Samples, far: Samples) -> Samples:
        """Cancel."""
        return np.asarray(self._inner.process(near, far + self._dither), np.float32)


class Speex:
    """The portable one: an adaptive filter alone. It leaves more echo than AEC3, and harms the near voice less."""

    name = "speex"
    follows = False
    lag = 0
    astray = False

    def __init__(self) -> None:
        self._native = _speex()
        self._inner = self._native.EchoCanceller_create(FRAME, SPEEX_TAIL, RATE_HZ, 1, 1)

    def __del__(self) -> None:
        if hasattr(self, "_inner"):
            self._native.delete_EchoCanceller(self._inner)

    def move(self, samples: float) -> None:
        """Find out by itself."""

    def process(self, near: Samples, far: Samples) -> Samples:
        """Cancel, in 16 bits: that is what Speex takes."""
        cancelled = self._native.EchoCanceller_process(self._inner, _as_pcm(near), _as_pcm(far))
        return np.frombuffer(cancelled, np.int16).astype(np.float32) / np.float32(32768)


class Off:
    """For headphones, and for sound cards that cancel by themselves."""

    name = "off"
    follows = True
    lag = 0
    astray = False

    def move(self, samples: float) -> None:
        """Find out by itself."""

    def process(self, near: Samples, far: Samples) -> Samples:
        """Return what was heard."""
        return near


def choose(choice: Choice, expected_ms: float | None = None) -> tuple[Canceller, ...]:
    """The cancellers that the settings name; DeviceError when one is not installed.

    One, or the linear one, the one that suppresses, and the one that speech-to-text gets of a voice.
    `expected_ms` is the delay of the echo where it is known from before.
    """
    match choice:
        case Choice.OFF:
            return (Off(),)
        case Choice.AUTO if Choice.AEC3 in installed():
            return Kalman(expected_ms), Aec3(), Kalman(expected_ms, STEADY)
        case Choice.AUTO:
            log.warning("pywebrtc-audio is not installed: the agent may hear itself through a bad loudspeaker")
            return (Kalman(expected_ms),)
        case _:
            if choice not in installed():
                raise DeviceError(
                    f"the echo canceller {choice.value} is not installed",
                    hint="`pip install pywebrtc-audio speexdsp`, or set ear.canceller to auto",
                )
            return (Aec3(),) if choice is Choice.AEC3 else (Speex(),)


def installed() -> list[Choice]:
    """Those of other people that this machine has."""
    modules = {Choice.AEC3: "pywebrtc_audio", Choice.SPEEX: "speexdsp"}
    return [choice for choice, module in modules.items() if importlib.util.find_spec(module)]


def _speex() -> Any:
    """Speex's native module. Its Python half imports `imp`, which left Python with 3.12, so it is gone round."""
    package = importlib.util.find_spec("speexdsp")
    assert package is not None
    assert package.origin is not None
    library = next(Path(package.origin).parent.glob("_speexdsp*.so"))
    loader = importlib.machinery.ExtensionFileLoader("_speexdsp", str(library))
    spec = importlib.util.spec_from_loader("_speexdsp", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def _as_pcm(samples: Samples) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).astype(np.int16).tobytes()
