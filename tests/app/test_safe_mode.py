"""What is still said when the agent can't run."""

import asyncio
import wave
from contextlib import contextmanager

import numpy as np
import pytest

from edge_agent.app.farewell import FINISH_S, fades
from edge_agent.app.safe_mode import FILE, NOTES_HZ, ask_for_help, call, leave_words
from edge_agent.base.errors import DeviceError, EngineError
from edge_agent.base.frames import Speech
from edge_agent.base.settings import AudioSettings
from edge_agent.bench.pulse import PulseRoom, available
from edge_agent.talk.ear.mic import playing
from edge_agent.talk.voice import earcon

RATE_HZ = 22_050


class FakeVoice:
    """A voice of one tone."""

    def __init__(self, error=None):
        self.error = error
        self.asked = 0

    async def synthesise(self, text, start=0, stop=None):
        self.asked += 1
        if self.error:
            raise self.error
        for piece in text.split(". "):
            yield Speech(piece, np.full(RATE_HZ // 10, 0.5, np.float32), RATE_HZ, ())


class FakeLoudspeaker:
    """Takes what it is given, and tells the safe mode to end after so many times."""

    def __init__(self, stop, times, error=None):
        self.stop, self.times, self.error = stop, times, error
        self.given = []

    @contextmanager
    def __call__(self, samples, rate_hz):
        self.given.append((samples, rate_hz))
        if len(self.given) == self.times:
            self.stop.set()
        if self.error:
            raise self.error
        yield


def asked(path, times=1, error=None):
    """What the loudspeaker was given until it had been asked so many times."""

    async def whole():
        stop = asyncio.Event()
        loudspeaker = FakeLoudspeaker(stop, times, error)
        await ask_for_help(path, loudspeaker, stop, None)
        return loudspeaker.given

    return asyncio.run(asyncio.wait_for(whole(), 30))


def test_the_words_are_left_behind_once_in_the_agents_own_voice(tmp_path):
    path, voice = tmp_path / "state" / FILE, FakeVoice()
    asyncio.run(leave_words(voice, path))
    asyncio.run(leave_words(voice, path))
    assert voice.asked == 1
    samples, rate_hz = call(path)
    assert rate_hz == RATE_HZ
    assert samples.size == 3 * (RATE_HZ // 10)
    assert samples.max() == pytest.approx(0.5, abs=0.001)


@pytest.mark.parametrize("content", [None, b"", b"RIFF"])
def test_without_words_three_falling_notes_ask(tmp_path, content):
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    samples, rate_hz = call(tmp_path / FILE)
    assert rate_hz == NOTES_HZ
    assert np.array_equal(samples, np.tile(earcon.falling(NOTES_HZ), 3))


def test_a_voice_that_fails_or_a_disk_that_is_full_costs_the_words_alone(tmp_path):
    asyncio.run(leave_words(FakeVoice(EngineError("it said garbage")), tmp_path / FILE))
    (tmp_path / "file").write_text("")
    asyncio.run(leave_words(FakeVoice(), tmp_path / "file" / FILE))
    assert not (tmp_path / FILE).exists()


def test_it_ends_as_soon_as_it_is_told_and_asks_before(tmp_path):
    assert [rate_hz for _, rate_hz in asked(tmp_path / FILE)] == [NOTES_HZ]


def test_a_loudspeaker_that_is_missing_does_not_end_it(tmp_path):
    assert len(asked(tmp_path / FILE, error=DeviceError("no loudspeaker found"))) == 1


@pytest.mark.pulse
@pytest.mark.skipif(not available(), reason="PulseAudio is not installed")
def test_it_is_heard_on_a_real_loudspeaker(tmp_path):
    tone = (0.3 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)).astype(np.float32)

    async def whole():
        with playing(AudioSettings(), tone, RATE_HZ):
            await asyncio.sleep(1.2)

    with PulseRoom() as room, room.record("speaker.monitor", tmp_path / "heard.wav"):
        asyncio.run(whole())
    with wave.open(str(tmp_path / "heard.wav")) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
    assert np.abs(heard).max() == pytest.approx(0.3, abs=0.1)


def test_what_is_left_of_an_answer_is_finished_if_it_is_short_and_faded_if_not():
    assert not fades(0.0)
    assert not fades(FINISH_S)
    assert fades(FINISH_S + 0.1)
