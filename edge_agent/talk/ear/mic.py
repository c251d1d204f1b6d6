"""The microphone and the loudspeaker of this machine, as two PortAudio streams.

1. Devices are found by what they are called, never by a number: numbers change when something is plugged in.
2. The rate is the one that was asked for, else the device's own, then 48, 44.1 and 16 kHz. Mono, or stereo where the
   device refuses mono.
3. PortAudio lists devices once, when it is initialised. `find` initialises it anew, so a replugged microphone is seen.
4. Muted, the microphone's stream is closed, and the loudspeaker's callback gives zeros in its place.
5. Each direction runs on its own clock (`pairing.py` says why). A stream for both at once polls without pause when
   they have drifted apart, and then loses sound.
6. What ALSA and PortAudio have to say reaches the user in a DeviceError, and in no other way (`portaudio.py`).
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge_agent.base.errors import DeviceError
from edge_agent.base.frames import BLOCK_MS, Samples
from edge_agent.base.settings import AudioSettings
from edge_agent.talk.ear.portaudio import REFUSED, as_ours, code, portaudio, refuse_without_access, told_as
from edge_agent.talk.ear.resample import resample
from edge_agent.talk.ear.rings import Exchange

RATES_HZ = (48_000, 44_100, 16_000)
"""Tried in this order after the device's own."""


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One device as PortAudio lists it."""

    name: str
    host_api: str
    inputs: int
    """Channels it records; 0 for a loudspeaker."""
    outputs: int
    """Channels it plays; 0 for a microphone."""
    rate_hz: int
    is_default_input: bool
    is_default_output: bool
    number: int
    """PortAudio's handle until the next `find`; not for people."""

    @property
    def title(self) -> str:
        """The name that settings are matched with."""
        return f"{self.name}, {self.host_api}"


def devices() -> list[DeviceInfo]:
    """Every device there is now."""
    sd = portaudio()
    apis = sd.query_hostapis()
    first_in, first_out = sd.default.device
    return [
        DeviceInfo(
            name=found["name"],
            host_api=apis[found["hostapi"]]["name"],
            inputs=found["max_input_channels"],
            outputs=found["max_output_channels"],
            rate_hz=round(found["default_samplerate"]),
            is_default_input=number == first_in,
            is_default_output=number == first_out,
            number=number,
        )
        for number, found in enumerate(sd.query_devices())
    ]


def choose_input(found: Sequence[DeviceInfo], wanted: str) -> DeviceInfo:
    """The microphone called `wanted`; the default one when that is empty."""
    return _choose([one for one in found if one.inputs], wanted, lambda one: one.is_default_input, "microphone")


def choose_output(found: Sequence[DeviceInfo], wanted: str, host_api: str) -> DeviceInfo:
    """The loudspeaker called `wanted`. PortAudio can only join it to a microphone of the same host API."""
    playing = [one for one in found if one.outputs]
    beside = [one for one in playing if one.host_api == host_api]
    return _choose(beside or playing, wanted, lambda one: one.is_default_output, "loudspeaker")


def _choose(found: Sequence[DeviceInfo], wanted: str, is_default: Any, kind: str) -> DeviceInfo:
    if not found:
        refuse_without_access()
        raise DeviceError(f"no {kind} found", hint="plug one in; `edge-agent devices` lists what is seen")
    if not wanted:
        return next((one for one in found if is_default(one)), found[0])
    exact = [one for one in found if wanted.casefold() in (one.name.casefold(), one.title.casefold())]
    partly = [one for one in found if wanted.casefold() in one.title.casefold()]
    if not (exact or partly):
        names = "; ".join(one.title for one in found)
        raise DeviceError(f"no {kind} is called {wanted!r}", hint=f"there are: {names}")
    return (exact or partly)[0]


class Mic:
    """The system's or the named microphone and loudspeaker; or, where it `hears` nothing, the loudspeaker alone."""

    digital = False

    def __init__(self, settings: AudioSettings, *, hears: bool = True) -> None:
        self._settings = settings
        self._hears = hears
        self._loudspeaker: Any = None
        self._microphone: Any = None
        self._muted = not hears
        self._silence = False  # the loudspeaker's callback gives zeros in the microphone's place
        self.xruns = 0
        """Times that PortAudio reported lost sound."""
        self.find()

    @property
    def name(self) -> str:
        """Microphone and loudspeaker."""
        names = dict.fromkeys(one.name for one in (self._input, self._output) if one)
        return " / ".join(names)

    @property
    def rate_hz(self) -> int:
        """The rate that both of them accept."""
        return self._rate_hz

    @property
    def latency_s(self) -> float:
        """What PortAudio reports for both directions; drivers round it and some invent it."""
        return float(sum(stream.latency for stream in (self._loudspeaker, self._microphone) if stream))

    def find(self) -> None:
        """Let PortAudio look again, choose, and settle the rate."""
        self.close()
        found = _anew()
        self._input = choose_input(found, self._settings.input) if self._hears else None
        self._output = choose_output(found, self._settings.output, self._input.host_api if self._input else "")
        own = [one.rate_hz for one in (self._input, self._output) if one]
        asked = (self._settings.rate_hz, *own, *RATES_HZ)
        for rate_hz in dict.fromkeys(rate for rate in asked if rate):
            channels = self._channels_at(rate_hz)
            if channels is not None:
                self._rate_hz, self._channels = rate_hz, channels
                return
        raise DeviceError(
            f"{self.name} accepts none of the rates that were tried",
            hint="choose other devices: `edge-agent devices` lists them",
        )

    def open(self, exchange: Exchange) -> None:
        """Open and start the streams."""
        assert not self._loudspeaker
        assert exchange.rate_hz == self._rate_hz
        sd = portaudio()
        self._exchange = exchange

        def played(out: Any, frames: int, when: Any, status: Any) -> None:
            self.xruns += bool(status)
            exchange.play(out[:, 0])
            out[:, 1:] = out[:, :1]
            if self._silence:
                exchange.capture(np.zeros(frames, np.float32))

        with told_as(self.name), contextlib.ExitStack() as undone:
            self._loudspeaker = sd.OutputStream(
                device=self._output.number, channels=self._channels[1], callback=played, **self._form()
            )
            undone.callback(self.close)
            self._loudspeaker.start()
            self._silence = self._muted
            if not self._muted:
                self._open_microphone()
            undone.pop_all()

    def mute(self, muted: bool) -> None:
        """Close the microphone's stream, so that no descriptor of it is left; or open it again."""
        changed, self._muted = muted is not self._muted, muted
        if not (changed and self._loudspeaker):
            return
        if muted:
            _end(self._microphone)
            self._microphone, self._silence = None, True  # In this order: only one of the two may write.
            return
        self._silence = False
        with told_as(self.name):
            self._open_microphone()

    def close(self) -> None:
        """Stop at once; what is queued is not played."""
        streams = self._loudspeaker, self._microphone
        self._loudspeaker = self._microphone = None
        for stream in streams:
            _end(stream)

    def _open_microphone(self) -> None:
        exchange = self._exchange
        assert self._input

        def heard(near: Any, frames: int, when: Any, status: Any) -> None:
            self.xruns += bool(status)
            exchange.capture(near[:, 0])

        self._microphone = portaudio().InputStream(
            device=self._input.number, channels=self._channels[0], callback=heard, **self._form()
        )
        self._microphone.start()

    def _form(self) -> dict[str, Any]:
        return {
            "samplerate": self._rate_hz,
            "blocksize": self._rate_hz * BLOCK_MS // 1000,
            "dtype": "float32",
            "latency": "low",
        }

    def _channels_at(self, rate_hz: int) -> tuple[int, int] | None:
        """Channels in and out that are accepted at this rate; none in where there is no microphone."""
        sd = portaudio()

        def accepted(check: Any, device: int) -> int | None:
            for channels in (1, 2):
                try:
                    check(device=device, channels=channels, dtype="float32", samplerate=rate_hz)
                except sd.PortAudioError as error:
                    if code(error) not in REFUSED:
                        raise as_ours(error, self.name) from error
                else:
                    return channels
            return None

        inputs = accepted(sd.check_input_settings, self._input.number) if self._input else 0
        outputs = accepted(sd.check_output_settings, self._output.number)
        return None if inputs is None or outputs is None else (inputs, outputs)


@contextlib.contextmanager
def playing(settings: AudioSettings, samples: Samples, rate_hz: int) -> Iterator[None]:
    """Play on the loudspeaker alone, until the samples or the context end; no microphone is opened.

    DeviceError if there is no loudspeaker.
    """
    sd = portaudio()
    output = choose_output(_anew(), settings.output, "")
    with told_as(output.name):
        sd.play(resample(samples, rate_hz, output.rate_hz), output.rate_hz, device=output.number)
    try:
        yield
    finally:
        sd.stop(ignore_errors=True)


def _anew() -> list[DeviceInfo]:
    """Every device there is, after PortAudio has looked again."""
    sd = portaudio()
    # There is no public way to look again, and sounddevice's own closes the process's stderr meanwhile.
    sd._lib.Pa_Terminate()  # An error only says that the look before failed.
    if code := sd._lib.Pa_Initialize():
        raise DeviceError(f"PortAudio does not start (error {code})", hint="is the sound server in order?")
    return devices()


def _end(stream: Any) -> None:
    if stream:
        stream.abort(ignore_errors=True)
        stream.close(ignore_errors=True)
