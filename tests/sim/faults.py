"""Device faults in a room of real audio streams, at random moments of a real conversation; and what became of it."""

import asyncio
import contextlib
import logging
import random
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from edge_agent.app.agent import running
from edge_agent.app.happenings import DeviceChanged, LevelMeasured, TurnEnded
from edge_agent.base.errors import DeviceError
from edge_agent.base.events import DeviceLost, DeviceRestored, MicrophoneSilent
from edge_agent.base.frames import Samples
from edge_agent.base.settings import AudioSettings, Settings
from edge_agent.bench.pulse import RATE_ROOM_HZ, PulseRoom
from edge_agent.talk.ear.mic import Mic

AUDIBLE_DBFS = -110.0
"""Anything but zeros."""

BACK_S_MAX = 15.0
"""What is not back by then has hung."""

HEADSET_HZ = 16_000

NOISE_VOLUME = 9600
"""Of 65536, cubic: white noise at some -50 dBFS, as any converter has it."""


class Kind(Enum):
    """What may happen to a device."""

    PULLED = "everything pulled out and put back"
    MICROPHONE_PULLED = "the microphone alone; its stream is moved to a monitor"
    MICROPHONE_STOPS = "the source delivers nothing"
    LOUDSPEAKER_STOPS = "the sink takes nothing"
    DEFAULT_CHANGED = "another default source and sink"
    RATE_CHANGED = "comes back as a headset of 16 kHz, or from that"
    ZEROS = "the source is muted"
    SERVER_FREEZES = "the sound server stands still"
    SERVER_CRASHES = "the sound server is killed and started again"


NEVER_LOST = (Kind.DEFAULT_CHANGED,)
ZEROS_ONLY = (Kind.ZEROS, Kind.MICROPHONE_PULLED)
"""They are told as silence, and only where the microphone was lively."""


class AnyHeadset(Mic):
    """A device that has the rate of whatever is plugged in. PulseAudio would hide it from ALSA."""

    rate_next_hz = RATE_ROOM_HZ

    def find(self) -> None:
        self._settings = AudioSettings(rate_hz=self.rate_next_hz)
        super().find()


@dataclass
class Outcome:
    """Of one fault."""

    kind: Kind
    noticed_s: float | None = None
    """From the fault to its being told; None when it was not."""
    back_s: float | None = None
    """From its end to sound from the microphone, the loss being told as over; None when it never came."""
    told: int = 0


@dataclass
class Lived:
    """What became of a conversation with faults."""

    outcomes: list[Outcome] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    """Errors that were logged: ours, or a device that hung at the end."""
    turns: int = 0
    answered_last: bool = False

    def table(self) -> str:
        """Figures per kind."""
        by_kind = defaultdict(list)
        for outcome in self.outcomes:
            by_kind[outcome.kind].append(outcome)
        lines = [f"{'kind':20}{'n':>4}{'noticed':>9}{'p50 s':>7}{'max s':>7}{'back':>6}{'p50 s':>7}{'max s':>7}"]
        for kind, those in by_kind.items():
            noticed = sorted(one.noticed_s for one in those if one.noticed_s is not None)
            back = sorted(one.back_s for one in those if one.back_s is not None)
            lines.append(f"{kind.name:20}{len(those):4}{_column(noticed, 9)}{_column(back, 6)}")
        return "\n".join([*lines, f"{self.turns} turns ended; {len(self.mistakes)} mistakes {self.mistakes[:3]}"])


def _column(values: Sequence[float], width: int) -> str:
    if not values:
        return f"{0:{width}}{'-':>7}{'-':>7}"
    return f"{len(values):{width}}{values[len(values) // 2]:7.2f}{values[-1]:7.2f}"


class Faulty:
    """A room in which faults happen, with a noise floor."""

    def __init__(self, room: PulseRoom, device: AnyHeadset) -> None:
        self.room = room
        self.device = device
        self._noise: subprocess.Popen[bytes] | None = None
        self._beside: list[str] = []
        self.hum()

    def hum(self) -> None:
        """Let the room have its noise, again."""
        self.hush()
        form = ["--raw", "--format=s16le", "--channels=1", "--rate=16000", "--latency-msec=50"]
        command = ["pacat", "--device=room", f"--volume={NOISE_VOLUME}", *form, "/dev/urandom"]
        self._noise = subprocess.Popen(command, env=self.room.environment, stderr=subprocess.DEVNULL)

    def hush(self) -> None:
        """End the noise."""
        if self._noise:
            self._noise.kill()
            self._noise.wait()

    def begin(self, kind: Kind) -> None:
        """Let it happen."""
        room = self.room
        match kind:
            case Kind.PULLED:
                room.unplug()
            case Kind.RATE_CHANGED:
                self.device.rate_next_hz = {RATE_ROOM_HZ: HEADSET_HZ, HEADSET_HZ: RATE_ROOM_HZ}[self.device.rate_hz]
                room.unplug()
            case Kind.MICROPHONE_PULLED:
                modules = (line.split("\t") for line in room.pactl("list", "short", "modules").splitlines())
                (mic,) = (number for number, _, about, *_ in modules if "source_name=mic" in about)
                room.unload(mic)
            case Kind.MICROPHONE_STOPS:
                room.pactl("suspend-source", "mic", "1")
            case Kind.LOUDSPEAKER_STOPS:
                room.pactl("suspend-sink", "speaker", "1")
            case Kind.DEFAULT_CHANGED:
                self._beside = [
                    room.load("module-remap-source", "source_name=headset", "master=room.monitor", "remix=no"),
                    room.load("module-null-sink", f"rate={HEADSET_HZ}", "channels=1", "sink_name=earphones"),
                ]
                room.wait_for_sound("headset")
                room.wait_for_sound("earphones.monitor")
                room.pactl("set-default-source", "headset")
                room.pactl("set-default-sink", "earphones")
            case Kind.ZEROS:
                room.pactl("set-source-mute", "mic", "1")
            case Kind.SERVER_FREEZES:
                room.freeze(frozen=True)
            case Kind.SERVER_CRASHES:
                room.crash()

    def end(self, kind: Kind) -> None:
        """Let it be over."""
        room = self.room
        match kind:
            case Kind.PULLED:
                room.plug()
                self.hum()
            case Kind.RATE_CHANGED:
                room.plug(self.device.rate_next_hz)
                self.hum()
            case Kind.MICROPHONE_PULLED:
                room.load("module-remap-source", "source_name=mic", "master=room.monitor", "remix=no")
                room.pactl("set-default-source", "mic")
            case Kind.MICROPHONE_STOPS:
                room.pactl("suspend-source", "mic", "0")
            case Kind.LOUDSPEAKER_STOPS:
                room.pactl("suspend-sink", "speaker", "0")
            case Kind.DEFAULT_CHANGED:
                room.pactl("set-default-source", "mic")
                room.pactl("set-default-sink", "speaker")
                for module in self._beside:
                    room.unload(module)
            case Kind.ZEROS:
                room.pactl("set-source-mute", "mic", "0")
            case Kind.SERVER_FREEZES:
                room.freeze(frozen=False)
            case Kind.SERVER_CRASHES:
                room.revive()
                self.hum()


class Seen:
    """What was told when, s, monotonic."""

    def __init__(self) -> None:
        self.changes: list[tuple[float, DeviceChanged]] = []
        self.sounded_at = 0.0
        self.turns: list[TurnEnded] = []
        self.away = False
        self._news = asyncio.Event()

    async def until(self, so: Callable[[], bool], timeout_s: float) -> None:
        """Wait for it; it is looked at whenever something happens."""
        async with asyncio.timeout(timeout_s):
            while not so():
                self._news.clear()
                await self._news.wait()

    def watch(self, happening: object) -> None:
        now = time.monotonic()
        match happening:
            case LevelMeasured(dbfs) if dbfs > AUDIBLE_DBFS:
                self.sounded_at = now
            case DeviceChanged(news=news):
                self.changes.append((now, happening))
                self.away = isinstance(news, DeviceLost) or (self.away and not isinstance(news, DeviceRestored))
            case TurnEnded():
                self.turns.append(happening)
        self._news.set()

    def told_since(self, when: float) -> list[float]:
        return [at for at, one in self.changes if at >= when and isinstance(one.news, DeviceLost | MicrophoneSilent)]


async def converse_with_faults(
    settings: Settings,
    room: PulseRoom,
    lines: Sequence[Samples],
    kinds: Sequence[Kind],
    *,
    seed: int,
    gap_s: tuple[float, float],
    lasting_s: tuple[float, float] = (1.3, 3.0),
    settle_s: float = 0.0,
) -> Lived:
    """Talk all the time, and let one fault after the other happen, `gap_s` (from, to) apart; ask once more at last.

    The first comes `settle_s` later: by then the microphone is known to be lively.
    """
    chance = random.Random(seed)
    seen, lived = Seen(), Lived()
    device = AnyHeadset(settings.audio)
    faulty = Faulty(room, device)
    mistakes = _Mistakes(lived.mistakes)
    logging.getLogger().addHandler(mistakes)
    try:
        async with running(settings, device, seen.watch):
            talking = asyncio.create_task(_talk(room, lines, chance))
            await asyncio.sleep(settle_s)
            for kind in kinds:
                await asyncio.sleep(chance.uniform(*gap_s))
                lived.outcomes.append(await _suffer(faulty, kind, seen, chance.uniform(*lasting_s)))
            talking.cancel()
            await asyncio.wait([talking])
            lived.turns = len(seen.turns)
            for _ in range(3):  # Once it may be speaking still.
                await asyncio.to_thread(_say, room, lines[0])
                with contextlib.suppress(TimeoutError):
                    await seen.until(lambda: len(seen.turns) > lived.turns, 8)
            lived.answered_last = len(seen.turns) > lived.turns
    finally:
        logging.getLogger().removeHandler(mistakes)
        faulty.hush()
    return lived


async def _suffer(faulty: Faulty, kind: Kind, seen: Seen, lasting_s: float) -> Outcome:
    outcome = Outcome(kind)
    began = time.monotonic()
    await asyncio.to_thread(faulty.begin, kind)
    await asyncio.sleep(lasting_s)
    await asyncio.to_thread(faulty.end, kind)
    over = time.monotonic()
    with contextlib.suppress(TimeoutError):
        await seen.until(lambda: not seen.away and seen.sounded_at >= over, BACK_S_MAX)
        outcome.back_s = time.monotonic() - over
    told = seen.told_since(began)
    outcome.told = len(told)
    outcome.noticed_s = told[0] - began if told else None
    return outcome


async def _talk(room: PulseRoom, lines: Sequence[Samples], chance: random.Random) -> None:
    while True:
        await asyncio.to_thread(_say, room, chance.choice(lines))
        await asyncio.sleep(chance.uniform(0.5, 5))


def _say(room: PulseRoom, samples: Samples) -> None:
    """Nobody is heard in a room that is not there."""
    with contextlib.suppress(subprocess.SubprocessError, DeviceError, OSError):
        room.play(samples)


class _Mistakes(logging.Handler):
    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        self._kept.append(f"{record.name}: {record.getMessage()}")
