"""The first second of the first answer: whoever speaks over it is heard, and the agent does not hear itself."""

import numpy as np
import pytest

from edge_agent.base.events import VoiceStarted, VoiceSuspected
from edge_agent.base.frames import RATE_HZ, dbfs
from edge_agent.base.settings import AudioSettings, EarSettings
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.remembered import Known, Remembered
from edge_agent.talk.ear.room import Room, RoomAcoustics

pytestmark = pytest.mark.models

ECHO_DB = -12.0
LOUDER_DB = 9.0
"""Somebody at arm's length, beside a loudspeaker that is turned down."""


class Ear:
    """Nothing was ever played into this room."""

    def __init__(self, silero_path, acoustics, known_ms=None):
        remembered = Remembered()
        if known_ms is not None:
            remembered.keep(Room.name, RATE_HZ, Known(known_ms))
        self.events, self.told = [], []
        self.room = Room(acoustics, RATE_HZ, real_time=False)
        self.voice = np.zeros(0, np.float32)
        self.listener = Listener(
            self.room, EarSettings(), AudioSettings(), silero_path, rate_hz=RATE_HZ,
            render=self.render, on_heard=lambda heard: None, on_event=self.tell, remembered=remembered,
        )  # fmt: skip
        self.listener.open()
        self.live(0.5)

    def tell(self, event):
        if not isinstance(event, VoiceSuspected):
            self.events.append(event)

    def render(self, count, position):
        now, self.voice = self.voice[:count], self.voice[count:]
        return np.pad(now, (0, count - now.size))

    def live(self, seconds):
        for _ in range(round(seconds * 100)):
            self.room.advance()
            known = len(self.events)
            self.listener.step()
            self.told.extend([self.room.position] * (len(self.events) - known))


@pytest.fixture(scope="module")
def sentence(speak):
    return speak("Good morning! It is a quarter past seven, and the sun has just come up over the harbour.")


@pytest.fixture(scope="module")
def user(speak):
    spoken = speak("Wait a minute, I meant the other one.", voice="en-gb", pitch=20)
    return spoken[int(np.argmax(np.abs(spoken) > 0.01)) :]


@pytest.fixture(params=[10, 40, 120, 250], ids=lambda delay_ms: f"{delay_ms} ms")
def delay_ms(request):
    return request.param


@pytest.fixture(params=[False, True], ids=["first start", "known device"])
def start(request, silero_path, delay_ms):
    """An ear in a room, and whether it knows the delay there."""

    def make(**room):
        acoustics = RoomAcoustics(ECHO_DB, delay_ms, reverb_ms=300, **room)
        return Ear(silero_path, acoustics, delay_ms if request.param else None), request.param

    return make


@pytest.mark.parametrize("room", [{"drift_ppm": -100}, {"drift_ppm": 100}, {"distortion": 2}])
def test_its_own_first_sentence_is_no_voice(start, sentence, room):
    ear, _ = start(**room)
    ear.voice = sentence
    ear.live(4)
    assert ear.events == []


def noticed_ms(ear, sentence, user, into_s):
    """How long somebody speaks over the first sentence until that is told."""
    ear.voice = sentence
    ear.live(into_s)
    assert ear.events == []
    begun = ear.room.position
    ear.room.say(user * np.float32(10 ** ((dbfs(sentence) + ECHO_DB + LOUDER_DB - dbfs(user)) / 20)))
    ear.live(1.5)
    assert isinstance(ear.events[0], VoiceStarted)
    return 1000 * (ear.told[0] - begun) / RATE_HZ


@pytest.mark.parametrize("into_s", [0.2, 0.6, 1.0])
def test_whoever_speaks_over_it_is_heard(start, sentence, user, into_s):
    ear, known = start()
    assert 0 < noticed_ms(ear, sentence, user, into_s) < (350 if known else 1000)
