"""The first second of the first answer: whoever speaks over it is heard, and the agent does not hear itself."""

import numpy as np
import pytest

from edge_agent.base.events import VoiceStarted
from edge_agent.base.frames import RATE_HZ, dbfs
from edge_agent.base.settings import AudioSettings, EarSettings
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.room import Room, RoomAcoustics

pytestmark = pytest.mark.models

ECHO_DB = -12.0
INTO_S = 0.3


class Ear:
    """Nothing was ever played into this room."""

    def __init__(self, silero_path, acoustics):
        self.events, self.told = [], []
        self.room = Room(acoustics, RATE_HZ, real_time=False)
        self.voice = np.zeros(0, np.float32)
        self.listener = Listener(
            self.room, EarSettings(), AudioSettings(), silero_path,
            render=self.render, on_heard=lambda heard: None, on_event=self.events.append,
        )  # fmt: skip
        self.listener.open()
        self.live(0.5)

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
    spoken = speak("Stop, that is not what I asked you about.", voice="en-gb", pitch=20)
    return spoken[int(np.argmax(np.abs(spoken) > 0.01)) :]


@pytest.mark.parametrize("distortion", [0, 2])
@pytest.mark.parametrize("delay_ms", [10, 40, 120, 250])
@pytest.mark.parametrize("drift_ppm", [-100, 100])
def test_its_own_first_sentence_is_no_voice(silero_path, sentence, delay_ms, drift_ppm, distortion):
    ear = Ear(silero_path, RoomAcoustics(ECHO_DB, delay_ms, drift_ppm, reverb_ms=300, distortion=distortion))
    ear.voice = sentence
    ear.live(4)
    assert ear.events == []


@pytest.mark.parametrize("delay_ms", [10, 40, 120, 250])
@pytest.mark.parametrize("drift_ppm", [-100, 100])
def test_whoever_speaks_over_it_is_heard_at_once(silero_path, sentence, user, delay_ms, drift_ppm):
    ear = Ear(silero_path, RoomAcoustics(ECHO_DB, delay_ms, drift_ppm, reverb_ms=300))
    ear.voice = sentence
    ear.live(INTO_S)
    begun = ear.room.position
    ear.room.say(user * np.float32(10 ** ((dbfs(sentence) + ECHO_DB - dbfs(user)) / 20)))
    ear.live(1)
    assert isinstance(ear.events[0], VoiceStarted)
    assert 0 < ear.told[0] - begun < 0.4 * RATE_HZ
