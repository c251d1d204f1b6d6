"""What became of those who talked over the agent is read out of its sound, and summed up."""

import numpy as np
import pytest

from edge_agent.base.frames import RATE_HZ
from edge_agent.bench.interrupt_cases import Case, Clip, measured, report

ONSET = 2 * RATE_HZ


def clip(*, stops, speech):
    return Clip("one", stops, np.ones(RATE_HZ, np.float32), 0, speech)


def case(*, stops=True, speech=True, gave_up=True):
    return Case(clip(stops=stops, speech=speech), 0, ONSET, 3 * RATE_HZ, gave_up=gave_up)


def agent(ducked_ms, silent_ms, *, left_db=-20.0):
    """Its sound: a tone, lowered and then silent so long after the voice's first sample."""
    sound = 0.1 * np.sin(2 * np.pi * 440 * np.arange(5 * RATE_HZ) / RATE_HZ)
    ducked, silent = (ONSET + ms * RATE_HZ // 1000 for ms in (ducked_ms, silent_ms))
    sound[ducked:silent] *= 10 ** (left_db / 20)
    sound[silent:] = 0
    return sound.astype(np.float32)


def test_lowered_and_silent_are_counted_from_the_voices_first_sample():
    one = measured(case(), agent(80, 240))
    assert one.ducked_ms == 80
    assert one.silent_ms == pytest.approx(240, abs=3)
    assert one.stopped


def test_who_is_silent_at_once_was_lowered_as_soon():
    one = measured(case(), agent(100, 100))
    assert one.ducked_ms == 100
    assert one.silent_ms == pytest.approx(100, abs=3)


def test_a_silence_that_comes_too_late_has_nothing_to_do_with_the_voice():
    one = measured(case(), agent(80, 1800))
    assert one.silent_ms is None
    assert not one.stopped


def test_noises_that_are_nobodys_speech_are_counted_by_themselves_too():
    cases = [
        case(),
        case(stops=False, speech=True, gave_up=True),
        case(stops=False, speech=False, gave_up=True),
        *(case(stops=False, speech=False, gave_up=False) for _ in range(3)),
    ]
    told = report([measured(one, agent(80, 240)) for one in cases])
    assert told["stopped"]["0"] == 1.0
    assert told["noise_resumed"] == 0.6
    assert told["wordless_resumed"] == 0.75
