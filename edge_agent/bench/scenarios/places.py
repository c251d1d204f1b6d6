"""The rooms in which scenarios are played: one clock, somebody's voice, the loudspeaker's sound, and a plug to pull."""

import asyncio
import subprocess
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

import numpy as np

from edge_agent.base.errors import DeviceError
from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.base.settings import Settings
from edge_agent.bench import pulse
from edge_agent.bench.person import Place as Hearable
from edge_agent.bench.scenarios.form import Acoustics, Kind
from edge_agent.bench.scenarios.sounds import Missing
from edge_agent.talk.ear.device import Device
from edge_agent.talk.ear.mic import Mic
from edge_agent.talk.ear.room import AUDIBLE, Room, RoomAcoustics


class Place(Hearable, Protocol):
    """Where a scenario is played."""

    @property
    def device(self) -> Device:
        """For the agent."""

    def voice(self, start: int) -> Samples:
        """The agent's sound from a position on, at `RATE_HZ`."""

    def pull(self) -> None:
        """The audio device is gone."""

    def plug(self) -> None:
        """It is back."""


class Simulated(Room):
    """The simulated room, with a plug."""

    def __init__(self, acoustics: Acoustics) -> None:
        super().__init__(RoomAcoustics(echo_db=acoustics.echo, noise_dbfs=acoustics.noise), RATE_HZ)
        self._plugged = True

    @property
    def device(self) -> Device:
        """The room itself."""
        return self

    def find(self) -> None:
        """As in `Device`."""
        if not self._plugged:
            raise DeviceError("it is not plugged in")

    def voice(self, start: int) -> Samples:
        """As in `Place`."""
        return self.recording.agent[start:]

    def pull(self) -> None:
        """As in `Place`."""
        self._plugged = False
        self.close()

    def plug(self) -> None:
        """As in `Place`."""
        self._plugged = True


class Pulse:
    """Null sinks of PulseAudio; the clock is that of a recorder at the loudspeaker. Inside `with` of a PulseRoom."""

    def __init__(self, room: pulse.PulseRoom, settings: Settings) -> None:
        self._room = room
        self._sound = bytearray()
        self._last: int | None = None
        self._listen()
        self.device: Device = Mic(settings.audio)

    @property
    def position(self) -> int:
        """As in `Place`."""
        return len(self._sound) // 2

    @property
    def last_sound(self) -> int | None:
        """As in `Place`."""
        return self._last

    def say(self, samples: Samples) -> int:
        """As in `Place`; PulseAudio lets it be heard some 20 to 40 ms later."""
        threading.Thread(target=self._room.play, args=(samples,), daemon=True).start()
        return self.position + samples.size

    def voice(self, start: int) -> Samples:
        """As in `Place`."""
        return np.frombuffer(bytes(self._sound[2 * start :]), "<i2").astype(np.float32) / np.float32(32767)

    def pull(self) -> None:
        """As in `Place`."""
        self._room.unplug()

    def plug(self) -> None:
        """As in `Place`."""
        self.close()
        self._room.plug()
        self._listen()

    def close(self) -> None:
        """Record no more."""
        self._recorder.terminate()
        self._thread.join()
        self._recorder.wait()

    def _listen(self) -> None:
        form = ["--raw", "--format=s16le", "--channels=1", f"--rate={RATE_HZ}", "--latency-msec=10"]
        self._recorder = subprocess.Popen(
            ["parec", "--device=speaker.monitor", *form], env=self._room.environment, stdout=subprocess.PIPE
        )
        self._thread = threading.Thread(target=self._record, daemon=True)
        self._thread.start()

    def _record(self) -> None:
        assert self._recorder.stdout is not None
        size = RATE_HZ // 100 * 2
        while len(block := self._recorder.stdout.read(size)) == size:
            loud = np.flatnonzero(np.abs(np.frombuffer(block, "<i2")) > AUDIBLE * 32767)
            if loud.size:
                self._last = len(self._sound) // 2 + int(loud[-1])
            self._sound.extend(block)


@asynccontextmanager
async def opened(acoustics: Acoustics, settings: Settings) -> AsyncIterator[Place]:
    """Yield the room; Missing where this machine has none of its kind."""
    if acoustics.kind is Kind.SIMULATED:
        yield Simulated(acoustics)
        return
    if not pulse.available():
        raise Missing("PulseAudio is not installed")
    async with AsyncExitStack() as stack:
        room = stack.enter_context(pulse.PulseRoom(acoustics.echo))
        place = await asyncio.to_thread(Pulse, room, settings)
        stack.callback(place.close)
        yield place
