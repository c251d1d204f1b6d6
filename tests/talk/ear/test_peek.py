"""Whoever speaks over the agent need not wait for a chunk to be full: what lies between two is looked at as well."""

import numpy as np
import pytest

from edge_agent.base.events import VoiceStarted, VoiceSuspected
from edge_agent.base.frames import CHUNK, FRAME, RATE_HZ, dbfs
from edge_agent.base.settings import AudioSettings, EarSettings
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.remembered import Known, Remembered
from edge_agent.talk.ear.room import Room, RoomAcoustics

pytestmark = pytest.mark.models

ECHO_DB = -12.0
DELAY_MS = 40.0
INTO_S = 4.0
"""Of what the agent says, after which somebody speaks as well: by then the room is known."""


@pytest.fixture(scope="module")
def story(speak):
    return speak("Once upon a time there was a small lighthouse at the end of a long and narrow island. " * 2)


@pytest.fixture(scope="module")
def user(speak):
    spoken = speak("Wait a minute!", voice="en-gb", pitch=20)
    return spoken[int(np.argmax(np.abs(spoken) > 0.01)) :]


@pytest.fixture
def told(silero_path, story, user):
    """What is told, and when, ms, of somebody as loud as the echo (or of nobody) who begins so many frames later."""

    def live(later, *, somebody=True):
        remembered = Remembered()
        remembered.keep(Room.name, RATE_HZ, Known(DELAY_MS, 0.0))
        room = Room(RoomAcoustics(ECHO_DB, DELAY_MS, reverb_ms=300), RATE_HZ, real_time=False)
        events, rest = [], story

        def render(count, position):
            nonlocal rest
            now, rest = rest[:count], rest[count:]
            return np.pad(now, (0, count - now.size))

        listener = Listener(
            room, EarSettings(), AudioSettings(), silero_path, rate_hz=RATE_HZ, render=render,
            on_heard=lambda heard: None, on_event=lambda event: events.append((event, room.position)),
            remembered=remembered,
        )  # fmt: skip
        listener.open()
        begins = round(INTO_S * RATE_HZ / FRAME) + later
        for block in range(begins + 100):
            if somebody and block == begins:
                room.say(user * np.float32(10 ** ((dbfs(story) + ECHO_DB - dbfs(user)) / 20)))
            room.advance()
            listener.step()
        return [(event, 1000 * (position - begins * FRAME) / RATE_HZ) for event, position in events]

    return live


@pytest.fixture
def tellings(told):
    """The same, of people who begin anywhere in a chunk."""
    return [told(later) for later in range(0, 16, 3)]


def kinds(told, kind):
    return [(event, after_ms) for event, after_ms in told if isinstance(event, kind)]


def test_a_voice_is_sure_in_a_chunk_or_between_two(tellings):
    full = set()
    for told in tellings:
        _, sure_ms = kinds(told, VoiceStarted)[0]
        full |= {event.position % CHUNK == 0 for event, after_ms in kinds(told, VoiceSuspected) if after_ms == sure_ms}
    assert full == {True, False}


def test_a_voice_is_suspected_no_later_than_it_is_sure_and_both_at_once(tellings):
    for told in tellings:
        suspected_ms, sure_ms = kinds(told, VoiceSuspected)[0][1], kinds(told, VoiceStarted)[0][1]
        assert 0 < suspected_ms <= sure_ms < 150


def test_where_nobody_speaks_there_is_nobody_between_two_chunks_either(told):
    assert kinds(told(0, somebody=False), VoiceStarted) == []
