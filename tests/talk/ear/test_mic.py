"""Devices are found by name; what goes wrong with them is said plainly; the real stream keeps time."""

import os
import threading

import numpy as np
import pytest

from edge_agent.base.errors import AccessError, DeviceError
from edge_agent.base.events import DeviceLost
from edge_agent.base.settings import AudioSettings, EarSettings
from edge_agent.talk.ear.delay import SHARP, echo_peak
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.mic import DeviceInfo, Mic, choose_input, choose_output, devices
from edge_agent.talk.ear.portaudio import refuse_without_access
from edge_agent.talk.ear.rings import Exchange


def info(name, inputs, outputs, number, *, api="ALSA", default=False):
    return DeviceInfo(name, api, inputs, outputs, 48_000, default and inputs > 0, default and outputs > 0, number)


DESK = [
    info("HDA Intel: ALC257 Analog", 2, 2, 0),
    info("USB Camera", 1, 0, 1),
    info("USB Speakerphone", 1, 2, 2),
    info("USB Speakerphone", 1, 2, 3, api="JACK"),
    info("default", 32, 32, 4, default=True),
]


def test_nothing_wanted_is_the_systems_default():
    assert choose_input(DESK, "").name == "default"
    assert choose_output(DESK, "", "ALSA").name == "default"


def test_part_of_a_name_is_enough_and_case_does_not_matter():
    assert choose_input(DESK, "camera").number == 1
    assert choose_input(DESK, "speakerphone, jack").number == 3


def test_a_whole_name_goes_before_a_part_of_another():
    also = [info("USB Speakerphone Pro", 1, 2, 9), *DESK]
    assert choose_input(also, "usb speakerphone").number == 2


def test_a_loudspeaker_is_taken_from_the_microphones_side():
    assert choose_output(DESK, "speakerphone", "JACK").number == 3


def test_a_name_that_matches_nothing_lists_the_names_that_exist():
    with pytest.raises(DeviceError, match="'headset'") as told:
        choose_input(DESK, "headset")
    assert "USB Camera, ALSA" in told.value.hint
    with pytest.raises(DeviceError, match="loudspeaker is called 'camera'"):
        choose_output(DESK, "camera", "ALSA")


def test_a_machine_without_a_microphone_says_so():
    with pytest.raises(DeviceError, match="no microphone"):
        choose_input([info("Speakers", 0, 2, 0)], "")


def test_a_card_that_may_not_be_opened_names_the_group(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may open everything")
    card = tmp_path / "pcmC0D0c"
    card.touch(mode=0)
    with pytest.raises(AccessError, match="no permission") as told:
        refuse_without_access(tmp_path)
    assert "audio" in told.value.hint


def test_a_card_that_may_be_opened_is_not_the_reason(tmp_path):
    (tmp_path / "pcmC0D0c").touch()
    refuse_without_access(tmp_path)


@pytest.mark.pulse
def test_devices_are_listed_by_name(pulse_room):
    Mic(AudioSettings())
    found = devices()
    assert any(one.is_default_input and one.is_default_output for one in found)
    assert all(one.name and one.host_api for one in found)


@pytest.mark.pulse
@pytest.mark.parametrize("rate_hz", [48_000, 44_100, 16_000])
def test_a_real_stream_keeps_time_and_what_is_played_comes_back(pulse_room, rate_hz):
    pulse_room.set_echo(0)
    mic = Mic(AudioSettings(rate_hz=rate_hz))
    assert mic.rate_hz == rate_hz
    exchange = Exchange(rate_hz, 60)
    hiss = np.random.default_rng(0)
    exchange.write(np.zeros(exchange.wanted, np.float32))
    mic.open(exchange)
    blocks, at = [], []
    while len(blocks) < 300:
        block = exchange.read(5)
        assert block is not None
        blocks.append(block)
        at.append(os.times().elapsed)
        exchange.write((hiss.standard_normal(exchange.wanted) * 0.1).astype(np.float32))
    mic.close()
    captured = exchange.captured
    assert exchange.captured == captured
    # 2 s of 10 ms blocks, give or take what a busy machine does to either end.
    assert 200 / (at[-1] - at[99]) == pytest.approx(100, rel=0.1)
    near, far = (np.concatenate([getattr(one, side) for one in blocks[150:]]) for side in ("near", "far"))
    found = echo_peak(near, far)
    assert found.sharpness > SHARP
    assert 0.005 < found.lag / rate_hz < 0.5


@pytest.mark.pulse
def test_a_rate_that_is_refused_gives_way_to_another(pulse_room):
    assert Mic(AudioSettings(rate_hz=191_999)).rate_hz in (191_999, 48_000, 44_100)


@pytest.mark.pulse
def test_nothing_that_alsa_or_portaudio_print_reaches_the_user(pulse_room, capfd):
    mic = Mic(AudioSettings())
    with pytest.raises(DeviceError, match="no microphone is called"):
        Mic(AudioSettings(input="no such thing"))
    exchange = Exchange(mic.rate_hz, 30)
    mic.open(exchange)
    assert exchange.read(5) is not None
    mic.close()
    assert capfd.readouterr().err == ""


class Stalling(Exchange):
    """Keeps the device's threads for as long as a machine that swaps might."""

    stalls = 0

    def play(self, out):
        super().play(out)
        self._stall()

    def capture(self, near):
        super().capture(near)
        self._stall()

    def _stall(self):
        if self.stalls > 0:
            self.stalls -= 1
            threading.Event().wait(0.3)


@pytest.mark.pulse
def test_after_lost_sound_the_streams_cost_as_little_as_before(pulse_room):
    mic = Mic(AudioSettings(rate_hz=48_000))
    exchange = Stalling(48_000, 30)
    mic.open(exchange)

    def spent(blocks):
        begun = os.times()
        for _ in range(blocks):
            assert exchange.read(5) is not None
        ended = os.times()
        return (ended.user + ended.system - begun.user - begun.system) / (ended.elapsed - begun.elapsed)

    spent(50)
    exchange.stalls = 8
    spent(150)
    assert mic.xruns > 0
    assert spent(150) < 0.3
    mic.close()


@pytest.mark.pulse
@pytest.mark.models
def test_a_real_device_that_is_pulled_out_and_put_back_is_heard_again(pulse_room, silero_path, capfd):
    first, lost, back = threading.Event(), threading.Event(), threading.Event()
    events, positions = [], []

    def on_heard(heard):
        positions.append(heard.position)
        (back if lost.is_set() else first).set()

    def on_event(event):
        events.append(event)
        lost.set()

    mic = Mic(AudioSettings())
    listener = Listener(
        mic,
        EarSettings(),
        AudioSettings(),
        silero_path,
        rate_hz=mic.rate_hz,
        render=lambda count, position: np.zeros(count, np.float32),
        on_heard=on_heard,
        on_event=on_event,
    )
    listener.start()
    try:
        assert first.wait(20)
        pulse_room.unplug()
        assert lost.wait(20)
        pulse_room.plug()
        assert back.wait(30)
    finally:
        listener.stop()
    assert isinstance(events[0], DeviceLost)
    assert positions == sorted(positions)
    assert "Expression" not in capfd.readouterr().err
