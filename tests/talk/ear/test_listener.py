"""The ear as a whole, in a simulated room and in virtual time."""

import threading

import numpy as np
import pytest

from edge_agent.base.errors import DeviceError
from edge_agent.base.events import DeviceLost, VoiceStarted, VoiceStopped
from edge_agent.base.frames import CHUNK, FRAME, RATE_HZ, Heard, dbfs
from edge_agent.base.settings import AudioSettings, Canceller, EarSettings
from edge_agent.talk.ear import echo
from edge_agent.talk.ear.hearing import Hearing
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.remembered import Remembered
from edge_agent.talk.ear.room import Room, RoomAcoustics
from edge_agent.talk.ear.vad import Silero

pytestmark = pytest.mark.models


class Ear:
    """A listener in a room; the agent plays `self.voice`, and what is heard is kept."""

    def __init__(self, silero_path, device, remembered=None):
        self.voice = np.zeros(0, np.float32)
        self.heard, self.events = [], []
        self.device = device
        self.listener = Listener(
            device,
            EarSettings(),
            AudioSettings(),
            silero_path,
            render=self.render,
            on_heard=self.heard.append,
            on_event=self.events.append,
            remembered=remembered,
        )
        self.noticed = []

    def render(self, count, position):
        now, self.voice = self.voice[:count], self.voice[count:]
        return np.concatenate((now, np.zeros(count - now.size, np.float32)))

    def live(self, seconds):
        for _ in range(round(seconds * 100)):
            self.device.advance()
            known = len(self.events)
            self.listener.step()
            self.noticed.extend([self.device.position] * (len(self.events) - known))


@pytest.fixture
def ear(silero_path):
    def make(acoustics=None, rate_hz=16_000):
        made = Ear(silero_path, Room(acoustics, rate_hz, real_time=False))
        made.listener.open()
        return made

    return make


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_a_voice_is_noticed_where_it_is(ear, speak, rate_hz):
    here = ear(rate_hz=rate_hz)
    here.live(1)
    begin = here.device.position
    end = here.device.say(speak("Please tell me what time it is."))
    here.live(3)
    started, stopped = here.events
    assert isinstance(started, VoiceStarted)
    assert isinstance(stopped, VoiceStopped)
    assert started.position == pytest.approx(begin, abs=0.1 * RATE_HZ)
    assert stopped.position == pytest.approx(end, abs=0.35 * RATE_HZ)
    assert here.noticed[0] - started.position < 0.15 * RATE_HZ


def test_chunks_follow_each_other_and_carry_the_level_of_the_microphone(ear):
    here = ear(RoomAcoustics(noise_dbfs=-50), 48_000)
    here.live(2)
    positions = [one.position for one in here.heard]
    assert np.diff(positions).tolist() == [CHUNK] * (len(positions) - 1)
    assert positions[-1] + CHUNK == pytest.approx(2 * RATE_HZ, abs=0.08 * RATE_HZ)
    assert all(one.samples.shape == (CHUNK,) for one in here.heard)
    assert here.heard[-1].level_dbfs == pytest.approx(-55, abs=3)


@pytest.mark.parametrize("choice", list(Canceller))
def test_a_position_is_the_microphones_whatever_the_canceller_holds_back(silero_path, choice):
    hearing = Hearing(EarSettings(), echo.choose(choice), Silero(silero_path))
    near = np.random.default_rng(0).standard_normal(2 * RATE_HZ).astype(np.float32) * 0.05
    silence = np.zeros(FRAME, np.float32)
    heard = [news for frame in near.reshape(-1, FRAME) for news in hearing.feed(frame, silence)]
    chunks = [news for news in heard if isinstance(news, Heard)][10:40]
    whole = np.concatenate([one.samples for one in chunks])
    at = chunks[0].position
    # Around the position that it says; a lag of 126 samples would be as far off.
    scores = [np.dot(whole, near[at + off : at + off + whole.size]) for off in range(-200, 201)]
    assert abs(int(np.argmax(scores)) - 200) <= 8


@pytest.mark.parametrize("delay_ms", [20, 60, 120, 400])
def test_it_does_not_hear_itself(ear, speak, delay_ms):
    here = ear(RoomAcoustics(echo_db=-20, delay_ms=delay_ms, distortion=0.5, drift_ppm=50))
    here.voice = np.tile(speak("I can talk for a long time, and nobody will interrupt me but you.", pitch=40), 6)
    here.live(here.voice.size / RATE_HZ + 1)
    assert here.events == []
    assert max(one.voice for one in here.heard) < 0.5


def test_a_person_who_speaks_over_it_is_noticed_at_once(ear, speak):
    here = ear(RoomAcoustics(echo_db=-20, delay_ms=60))
    here.voice = np.tile(speak("I can talk for a long time, and nobody will interrupt me but you.", pitch=40), 6)
    here.live(6)
    begin = here.device.position
    here.device.say(speak("Stop it now please, I have heard enough of this.", voice="en-gb", pitch=70))
    here.live(2)
    assert isinstance(here.events[0], VoiceStarted)
    assert here.events[0].position == pytest.approx(begin, abs=0.15 * RATE_HZ)
    assert here.noticed[0] - begin < 0.25 * RATE_HZ


def test_the_echo_is_gone_from_what_is_heard(ear, speak):
    here = ear(RoomAcoustics(echo_db=-10, delay_ms=60))
    here.voice = np.tile(speak("This goes on and on without a pause to speak of.", pitch=40), 5)
    here.live(8)
    late = [one for one in here.heard if one.position > 4 * RATE_HZ]
    raw = 10 * np.log10(np.mean([10 ** (one.level_dbfs / 10) for one in late]))
    assert raw - dbfs(np.concatenate([one.samples for one in late])) >= 15


def test_deaf_it_tells_nothing_and_goes_on_speaking(ear, speak):
    here = ear()
    here.live(0.5)
    known = len(here.heard)
    here.listener.deaf = True
    here.device.say(speak("This is a secret."))
    here.voice = np.full(8000, 0.1, np.float32)
    here.live(2)
    assert (len(here.heard), here.events) == (known, [])
    assert np.abs(here.device.recording.agent).max() > 0.09
    here.listener.deaf = False
    here.live(1)
    assert here.events == []
    assert here.heard[known].position >= here.device.position - 1.1 * RATE_HZ


def test_made_deaf_in_mid_sentence_it_does_not_tell_when_that_ended(ear, speak):
    here = ear()
    here.live(0.5)
    here.device.say(speak("A long sentence that is cut off somewhere in the middle of it."))
    here.live(1)
    assert [type(event) for event in here.events] == [VoiceStarted]
    here.listener.deaf = True
    here.live(4)
    here.listener.deaf = False
    here.live(1)
    assert [type(event) for event in here.events] == [VoiceStarted]


def test_a_stall_shows_as_a_gap_and_not_as_a_shift(ear, speak):
    here = ear(rate_hz=48_000)
    here.live(1)
    here.device.advance(500)  # the ear sleeps for five seconds
    while here.listener.step():
        pass
    assert here.listener.dropped > 0
    begin = here.device.position
    here.device.say(speak("What happened in the meantime?"))
    here.live(2)
    assert here.events[0].position == pytest.approx(begin, abs=0.1 * RATE_HZ)


def test_the_voice_reaches_the_device_whole_and_without_gaps(ear):
    here = ear(rate_hz=48_000)
    wanted = np.random.default_rng(0).uniform(-0.5, 0.5, 48_000).astype(np.float32)
    here.voice = wanted
    here.live(2)
    agent = here.device.recording.agent
    start = np.flatnonzero(np.abs(agent) > 1e-3)[0]
    assert agent[start : start + 47_000] == pytest.approx(wanted[:47_000], abs=1e-3)
    assert here.listener.starved == 0


class Fragile:
    """A room whose device can be pulled out, and comes back when it was looked for often enough."""

    name = "fragile"
    latency_s = 0.0

    def __init__(self, refusals, rate_after_hz):
        self.rate_hz = RATE_HZ
        self.refusals = refusals
        self.rate_after_hz = rate_after_hz
        self.room = Room(rate_hz=RATE_HZ)

    def find(self):
        self.refusals -= 1
        if self.refusals >= 0:
            raise DeviceError("not there", hint="wait")
        self.rate_hz = self.rate_after_hz
        self.room = Room(rate_hz=self.rate_after_hz)

    def open(self, exchange):
        self.room.open(exchange)

    def close(self):
        self.room.close()


@pytest.mark.parametrize("rate_after_hz", [16_000, 44_100])
def test_a_device_that_vanishes_is_told_once_and_looked_for_until_it_is_back(silero_path, rate_after_hz):
    device = Fragile(refusals=1, rate_after_hz=rate_after_hz)
    first, lost, back = threading.Event(), threading.Event(), threading.Event()
    positions, events = [], []

    def on_heard(heard):
        positions.append(heard.position)
        (back if lost.is_set() else first).set()

    def on_event(event):
        events.append(event)
        lost.set()

    listener = Listener(
        device,
        EarSettings(),
        AudioSettings(),
        silero_path,
        render=lambda count, position: np.zeros(count, np.float32),
        on_heard=on_heard,
        on_event=on_event,
    )
    listener.start()
    assert first.wait(20)
    device.room.close()  # pulled out
    assert lost.wait(20)
    assert back.wait(20)
    listener.stop()
    assert events == [DeviceLost()]
    assert positions == sorted(positions)
    assert len(set(positions)) == len(positions)


def test_a_device_that_comes_back_is_expected_to_echo_as_it_did(silero_path, speak):
    remembered = Remembered()
    room = Room(RoomAcoustics(delay_ms=80), real_time=False)
    here = Ear(silero_path, room, remembered)
    here.listener.open()
    here.voice = speak("The quick brown fox jumps over the lazy dog, and tells a long story about it.")
    here.live(3)
    assert here.listener.echo.delay_ms == pytest.approx(80, abs=0.5)
    assert here.listener.echo.jumps == 0
    here.listener.close()
    assert remembered.delay_ms(room.name, room.rate_hz) == pytest.approx(80, abs=0.5)
    here.listener.open()
    assert here.listener.echo.delay_ms is None, "known from before is not measured"
