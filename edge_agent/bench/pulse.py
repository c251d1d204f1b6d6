"""A room for real audio streams, without a sound card: PulseAudio with null sinks.

::

    agent ──► speaker ──(loopback, echo_db)──► room ──► mic ──► agent
    user  ──────────────────(paplay)───────────┘

The daemon is this room's own: private home, socket and ALSA configuration, so that nobody's desktop is touched and it
works as root in a container. Whoever opens PortAudio inside `with` plays into `speaker` and hears `mic`; PortAudio
reads the environment, so it must not be initialised before. `unplug` takes the devices away, `plug` brings them back;
`crash` and `freeze` are what a sound server may do.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType

import numpy as np

from edge_agent.base.errors import DeviceError
from edge_agent.base.frames import RATE_HZ, Samples

RATE_ROOM_HZ = 48_000

START_S_MAX = 10.0
"""For the daemon to answer. It takes 0.1 s; a busy machine needs longer."""

ALSA = """\
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse }
ctl.!default { type pulse }
"""


def available() -> bool:
    """Whether the programs are installed."""
    return all(shutil.which(program) for program in ("pulseaudio", "pactl", "paplay", "parec"))


class PulseRoom:
    """A context manager; inside, the process's environment points at the room."""

    def __init__(self, echo_db: float = -20.0, latency_ms: int = 10) -> None:
        """`latency_ms` from the loudspeaker to the room, besides what the streams' own buffers take."""
        self.echo_db = echo_db
        self.latency_ms = latency_ms
        self._modules: list[str] = []
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "PulseRoom":
        if not available():
            raise DeviceError(
                "PulseAudio is not installed",
                hint="`sudo apt install pulseaudio pulseaudio-utils libasound2-plugins libportaudio2`",
            )
        with contextlib.ExitStack() as stack:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="edge-agent-room-")))
            self.environment = _environment(self._folder)
            stack.callback(lambda: _end(self._daemon))
            self._start()
            stack.enter_context(_in_environment(self.environment))
            self.plug()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def plug(self, rate_hz: int = RATE_ROOM_HZ) -> None:
        """Bring the devices, and the way from the loudspeaker to the microphone."""
        sink = ("module-null-sink", f"rate={rate_hz}", "channels=1")
        self.load(*sink, "sink_name=speaker", "sink_properties=device.description=speaker")
        self.load(*sink, "sink_name=room", "sink_properties=device.description=room")
        self.load("module-remap-source", "source_name=mic", "master=room.monitor", "remix=no")
        self.pactl("set-default-sink", "speaker")
        self.pactl("set-default-source", "mic")
        # Last, and pinned: PulseAudio would move it to the new default source, and the room would hear itself.
        self.load(
            "module-loopback", "source=speaker.monitor", "sink=room", f"latency_msec={self.latency_ms}",
            "source_dont_move=true", "sink_dont_move=true",
        )  # fmt: skip
        self.set_echo(self.echo_db)
        self.wait_for_sound()

    def unplug(self) -> None:
        """Take everything away: streams that are open die."""
        for module in reversed(self._modules.copy()):
            self.unload(module)

    def crash(self) -> None:
        """Kill the sound server."""
        self._daemon.kill()
        self._daemon.wait()
        self._modules.clear()
        (self._folder / "pulse" / "native").unlink(missing_ok=True)

    def revive(self) -> None:
        """Start it again, with everything plugged in."""
        self._start()
        self.plug()

    def freeze(self, *, frozen: bool) -> None:
        """Let the sound server stand still, and nobody knows; or go on."""
        self._daemon.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def set_echo(self, echo_db: float) -> None:
        """The loudspeaker's level at the microphone, dB."""
        inputs = self.pactl("list", "short", "sink-inputs").splitlines()
        loopback = next(line for line in inputs if "module-loopback" in line).split()[0]
        # As a number, for decibels with a sign are taken as a change; PulseAudio's scale is cubic.
        self.pactl("set-sink-input-volume", loopback, str(round(65536 * 10 ** (echo_db / 60))))

    def say(self, wav: Path) -> "subprocess.Popen[bytes]":
        """Somebody says this; the process ends when it is said."""
        return subprocess.Popen(["paplay", "--device=room", str(wav)], env=self.environment)

    def play(self, samples: Samples, rate_hz: int = RATE_HZ) -> None:
        """Somebody says these samples; returns when they are said."""
        pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
        form = ["--raw", "--format=s16le", "--channels=1", f"--rate={rate_hz}", "--latency-msec=20"]
        subprocess.run(["paplay", "--device=room", *form], input=pcm, env=self.environment, check=True)

    @contextlib.contextmanager
    def record(self, source: str, wav: Path) -> Iterator[None]:
        """Meanwhile, record `room.monitor` (what the microphone hears) or `speaker.monitor` (what the agent says)."""
        form = ["--file-format=wav", "--channels=1", f"--rate={RATE_ROOM_HZ}", "--latency-msec=20"]
        recorder = subprocess.Popen(["parec", f"--device={source}", *form, str(wav)], env=self.environment)
        try:
            yield
        finally:
            recorder.terminate()
            recorder.wait()

    def load(self, *words: str) -> str:
        """Load a module until the devices are unplugged; return its number."""
        self._modules.append(self.pactl("load-module", *words).strip())
        return self._modules[-1]

    def unload(self, module: str) -> None:
        """Unload one of them."""
        self.pactl("unload-module", module)
        self._modules.remove(module)

    def pactl(self, *words: str) -> str:
        """Ask the daemon for something."""
        done = subprocess.run(
            ["pactl", *words], env=self.environment, capture_output=True, text=True, check=False, timeout=START_S_MAX
        )
        if done.returncode != 0:
            raise DeviceError(f"PulseAudio refused `{' '.join(words)}`: {done.stderr.strip()}")
        return done.stdout

    def wait_for_sound(self, source: str = "mic") -> None:
        """A null sink begins with a block of two seconds; a stream that came in the meantime would hear nothing."""
        form = ["--raw", "--format=s16le", "--channels=1", "--latency-msec=20"]
        listener = subprocess.Popen(
            ["parec", f"--device={source}", *form], env=self.environment, stdout=subprocess.PIPE
        )
        assert listener.stdout is not None
        listener.stdout.read(RATE_ROOM_HZ // 10)
        _end(listener)

    def _start(self) -> None:
        with (self._folder / "pulseaudio.log").open("w") as log:
            self._daemon = subprocess.Popen(
                [
                    "pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1",
                    "--disable-shm=yes",
                    f"--load=module-native-protocol-unix socket={self._folder}/pulse/native auth-anonymous=1",
                ],
                env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + START_S_MAX
        while not self._answers():
            if self._daemon.poll() is not None or time.monotonic() > deadline:
                raise DeviceError(f"PulseAudio does not start: {(self._folder / 'pulseaudio.log').read_text()[-300:]}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            self.pactl("info")
        except DeviceError:
            return False
        return True


def _environment(folder: Path) -> dict[str, str]:
    runtime = folder / "pulse"
    runtime.mkdir(mode=0o700)
    (folder / "asound.conf").write_text(ALSA)
    return {
        **os.environ,
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "PULSE_RUNTIME_PATH": str(runtime),
        "PULSE_SERVER": f"unix:{runtime}/native",
        "PULSE_COOKIE": str(folder / "cookie"),
        "ALSA_CONFIG_PATH": str(folder / "asound.conf"),
    }


@contextlib.contextmanager
def _in_environment(environment: Mapping[str, str]) -> Iterator[None]:
    """Only what leads to the daemon: the process keeps its home, for its models and settings are there."""
    names = ("PULSE_RUNTIME_PATH", "PULSE_SERVER", "PULSE_COOKIE", "ALSA_CONFIG_PATH")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update({name: environment[name] for name in names})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.communicate(timeout=START_S_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
