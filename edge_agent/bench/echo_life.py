"""An ear alone with a recording or in a simulated room, faster than time: what the echo benchmarks look into."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_agent.base.events import VoiceStarted, VoiceStopped, VoiceSuspected
from edge_agent.base.frames import FRAME, RATE_HZ, Heard, Samples
from edge_agent.base.settings import AudioSettings, EarSettings
from edge_agent.bench import echo_rooms
from edge_agent.talk.ear.hearing import News
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.remembered import Remembered
from edge_agent.talk.ear.room import Room
from edge_agent.talk.voice.speaker import DIP_S

Event = VoiceStarted | VoiceStopped
Happens = Callable[[int, Room, Listener], None]
"""Called with the number of the block to come, 10 ms each."""


@dataclass(slots=True)
class Ear:
    """What an ear told about one recording."""

    heard: list[Heard] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    told: list[int] = field(default_factory=list)
    """Where the room was when each event was told, at `RATE_HZ`; empty for a recording."""
    suspected: list[int] = field(default_factory=list)
    """Positions of what might have become a voice."""

    @property
    def starts(self) -> int:
        """Voices that began."""
        return sum(isinstance(event, VoiceStarted) for event in self.events)

    @property
    def dips(self) -> int:
        """How often the agent lowered its voice at a suspicion."""
        known = np.array([-RATE_HZ, *self.suspected])
        return int(np.sum(np.diff(known) > DIP_S * RATE_HZ))

    def voiced(self) -> NDArray[np.bool_]:
        """Whether each heard chunk lies in a voice; shape (chunks,)."""
        return inside(self.events, np.array([one.position for one in self.heard]))


def live(
    settings: EarSettings,
    vad: Path,
    scene: echo_rooms.Scene,
    happens: Happens = lambda *_: None,
    remembered: Remembered | None = None,
) -> Ear:
    """Let the agent's ear and mouth live through a simulated room, in which this happens before each block.

    Unless somebody is made to speak there, it hears nobody but itself.
    """
    ear, room = Ear(), Room(scene.acoustics, RATE_HZ, real_time=False, keep_s=0)
    rest = scene.far

    def render(count: int, position: int) -> Samples:
        nonlocal rest
        now, rest = rest[:count], rest[count:]
        return np.pad(now, (0, count - now.size))

    def on_event(event: object) -> None:
        assert isinstance(event, Event | VoiceSuspected), "a simulated device is never lost"
        note(ear, [event])

    listener = Listener(
        room, settings, AudioSettings(), vad, rate_hz=room.rate_hz,
        render=render, on_heard=ear.heard.append, on_event=on_event, remembered=remembered,
    )  # fmt: skip
    listener.open()
    for number in range(scene.far.size // FRAME):
        happens(number, room, listener)
        room.advance()
        known = len(ear.events)
        listener.step()
        ear.told.extend([room.position] * (len(ear.events) - known))
    return ear


def inside(events: Sequence[Event], positions: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Whether each position lies between the beginning of a voice and its end; the last voice may be without one."""
    found = np.zeros(positions.shape, bool)
    for begun, ended in zip(events[::2], [*events[1::2], None], strict=False):
        stop = ended.position if ended else np.inf
        found |= (positions >= begun.position) & (positions < stop)
    return found


def note(ear: Ear, news: Iterable[News]) -> None:
    """Keep what a hearing told."""
    for one in news:
        match one:
            case Heard():
                ear.heard.append(one)
            case VoiceSuspected(position):
                ear.suspected.append(position)
            case _:
                ear.events.append(one)
