"""The ear as a whole, in a simulated room and in virtual time."""

import threading
import time

import numpy as np
import pytest

from edge_agent.base.errors import DeviceError
from edge_agent.base.events import (
    DeviceLost,
    DeviceRestored,
    MicrophoneSilent,
    MicrophoneSounds,
    VoiceStarted,
    VoiceStopped,
    VoiceSuspected,
)
from edge_agent.base.frames import CHUNK, FRAME, RATE_HZ, Heard, dbfs
from edge_agent.base.settings import AudioSettings, Canceller, EarSettings
from edge_agent.talk.ear import echo
from edge_agent.talk.ear.hearing import Hearing
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.remembered import Remembered
from edge_agent.talk.ear.room import Room, RoomAcoustics
from edge_agent.talk.ear.vad import Silero
from edge_agent.talk.ear.vigil import FIRST_S

pytestmark = pytest.mark.models


class Ear:
    """A listener in a room; the agent plays `self.voice`, and what is heard is kept."""

    def __init__(self, silero_path, device, remembered=None, voice_hz=None):
        self.voice = np.zeros(0, np.float32)
        self.heard, self.events, self.suspected = [], [], []
        self.device = device
        self.listener = Listener(
            device,
            EarSettings(),
            AudioSettings(),
            silero_path,
            rate_hz=voice_hz or device.rate_hz,
            render=self.render,
            on_heard=self.heard.append,
            on_event=self.tell,
            remembered=remembered,
        )
        self.noticed = []

    def tell(self, event):
        (self.suspected if isinstance(event, VoiceSuspected) else self.events).append(event)

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
    assert here.listener.erle_db > 15


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
    assert here.listener.erle_db > 15
    assert begin - CHUNK < here.suspected[0].position <= here.events[0].position


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
    assert here.listener.xruns == 0


@pytest.mark.parametrize("device_hz", [16_000, 44_100, 48_000])
def test_a_voice_with_a_rate_of_its_own_is_as_high_and_as_long_on_any_device(silero_path, device_hz):
    here = Ear(silero_path, Room(rate_hz=device_hz, real_time=False), voice_hz=24_000)
    here.listener.open()
    here.voice = (0.3 * np.sin(2 * np.pi * 1000 * np.arange(24_000) / 24_000)).astype(np.float32)
    here.live(2)
    agent = here.device.recording.agent
    sounding = np.flatnonzero(np.abs(agent) > 1e-3)
    assert (sounding[-1] - sounding[0]) / device_hz == pytest.approx(1, abs=0.01)
    tone = agent[sounding[0] :][: device_hz // 2]
    assert 2 * np.argmax(np.abs(np.fft.rfft(tone))) == pytest.approx(1000, abs=4)


class Fragile:
    """A room whose device can be pulled out, and comes back when it was looked for often enough."""

    name = "fragile"
    digital = True
    latency_s = 0.0

    def __init__(self, refusals, rate_after_hz):
        self.rate_hz = RATE_HZ
        self.refusals = refusals
        self.dead = -1
        """Openings, from the next one on, after which one gives no sound."""
        self.rate_after_hz = rate_after_hz
        self.room = Room(rate_hz=RATE_HZ)

    def find(self):
        self.refusals -= 1
        if self.refusals >= 0:
            raise DeviceError("not there", hint="wait")
        self.rate_hz = self.rate_after_hz
        self.room = Room(rate_hz=self.rate_after_hz)

    def mute(self, muted):
        self.room.mute(muted)

    def open(self, exchange):
        self.dead -= 1
        if self.dead != 0:
            self.room.open(exchange)

    def close(self):
        self.room.close()


class Life:
    """A listener in real time, and what it tells."""

    def __init__(self, device, silero_path):
        self.positions, self.events, self.rendered = [], [], 0
        self.rendered_by = []  # samples, by each of the events
        self.news = threading.Condition()
        self.listener = Listener(
            device,
            EarSettings(),
            AudioSettings(),
            silero_path,
            rate_hz=16_000,
            render=self._render,
            on_heard=lambda heard: self._tell(self.positions, heard.position),
            on_event=self._tell_event,
        )

    def __enter__(self):
        self.listener.start()
        return self

    def __exit__(self, *_):
        self.listener.stop()

    def _render(self, count, position):
        self.rendered += count
        return np.zeros(count, np.float32)

    def _tell_event(self, event):
        self.rendered_by.append(self.rendered)
        self._tell(self.events, event)

    def _tell(self, where, news):
        with self.news:
            where.append(news)
            self.news.notify()

    def until(self, so, timeout_s=20):
        with self.news:
            assert self.news.wait_for(so, timeout_s), self.events


@pytest.mark.alone
@pytest.mark.parametrize("rate_after_hz", [16_000, 44_100])
def test_a_device_that_vanishes_is_told_once_and_looked_for_until_it_is_back(silero_path, rate_after_hz):
    device = Fragile(refusals=2, rate_after_hz=rate_after_hz)
    with Life(device, silero_path) as life:
        life.until(lambda: len(life.positions) > 20)
        pulled = time.monotonic()
        device.room.close()
        life.until(lambda: life.events)
        assert time.monotonic() - pulled < 3  # 1 s where nothing else needs the processor
        life.until(lambda: len(life.events) > 1)
        heard, rendered = len(life.positions), life.rendered
        life.until(lambda: len(life.positions) > heard + 30)
    lost, restored = life.events
    assert lost == DeviceLost("fragile")
    assert restored == DeviceRestored("fragile", rate_after_hz, restored.away_s)
    assert 2 * 0.5 < restored.away_s < 5
    assert life.positions == sorted(set(life.positions))
    # The voice keeps its rate: as much of it is asked for as before.
    assert life.rendered - rendered == pytest.approx(30 * CHUNK, abs=4000)


def test_a_device_that_comes_back_without_sound_is_not_back(silero_path):
    device = Fragile(refusals=0, rate_after_hz=16_000)
    device.dead = 2  # after this one
    with Life(device, silero_path) as life:
        life.until(lambda: len(life.positions) > 20)
        device.room.close()
        life.until(lambda: len(life.events) > 1)
    assert [type(event) for event in life.events] == [DeviceLost, DeviceRestored]
    assert life.events[1].away_s > FIRST_S
    assert life.rendered_by[0] == life.rendered_by[1], "the voice spoke to nobody"


def test_after_a_sleep_of_the_machine_the_device_is_opened_anew_once_and_no_loss_is_told(silero_path):
    device = Fragile(refusals=0, rate_after_hz=16_000)
    with Life(device, silero_path) as life:
        life.until(lambda: len(life.positions) > 20)
        life.listener.woken = True
        life.until(lambda: device.refusals < 0)
        heard = len(life.positions)
        life.until(lambda: len(life.positions) > heard + 30)
    assert device.refusals == -1
    assert life.events == []
    assert life.positions == sorted(set(life.positions))


class Hanging(Fragile):
    """A device whose driver hangs when it is looked for, until it is let go."""

    def __init__(self):
        super().__init__(refusals=0, rate_after_hz=16_000)
        self.looked_for, self.let_go = threading.Event(), threading.Event()

    def find(self):
        self.looked_for.set()
        self.let_go.wait()


def test_a_driver_that_hangs_keeps_nobody_from_hearing_of_it_or_from_stopping(silero_path, caplog):
    device = Hanging()
    life = Life(device, silero_path)
    life.listener.start()
    life.until(lambda: len(life.positions) > 20)
    device.room.close()
    assert device.looked_for.wait(20)
    assert life.events == [DeviceLost("fragile")]
    life.listener.stop()
    assert "hangs" in caplog.text
    device.let_go.set()


class Converter(Room):
    """A room with a converter: its silence is noise, and zeros are none."""

    digital = False

    def __init__(self):
        super().__init__(rate_hz=16_000, real_time=False)
        self.finds, self.broken = 0, False

    def find(self):
        self.finds += 1

    def open(self, exchange):
        capture = exchange.capture

        def zeros(near):
            capture(np.zeros_like(near) if self.broken else near)

        exchange.capture = zeros
        super().open(exchange)


def test_zeros_of_a_microphone_that_had_delivered_sound_are_told_once_and_that_they_are_over(silero_path):
    here = Ear(silero_path, Converter())
    here.listener.open()
    here.live(6)
    here.device.broken = True
    here.live(0.7)
    assert here.events == []
    here.live(5)
    assert here.events == [MicrophoneSilent("simulated room")]
    here.device.broken = False
    here.live(1)
    assert here.events[1:] == [MicrophoneSounds("simulated room")]


def test_zeros_while_the_owner_wants_it_deaf_are_no_news(silero_path):
    here = Ear(silero_path, Converter())
    here.listener.open()
    here.live(6)
    here.listener.deaf = True
    here.device.broken = True
    here.live(5)
    assert here.events == []


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
    assert remembered.known(room.name, room.rate_hz).delay_ms == pytest.approx(80, abs=0.5)
    here.listener.open()
    assert here.listener.echo.delay_ms is None, "known from before is not measured"


def test_somebody_in_the_background_is_not_noticed_once_the_user_is_known(ear, speak):
    here = ear()
    here.live(1)
    user, stranger = speak("Please tell me what time it is."), speak("We were in the garden.", voice="en-gb", pitch=70)
    here.device.say(user)
    here.live(user.size / RATE_HZ + 1)
    known = len(here.events)
    assert known
    here.device.say(stranger * np.float32(10 ** (-15 / 20)))
    here.live(stranger.size / RATE_HZ + 1)
    assert len(here.events) == known
    assert max(one.voice for one in here.heard[-80:]) == 0
    here.device.say(stranger)
    here.live(stranger.size / RATE_HZ + 1)
    assert len(here.events) > known


@pytest.mark.parametrize("midst", [False, True], ids=["in a silence", "in the midst of a voice"])
def test_another_detector_loses_no_edge_of_a_voice(ear, speak, silero_path, midst):
    here, said = ear(), speak("Please tell me what time it is.")
    here.live(1)
    before, after = here.listener._silero, Silero(silero_path)
    here.device.say(said)
    here.live(0.5 if midst else 3)
    here.listener.fresh = after, EarSettings()
    here.live(0.1)
    assert here.listener._silero is (before if midst else after)
    here.live(3)
    assert here.listener._silero is after
    here.device.say(said)
    here.live(3)
    assert [type(event) for event in here.events] == [VoiceStarted, VoiceStopped] * 2


def test_another_detector_brings_its_thresholds(ear, speak, silero_path):
    here = ear()
    here.live(1)
    here.listener.fresh = Silero(silero_path), EarSettings(onset_ms=256)
    here.device.say(speak("Please tell me what time it is."))
    here.live(3)
    assert here.noticed[0] - here.events[0].position >= 0.256 * RATE_HZ


def test_a_soft_voice_in_a_quiet_room_is_noticed(ear, speak):
    here = ear(RoomAcoustics(noise_dbfs=-80))
    here.live(1)
    here.device.say(speak("Please tell me what time it is.") * np.float32(10 ** (-26 / 20)))
    here.live(3)
    assert any(isinstance(event, VoiceStarted) for event in here.events)


def test_what_speech_to_text_hears_is_not_suppressed(silero_path):
    noise = np.random.default_rng(0).standard_normal(2 * RATE_HZ).astype(np.float32) * np.float32(0.01)
    silence = np.zeros(FRAME, np.float32)

    def heard(suppress_noise):
        settings = EarSettings(suppress_noise=suppress_noise)
        hearing = Hearing(settings, echo.choose(settings.canceller), Silero(silero_path))
        told = [news for frame in noise.reshape(-1, FRAME) for news in hearing.feed(frame, silence)]
        return np.concatenate([one.samples for one in told if isinstance(one, Heard)])

    assert np.array_equal(heard(True), heard(False))
