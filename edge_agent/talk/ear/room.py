"""A simulated room: a device in which somebody speaks when told to, and the loudspeaker comes back.

::

    agent ──► loudspeaker (tanh) ──► delay, drift ──► impulse response ──► gain ──┐
    user  ────────────────────────────────────────────────────────────────────────┼──► microphone
    noise ────────────────────────────────────────────────────────────────────────┘

It runs in real time on a thread of its own, or, with `real_time=False`, on a virtual clock: then nothing happens but in
`advance`. What the user said, what the agent played and what the microphone heard are kept on one sample clock.
"""

import threading
from dataclasses import dataclass

import numpy as np

from edge_agent.base.frames import BLOCK_MS, RATE_HZ, Samples
from edge_agent.talk.ear.pace import Pace
from edge_agent.talk.ear.resample import resample
from edge_agent.talk.ear.rings import Exchange

AUDIBLE = 1e-3
"""Amplitude (-60 dBFS) from which the agent counts as sounding."""

DELAY_MS_MAX = 1000
"""What the loudspeaker remembers of what it was given: bounds delay and drift together."""


@dataclass(frozen=True, slots=True)
class RoomAcoustics:
    """What the room does to sound."""

    echo_db: float = -20.0
    """The loudspeaker's level at the microphone against what it was given."""
    delay_ms: float = 40.0
    """Of the echo: buffers, converters and air."""
    drift_ppm: float = 0.0
    """By how much the loudspeaker's clock is slower than the microphone's; the delay grows by as much."""
    noise_dbfs: float = -70.0
    """White, at the microphone."""
    reverb_ms: float = 150.0
    """Until the echo has died down by 60 dB; 0 for a bare delay. Ignored when a response is given."""
    distortion: float = 0.0
    """Of the loudspeaker: 0 is linear, 1 a small one turned up, 3 one that suffers."""
    response: tuple[float, ...] = ()
    """Impulse response from loudspeaker to microphone at the room's rate, in place of the simulated one."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Both sides since the room was opened, sample by sample beside each other."""

    rate_hz: int
    user: Samples
    """What was said, without the room."""
    agent: Samples
    """What the loudspeaker was given."""
    mic: Samples
    """What the microphone heard."""


class Room:
    """A Device. `say` may be called from any thread."""

    name = "simulated room"
    digital = True
    latency_s = 0.0

    def __init__(
        self,
        acoustics: RoomAcoustics | None = None,
        rate_hz: int = 48_000,
        *,
        real_time: bool = True,
        keep_s: float = 900.0,
        seed: int = 0,
    ) -> None:
        """`keep_s` bounds the recording: what happens later is not kept."""
        self.rate_hz = rate_hz
        self._acoustics = acoustics or RoomAcoustics()
        self._real_time = real_time
        self._keep_samples = int(keep_s * rate_hz)
        self._random = np.random.default_rng(seed)
        self._block = rate_hz * BLOCK_MS // 1000
        self._now = 0
        self._sounded: int | None = None
        self._lock = threading.Lock()
        self._user = np.zeros(0, np.float32)  # what is still to be said, from `_now` on
        self._speaker = _Loudspeaker(self._acoustics, rate_hz, self._block, self._random)
        self._played = np.zeros(self._block, np.float32)
        self._kept = tuple(bytearray() for _ in range(3))
        self._exchange: Exchange | None = None
        self._pace: Pace | None = None
        self._muted = False

    def find(self) -> None:
        """It is always there."""

    def mute(self, muted: bool) -> None:
        """The microphone hears nothing at all."""
        self._muted = muted

    def open(self, exchange: Exchange) -> None:
        """Begin, in real time or when `advance` is called."""
        self._exchange = exchange
        if self._real_time:
            self._pace = Pace(self._swap, "room")

    def close(self) -> None:
        """Time stops in the room."""
        if self._pace is not None:
            self._pace.stop()
        self._pace = self._exchange = None

    def advance(self, blocks: int = 1) -> None:
        """Let so many blocks of 10 ms pass."""
        for _ in range(blocks):
            self._swap()

    def say(self, samples: Samples) -> int:
        """Have somebody say this (at `RATE_HZ`) from now on, over whatever is being said; return where it will end."""
        spoken = resample(samples, RATE_HZ, self.rate_hz)
        with self._lock:
            grown = np.zeros(max(self._user.size, spoken.size), np.float32)
            grown[: self._user.size] += self._user
            grown[: spoken.size] += spoken
            self._user = grown
            return (self._now + spoken.size) * RATE_HZ // self.rate_hz

    def move(self, later_ms: float) -> None:
        """From now on the echo comes so much later, as it would from another loudspeaker."""
        self._speaker.move(later_ms)

    @property
    def position(self) -> int:
        """Of now, at `RATE_HZ`."""
        return self._now * RATE_HZ // self.rate_hz

    @property
    def last_sound(self) -> int | None:
        """Position, at `RATE_HZ`, of the last audible sample that the agent played; None before the first."""
        return None if self._sounded is None else self._sounded * RATE_HZ // self.rate_hz

    @property
    def recording(self) -> Recording:
        """What was kept so far."""
        user, agent, mic = (
            np.frombuffer(bytes(side), np.int16).astype(np.float32) / np.float32(32767) for side in self._kept
        )
        size = min(user.size, agent.size, mic.size)
        return Recording(self.rate_hz, user[:size], agent[:size], mic[:size])

    def _swap(self) -> None:
        assert self._exchange is not None, "the room is not open"
        with self._lock:
            user = np.zeros(self._block, np.float32)
            said = self._user[: self._block]
            user[: said.size] = said
            self._user = self._user[self._block :]
            now = self._now
            self._now += self._block
        noise = 10 ** (self._acoustics.noise_dbfs / 20) * self._random.standard_normal(self._block, np.float32)
        mic = np.clip(user + noise + self._speaker.echo(self._played), -1, 1).astype(np.float32)
        played = np.empty(self._block, np.float32)
        self._exchange.swap(np.zeros_like(mic) if self._muted else mic, played)
        self._played = played
        self._keep(now, user, played, mic)

    def _keep(self, now: int, user: Samples, agent: Samples, mic: Samples) -> None:
        loud = np.flatnonzero(np.abs(agent) > AUDIBLE)
        if loud.size:
            self._sounded = now + int(loud[-1])
        if now < self._keep_samples:
            for kept, samples in zip(self._kept, (user, agent, mic), strict=True):
                kept.extend((np.clip(samples, -1, 1) * 32767).astype(np.int16).tobytes())


class _Loudspeaker:
    """What was played, as it arrives at the microphone, a block at a time."""

    def __init__(self, acoustics: RoomAcoustics, rate_hz: int, block: int, random: np.random.Generator) -> None:
        self._acoustics = acoustics
        self._block = block
        self._rate_hz = rate_hz
        self._gain: float = 10 ** (acoustics.echo_db / 20)
        # A block leaves here one swap after it was given; that much of the delay is spent already.
        self._delay = acoustics.delay_ms * rate_hz / 1000 - block
        if self._delay < 0:
            raise ValueError(f"the echo can't come within {BLOCK_MS} ms")
        self._played = np.zeros(DELAY_MS_MAX * rate_hz // 1000, np.float32)
        response = (
            np.array(acoustics.response, np.float32) if acoustics.response else _reverb(acoustics, rate_hz, random)
        )
        self._tail = response.size - 1
        self._size = 1 << (self._tail + block - 1).bit_length()
        self._response = np.fft.rfft(response, self._size)
        self._arrived = np.zeros(self._tail + block, np.float32)

    def echo(self, played: Samples) -> Samples:
        """The echo one block after `played` began to be played."""
        if self._acoustics.distortion:
            drive = self._acoustics.distortion
            played = np.tanh(drive * played) / drive
        self._played = np.concatenate((self._played[self._block :], played))
        self._arrived = np.concatenate((self._arrived[self._block :], self._delayed()))
        reverberant = np.fft.irfft(np.fft.rfft(self._arrived, self._size) * self._response, self._size)
        return np.asarray(self._gain * reverberant[self._tail : self._tail + self._block], np.float32)

    def move(self, later_ms: float) -> None:
        """Let what is played arrive so much later."""
        self._delay = max(0.0, self._delay + later_ms * self._rate_hz / 1000)

    def _delayed(self) -> Samples:
        """Played `delay` ago, between samples where need be. A drifting clock makes the delay longer all the time."""
        drift = self._acoustics.drift_ppm * 1e-6
        ages = self._delay + drift * np.arange(self._block)
        self._delay = float(np.clip(self._delay + drift * self._block, 0, self._played.size - 2 * self._block))
        at = self._played.size - self._block + np.arange(self._block) - ages
        return np.asarray(np.interp(at, np.arange(self._played.size), self._played), np.float32)


def _reverb(acoustics: RoomAcoustics, rate_hz: int, random: np.random.Generator) -> Samples:
    """A direct sound, and a tail of noise half as strong that dies away; together as strong as what goes in."""
    size = max(1, int(acoustics.reverb_ms * rate_hz / 1000))
    tail = random.standard_normal(size) * 10 ** (-3 * np.arange(size) / size)
    tail[0] = 0
    energy = float(np.sum(tail**2))
    response: Samples = (tail * np.sqrt(0.5 / energy) if energy else tail).astype(np.float32)
    response[0] = 1.0
    response /= np.linalg.norm(response)
    return response
