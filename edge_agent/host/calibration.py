"""The way from the loudspeaker through the room to the microphone, measured with sounds of its own.

Nothing needs it: the agent measures while it talks (`talk/ear/delay.py`). It tells the owner, before a word was said,
whether the loudspeaker is too loud for the microphone and how much of it the cancellers take away.

1. It listens for `LISTEN_S`: the noise of room and microphone.
2. It plays two sweeps, and between them noise that rises and falls as speech does: `SCORE_S` together.
3. Each sweep gives an impulse response. Its peak is the delay; how far the second one comes too late is the drift of
   the clocks; what a loudspeaker adds at multiples of the frequency lies before the peak, each multiple in its place.
4. Over the noise the level of the echo is compared with what was played, and with what each canceller leaves of it
   once it had a second to learn.

Source of the distortion beside the response: Farina, "Simultaneous measurement of impulse response and distortion with
a swept-sine technique", 108th AES Convention, 2000.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from edge_agent.base.errors import DeviceError
from edge_agent.base.frames import BLOCK_MS, FRAME, RATE_HZ, Samples, dbfs
from edge_agent.base.settings import AudioSettings, Canceller
from edge_agent.host import sound
from edge_agent.talk.ear import echo
from edge_agent.talk.ear.cancelling import Cancelling
from edge_agent.talk.ear.kalman import Kalman
from edge_agent.talk.ear.mic import Mic
from edge_agent.talk.ear.resample import resample
from edge_agent.talk.ear.rings import Block, Exchange

LISTEN_S = 0.7
SWEEP_S = 0.4
GAP_S = 0.15
NOISE_S = 2.0
TAIL_S = 0.6
"""After the last sweep: the longest echo, and its end."""
SCORE_S = 2 * (SWEEP_S + GAP_S) + NOISE_S + TAIL_S

SWEEP_HZ = (300.0, 7000.0)
"""What small loudspeakers and microphones have in common."""
SWEEP_LEVEL = 0.15
NOISE_DBFS = -24.0
"""As loud as a voice that is turned down a little."""
NOISE_HZ = (150.0, 6000.0)
SYLLABLE_HZ = 4.0

LEARNT_S = 1.0
"""Of the noise, that the cancellers are given before they are judged."""

LEAD_MS = 100

HEARD_AT = 10.0
"""Peak of an impulse response over its RMS. Noise alone reaches 7; an echo as far below the noise as a voice would
be lost in is at 12, others at 30 and more."""

HARMONICS = (2, 3)
HARMONIC_S = 0.008
"""To either side of a harmonic's place."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured."""

    device: str
    rate_hz: int
    reported_ms: float
    """Latency of both directions as the sound system tells it."""
    speed: float
    """Samples that came in a second, over those that should have."""
    noise_dbfs: float
    """Of room and microphone while nothing played."""
    peak_dbfs: float
    """The highest sample that the microphone gave."""
    clipped: bool
    starved: bool
    """Whether the loudspeaker had to wait for us; then the figures are worth little."""
    delay_ms: float | None
    """From what the loudspeaker was given to its echo; this and what follows is None where no echo was heard."""
    echo_db: float | None
    """Level of the echo at the microphone against what was played."""
    drift_ppm: float | None
    """By how many millionths the loudspeaker's clock is slower than the microphone's."""
    distortion_pct: float | None
    """What the loudspeaker adds at two and three times the frequency, roughly; None where the noise hides it."""
    erle_db: dict[str, float]
    """By how much each canceller lowered the microphone's level while it heard the echo."""
    left_dbfs: dict[str, float]
    """What each of them left, noise and all."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Both sides, paired as a conversation has them, at the device's rate."""

    near: Samples
    far: Samples
    quiet: int
    """Samples before anything was played."""


def calibrate(settings: AudioSettings) -> Calibration:
    """Play and listen, for about five seconds. DeviceError when the device can't be opened or gives no sound."""
    device = Mic(settings)
    exchange = Exchange(device.rate_hz, LEAD_MS)
    device.open(exchange)

    def read() -> Block:
        block = exchange.read(sound.DEAD_S)
        if block is None:
            raise DeviceError(f"{device.name} was opened, but no sound comes from it", hint="plug it in again")
        return block

    try:
        read()
        began, captured = time.monotonic(), exchange.captured
        taken = take(exchange, read)
        speed = (exchange.captured - captured) / device.rate_hz / (time.monotonic() - began)
        reported_ms = 1000 * device.latency_s
    finally:
        device.close()
    return examine(taken, device.name, device.rate_hz, reported_ms, speed, starved=exchange.starved > 0)


def take(exchange: Exchange, read: Callable[[], Block]) -> Taken:
    """Listen, then play the score and record; `read` gives block after block."""
    quiet = [read() for _ in range(round(LISTEN_S * 1000 / BLOCK_MS))]
    waiting = score(exchange.rate_hz)
    loud = []
    for _ in range(round(SCORE_S * 1000 / BLOCK_MS)):
        now, waiting = np.split(waiting, [exchange.wanted])
        exchange.write(np.pad(now, (0, exchange.wanted - now.size)))
        loud.append(read())
    near, far = (np.concatenate([getattr(block, side) for block in quiet + loud]) for side in ("near", "far"))
    return Taken(near, far, sum(block.near.size for block in quiet))


def examine(
    taken: Taken, device: str, rate_hz: int, reported_ms: float = 0.0, speed: float = 1.0, *, starved: bool = False
) -> Calibration:
    """Say what a recording of the score shows."""
    settled = taken.near[taken.quiet // 4 : taken.quiet]  # devices begin with a click, or with nothing
    noise_dbfs = dbfs(settled)
    peak = float(np.abs(taken.near[taken.quiet // 4 :]).max())
    second = round((SWEEP_S + 2 * GAP_S + NOISE_S) * rate_hz)  # from the first sweep to the second one
    played = _response(taken.far, rate_hz)
    begun = int(np.argmax(np.abs(played[: taken.far.size - second])))
    echoes = [_response(taken.near[begun + after :][: round(1.0 * rate_hz)], rate_hz) for after in (0, second)]
    delays = [_peak(one) for one in echoes]
    heard = played.any() and delays[0] is not None and delays[1] is not None
    if not heard:
        return Calibration(
            device, rate_hz, reported_ms, speed, noise_dbfs, _db(peak), peak >= sound.CLIPPED, starved,
            delay_ms=None, echo_db=None, drift_ppm=None, distortion_pct=None, erle_db={}, left_dbfs={},
        )  # fmt: skip
    assert delays[0] is not None
    assert delays[1] is not None
    noise = begun + round((SWEEP_S + GAP_S) * rate_hz)
    spoken = slice(noise + round(LEARNT_S * rate_hz), noise + round(NOISE_S * rate_hz))
    late = round(delays[0])
    echoed = slice(spoken.start + late, spoken.stop + late)
    echo_power = 10 ** (dbfs(taken.near[echoed]) / 10) - 10 ** (noise_dbfs / 10)
    removed = {one.name: _removed(one, taken, rate_hz, echoed) for one in cancellers()}
    return Calibration(
        device, rate_hz, reported_ms, speed, noise_dbfs, _db(peak), peak >= sound.CLIPPED, starved,
        delay_ms=1000 * delays[0] / rate_hz,
        echo_db=10 * float(np.log10(max(echo_power, 1e-12))) - dbfs(taken.far[spoken]),
        drift_ppm=None if starved else 1e6 * (delays[1] - delays[0]) / second,
        distortion_pct=_distortion_pct(echoes[0], delays[0], rate_hz),
        erle_db=removed,
        left_dbfs={name: dbfs(taken.near[echoed]) - db for name, db in removed.items()},
    )  # fmt: skip


def cancellers() -> list[echo.Canceller]:
    """One of each that this machine has."""
    return [Kalman(), *(one for choice in echo.installed() for one in echo.choose(Canceller(choice)))]


def score(rate_hz: int) -> Samples:
    """What is played, tail included."""
    gap = np.zeros(round(GAP_S * rate_hz), np.float32)
    tail = np.zeros(round(TAIL_S * rate_hz), np.float32)
    return np.concatenate((sweep(rate_hz), gap, babble(rate_hz), gap, sweep(rate_hz), tail))


def sweep(rate_hz: int) -> Samples:
    """A tone that rises by equal steps of pitch in equal times."""
    low_hz, high_hz = SWEEP_HZ
    steepness = np.log(high_hz / low_hz)
    seconds = np.arange(round(SWEEP_S * rate_hz)) / rate_hz
    phase = 2 * np.pi * low_hz * SWEEP_S / steepness * np.expm1(seconds * steepness / SWEEP_S)
    edges = np.minimum(1, 100 * np.minimum(seconds, SWEEP_S - seconds))
    return np.asarray(SWEEP_LEVEL * edges * np.sin(phase), np.float32)


def babble(rate_hz: int) -> Samples:
    """Noise with the spectrum of speech, roughly, and as many syllables a second."""
    size = round(NOISE_S * rate_hz)
    hz = np.fft.rfftfreq(size, 1 / rate_hz)
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(size)) / np.sqrt(np.maximum(hz, 1))
    spectrum[(hz < NOISE_HZ[0]) | (hz > NOISE_HZ[1])] = 0
    syllables = 1 - 0.9 * np.cos(2 * np.pi * SYLLABLE_HZ * np.arange(size) / rate_hz)
    noise = np.fft.irfft(spectrum, size) * syllables
    return np.asarray(noise * 10 ** (NOISE_DBFS / 20) / np.sqrt(np.mean(noise**2)), np.float32)


def _response(signal: Samples, rate_hz: int) -> Samples:
    """The impulse response that makes a sweep into this; what comes before the signal is at the end."""
    played = sweep(rate_hz)
    size = 1 << (signal.size + played.size).bit_length()
    spectrum = np.fft.rfft(played, size)
    power = np.abs(spectrum) ** 2
    response = np.fft.irfft(np.fft.rfft(signal, size) * np.conj(spectrum) / (power + 1e-3 * power.max()), size)
    return np.asarray(response, np.float32)


def _peak(response: Samples) -> float | None:
    """Where it is highest, in samples and between them; None if it is not much higher there than anywhere."""
    heights = np.abs(response[: response.size // 2])
    at = int(np.argmax(heights))
    if heights[at] <= HEARD_AT * float(np.sqrt(np.mean(response**2))) or not 0 < at < heights.size - 1:
        return None
    before, top, after = (float(height) for height in heights[at - 1 : at + 2])
    return at + 0.5 * (before - after) / (before - 2 * top + after)


def _distortion_pct(response: Samples, delay: float, rate_hz: int) -> float | None:
    """The harmonics' responses against the straight one. Each comes as much sooner as the sweep is there sooner."""
    octaves_s = SWEEP_S / np.log(SWEEP_HZ[1] / SWEEP_HZ[0])

    def energy(before_s: float) -> float:
        middle = round(delay - before_s * rate_hz)
        around = np.arange(middle - round(HARMONIC_S * rate_hz), middle + round(HARMONIC_S * rate_hz))
        return float(np.sum(response[around % response.size] ** 2))

    straight = energy(0.0)
    added = sum(energy(octaves_s * float(np.log(harmonic))) for harmonic in HARMONICS)
    # Between two harmonics there is nothing but noise.
    noise = len(HARMONICS) * energy(octaves_s * float(np.log(2.5)))
    return 100 * float(np.sqrt((added - noise) / straight)) if added > 2 * noise else None


def _removed(canceller: echo.Canceller, taken: Taken, rate_hz: int, echoed: slice) -> float:
    """By how many dB it lowers what the microphone heard in that time."""
    near, far = (resample(side, rate_hz, RATE_HZ) for side in (taken.near, taken.far))
    cancelling = Cancelling((canceller,))
    whole = near.size // FRAME * FRAME
    cleaned = [
        frame.signals[0]
        for one, other in zip(near[:whole].reshape(-1, FRAME), far[:whole].reshape(-1, FRAME), strict=True)
        for frame in cancelling.process(one, other)
    ]
    start, stop = (at * RATE_HZ // rate_hz for at in (echoed.start, echoed.stop))
    left = np.concatenate(cleaned)[start:stop]
    return dbfs(near[start:stop]) - dbfs(left)


def _db(amplitude: float) -> float:
    return 20 * float(np.log10(max(amplitude, 1e-6)))
