"""What the microphone and the loudspeaker of this machine really do, for a second, measured.

One second of listening says whether sound comes, how fast and how loud; then a soft chirp says whether sound goes out,
and how long it takes to come back. The stream is the one of a conversation.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge_agent.base.errors import DeviceError
from edge_agent.base.frames import Samples, dbfs
from edge_agent.base.settings import AudioSettings
from edge_agent.talk.ear.mic import Mic, devices
from edge_agent.talk.ear.rings import Block, Exchange

LISTEN_S = 1.0
CHIRP_S = 0.25
ECHO_S = 0.75
"""Bluetooth takes up to half a second; what comes later than this is no loudspeaker of ours."""

CHIRP_LEVEL = 0.1
"""-23 dBFS: to be heard, not to startle."""

SPEED_TOLERANCE = 0.02
"""A crystal is off by 0.01 %, and a second is a short measurement: more than this is lost sound."""

CLIPPED = 0.999
"""Amplitude from which a sample is as high as it can be."""

MUTED_DBFS = -90.0
"""The noise of any open microphone is louder."""

DEAD_S = 5.0
"""A sound server that has to wake its devices up takes a second or two."""

_HEARD_AT = 6.0
"""The correlation's peak over its own RMS: noise alone stays under 5 at this length."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One look at the device."""

    device: str
    rate_hz: int
    speed: float
    """Samples that came in a second, over those that should have."""
    level_dbfs: float
    clipped: bool
    played: bool
    """Whether the device took the whole chirp."""
    delay_ms: float | None
    """From the chirp given to the chirp heard; None if it was not heard."""


def host_apis() -> list[str]:
    """Return the sound systems that have devices."""
    return sorted({device.host_api for device in devices()})


def measure(settings: AudioSettings) -> Measured:
    """Listen, chirp, and say what was seen. DeviceError when it can't be opened or gives no sound."""
    device = Mic(settings)
    exchange = Exchange(device.rate_hz, lead_ms=100)
    device.open(exchange)
    try:
        first = _next(exchange, device.name)
        began, captured = time.monotonic(), exchange.captured
        quiet = [first, *(_next(exchange, device.name) for _ in range(int(LISTEN_S * 100)))]
        speed = (exchange.captured - captured) / device.rate_hz / (time.monotonic() - began)
        chirp = chirp_at(device.rate_hz)
        echo = _play(exchange, device.name, chirp)
    finally:
        device.close()
    near = np.concatenate([block.near for block in quiet])
    return Measured(
        device=device.name,
        rate_hz=device.rate_hz,
        speed=speed,
        level_dbfs=dbfs(near),
        clipped=bool(np.max(np.abs(near)) >= CLIPPED),
        played=exchange.played >= chirp.size,
        delay_ms=delay_ms(echo, device.rate_hz),
    )


def _next(exchange: Exchange, name: str) -> Block:
    block = exchange.read(DEAD_S)
    if block is None:
        raise DeviceError(f"{name} was opened, but no sound comes from it", hint="Unplug it and plug it in again.")
    return block


def _play(exchange: Exchange, name: str, chirp: Samples) -> list[Block]:
    waiting = chirp
    blocks = []
    for _ in range(int((CHIRP_S + ECHO_S) * 100)):
        now, waiting = np.split(waiting, [exchange.wanted])
        exchange.write(now)
        blocks.append(_next(exchange, name))
    return blocks


def chirp_at(rate_hz: int) -> Samples:
    """Return a soft tone that rises."""
    # Rising through the band that every small loudspeaker and every microphone has in common.
    seconds = np.arange(int(CHIRP_S * rate_hz)) / rate_hz
    low_hz, high_hz = 500, 4000
    phase = 2 * np.pi * (low_hz * seconds + (high_hz - low_hz) * seconds**2 / (2 * CHIRP_S))
    return np.asarray(CHIRP_LEVEL * np.hanning(seconds.size) * np.sin(phase), np.float32)


def delay_ms(blocks: Sequence[Block], rate_hz: int) -> float | None:
    """Return how long after what was played the microphone heard it; None if it did not."""
    near = np.concatenate([block.near for block in blocks])
    far = np.concatenate([block.far for block in blocks])
    size = 2 * near.size
    spectrum = np.fft.rfft(near, size) * np.conj(np.fft.rfft(far, size))
    match = np.abs(np.fft.irfft(spectrum, size)[: near.size])
    rms = float(np.sqrt(np.mean(match**2)))
    at = int(np.argmax(match))
    return 1000 * at / rate_hz if rms > 0 and match[at] > _HEARD_AT * rms else None
