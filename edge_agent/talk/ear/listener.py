"""The ear's thread: sound from the device to the conversation, and the agent's voice the other way.

For each block that the device captured, in this order:

1. the loudspeaker's queue is filled up to its lead, so that a slow step below cannot starve it;
2. both sides are brought to our rate and heard (`hearing.py`); what comes of it is handed on, in order.

The device may vanish, or its microphone fall silent (`vigil.py` watches over both).

3. A device that is gone is told once, before anything that could wait is done about it. It is looked for at once and
   every `RETRY_S` until sound moves both ways again, and that is told. It may come back with another rate: everything
   that depends on it begins anew, while the voice keeps its own. Positions go on from where they were.
4. A microphone that fell silent is told once, and opened anew once, as soon as the agent does not speak.
5. Muted means that the microphone is closed: nothing of it is open, and what it gave is overwritten.

The callbacks run in this thread and must not wait.
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from edge_agent.base.errors import EdgeAgentError
from edge_agent.base.events import DeviceLost, DeviceRestored, Event, VoiceSuspected, Woken
from edge_agent.base.frames import BLOCK_MS, FRAME, RATE_HZ, Heard, Samples
from edge_agent.base.settings import AudioSettings, EarSettings
from edge_agent.talk.ear import echo
from edge_agent.talk.ear.delay import Echo
from edge_agent.talk.ear.device import Device
from edge_agent.talk.ear.hearing import Hearing
from edge_agent.talk.ear.priority import raise_priority
from edge_agent.talk.ear.remembered import Known, Remembered
from edge_agent.talk.ear.resample import Resampler
from edge_agent.talk.ear.rings import Block, Exchange
from edge_agent.talk.ear.vad import Silero
from edge_agent.talk.ear.vigil import Edge, Flow, Level
from edge_agent.talk.ear.waking import Spotter, Waking

log = logging.getLogger(__name__)

RETRY_S = 0.5
"""Between two looks for a lost device. One takes 40 ms on a sound server."""

QUIET_BLOCKS = 30
"""Of silence at the loudspeaker after which nobody misses it."""

STOP_S = 0.1
"""Longest that a block is waited for."""

CLOSE_S_MAX = 3.0
"""Longest that `stop` waits for a driver that hangs; the thread is left to it then."""


class Listener:
    """Owns the device from `start` to `stop`."""

    def __init__(
        self,
        device: Device,
        ear: EarSettings,
        audio: AudioSettings,
        vad: Path,
        *,
        rate_hz: int,
        render: Callable[[int, int], Samples],
        on_heard: Callable[[Heard], None],
        on_event: Callable[[Event | VoiceSuspected | Woken], None],
        remembered: Remembered | None = None,
        spotter: Spotter | None = None,
    ) -> None:
        """`render` is asked for so many samples at `rate_hz`, ten ms at a time, which will sound at a position.

        That rate is the voice's, whatever the device has. Where the echo of a device is `remembered`, it is expected
        there when the device is opened. The `spotter` tells when it is woken.
        """
        self.stranger = False
        """Somebody else stands there now; whoever says so, the thread takes note of it once."""
        self.woken = False
        """The machine slept, and what its device does since is anybody's guess: the thread opens it anew, once."""
        self.deaf = False
        """The microphone is to be closed; the voice goes on. Whoever says so, the thread does it soon."""
        self.closed = False  # whether it is
        self.fresh: tuple[Silero, EarSettings] | None = None
        """Another voice detector and its thresholds; whoever has them sets it, the thread takes them in a silence."""
        self.waking = Waking(spotter)  # what passes to whoever listens
        self.xruns = 0
        """Times that sound was lost, either way, since `start`."""
        self.passed_at = time.monotonic()
        """When the thread last went round, s, monotonic: with a device, or in search of one."""
        self._rate_hz = rate_hz
        self._device = device
        self._ear = ear
        self._audio = audio
        self._silero = Silero(vad)
        self._render = render
        self._on_heard = on_heard
        self._on_event = on_event
        self._remembered = remembered or Remembered()
        self._position = 0
        self._level = Level()
        self._away = False  # it has to be found and opened
        self._lost_at: float | None = None  # s, monotonic; since when it was told to be lost
        self._silent = False  # the microphone is to be opened anew
        self._learning = False  # what is known of the echo is not kept yet
        self._unsounded = 0  # blocks since the loudspeaker was last given anything but zeros
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ear", daemon=True)

    def start(self) -> None:
        """Open the device and begin; raises what the device raises."""
        self.open()
        self._thread.start()

    def stop(self) -> None:
        """Fall silent, close the device. Not to be called from a callback."""
        self._stopped.set()
        self._thread.join(CLOSE_S_MAX)
        if self._thread.is_alive():
            log.error("the audio device hangs and is left behind: %s", self._device.name)
        else:
            self.close()

    @property
    def position(self) -> int:
        """The stream's clock: samples at `RATE_HZ` that were heard since `start`."""
        return self._position

    @property
    def echo(self) -> Echo:
        """What is known of the echo's delay and of the clocks' drift, since the device was opened."""
        return self._hearing.echo

    @property
    def erle_db(self) -> float | None:
        """By how much its own voice in the microphone is softened, dB; None until enough of it was heard."""
        return self._hearing.erle.db

    @property
    def dropped(self) -> int:
        """Device samples that the ear was too slow for, since the device was opened."""
        return self._exchange.dropped

    def open(self) -> None:
        """Open the device without a thread: whoever keeps the time calls `step`."""
        device = self._device
        self._exchange = Exchange(device.rate_hz, self._audio.lead_ms)
        self._next = 0
        self._opened = self._position
        self._starved = 0
        self._near, self._far = Resampler(device.rate_hz), Resampler(device.rate_hz)
        self._out = Resampler(self._rate_hz, device.rate_hz, self._exchange.block)
        self._fill()
        self._mute()
        device.open(self._exchange)
        self._silero.reset()
        known = self._remembered.known(device.name, device.rate_hz)
        cancellers = echo.choose(self._ear.canceller, known.delay_ms)
        self._hearing = Hearing(self._ear, cancellers, self._silero, device.latency_s, known)
        self._hearing.skip(self._position)
        self._silent, self._learning = False, True
        self._flow = Flow(device.rate_hz, time.monotonic())

    def close(self) -> None:
        """Close the device, and keep what was learnt about it. For whoever called `open`."""
        self._device.close()
        learnt, self._learning = self._learning, False
        if learnt and self.echo.delay_ms is not None:
            known = Known(self.echo.delay_ms, self.echo.drift_ppm)
            self._remembered.keep(self._device.name, self._exchange.rate_hz, known)

    def step(self, timeout_s: float = 0.0) -> bool:
        """Do one block; False when none came. DeviceError if the microphone can't be opened again."""
        if self.deaf is not self.closed:
            self._mute()
        block = self._exchange.read(timeout_s)
        if block is None:
            return False
        if block.position == 0:
            self._starved = self._exchange.starved  # The device began before we could.
        self._fill()
        self._hear(block)
        self._unsounded = 0 if block.far.any() else self._unsounded + 1
        if not (self._device.digital or self.closed):
            self._watch_level(block)
        return True

    def _mute(self) -> None:
        """Close the microphone or open it, as it is wanted; what it gave is overwritten."""
        deaf = self.deaf
        self._device.mute(deaf)
        self.closed = deaf
        self._level.anew()
        self._flow = Flow(self._device.rate_hz, time.monotonic(), self._exchange.captured, self._exchange.taken)
        if deaf:
            self._exchange.erase()

    def _watch_level(self, block: Block) -> None:
        if edge := self._level.feed(zeros=not block.near.any()):
            self._silent = self._silent or edge is Edge.FELL_SILENT
            self._on_event(edge.value(self._device.name))

    def _fill(self) -> None:
        exchange = self._exchange
        if exchange.starved > self._starved:
            self._starved = exchange.starved
            self.xruns += 1
            exchange.widen()
        while exchange.wanted >= exchange.block:
            due = self._opened + exchange.due * RATE_HZ // exchange.rate_hz
            for samples in self._out.process(self._voice(self._rate_hz * BLOCK_MS // 1000, due)):
                exchange.write(samples)

    def _voice(self, frames: int, due: int) -> Samples:
        return self._render(frames, due) if self._lost_at is None else np.zeros(frames, np.float32)

    def _hear(self, block: Block) -> None:
        lost = block.position - self._next
        if lost:
            self.xruns += 1
            self._hearing.skip(lost * RATE_HZ // self._exchange.rate_hz)
        if self.stranger:
            self.stranger = False
            self._hearing.meet()
        if self.fresh and not self._hearing.speaking:
            (self._silero, self._ear), self.fresh = self.fresh, None
            self._hearing.adopt(self._silero, self._ear)
        self._next = block.position + block.near.size
        ahead = block.ahead * RATE_HZ / self._exchange.rate_hz
        for near, far in zip(self._near.process(block.near), self._far.process(block.far), strict=True):
            if self.closed:
                self._hearing.skip(FRAME)  # What cancels echoes must not learn from zeros.
                continue
            for heard in self._hearing.feed(near, far, ahead=ahead):
                for news in self.waking.take(heard):
                    self._on_heard(news) if isinstance(news, Heard) else self._on_event(news)
        self._position = self._hearing.position

    def _run(self) -> None:
        raise_priority()
        while not self._stopped.is_set():
            try:
                self._listen()
            except Exception:
                # A thread that dies leaves the agent deaf for ever; a mistake of ours costs a reopened device.
                log.exception("the ear failed by a mistake of ours")
                self._lose()
                self._stopped.wait(RETRY_S)

    def _listen(self) -> None:
        """Until it is stopped. Wherever it is broken off, the device is lost, and it may be called again."""
        while not self._stopped.is_set():
            self.passed_at = time.monotonic()
            if self.woken:
                self.woken = False
                self._away = True
            if self._away and not self._reopened():
                self._stopped.wait(RETRY_S)
                continue
            try:
                self.step(STOP_S)
            except EdgeAgentError as error:
                log.warning("the microphone can't be opened again: %s", error)
                self._lose()
                continue
            self._watch_flow(time.monotonic())
            if self._silent and self._unsounded >= QUIET_BLOCKS:
                self._away = True

    def _watch_flow(self, now: float) -> None:
        if not self._flow.due(now):
            return
        if self._flow.stopped(self._exchange.captured, self._exchange.taken, now):
            self._lose()
        elif self._lost_at is not None and self._flow.begun:
            self._on_event(DeviceRestored(self._device.name, self._device.rate_hz, now - self._lost_at))
            self._lost_at = None

    def _lose(self) -> None:
        self._away = True
        if self._lost_at is None:
            self._lost_at = time.monotonic()
            self._level = Level()
            self._on_event(DeviceLost(self._device.name))

    def _reopened(self) -> bool:
        """Whether the device could be found and opened. A sound server that hangs is waited for here."""
        try:
            self.close()
            self._device.find()
            self.open()
        except EdgeAgentError as error:
            log.debug("audio device not back: %s", error)
            self._lose()
            return False
        self._away = False
        return True
