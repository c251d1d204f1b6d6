"""The benchmarks of the echo's delay and of the first second say what happened in the room."""

import numpy as np
import pytest

from edge_agent.app.engines import model_file
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.settings import EarSettings, Settings
from edge_agent.bench import echo_delay, echo_start
from edge_agent.bench.echo_rooms import Scene
from edge_agent.supply.catalogue import Kind
from edge_agent.talk.ear.room import RoomAcoustics

pytestmark = pytest.mark.models


@pytest.fixture
def vad():
    return model_file(Settings(), Kind.VAD)


def hiss(seconds, seed=0):
    return 0.05 * np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ)).astype(np.float32)


@pytest.mark.parametrize("later_ms", [-30.0, 60.0])
def test_a_delay_that_moves_is_known_before_and_after(vad, later_ms):
    scene = Scene(RoomAcoustics(delay_ms=80, drift_ppm=50), hiss(20))
    known = echo_delay.measure(EarSettings(), vad, scene, later_ms, ())
    assert 0 < known.first_s <= 1.5
    assert 0 < known.again_s <= 4
    assert known.wrong == 0
    assert known.drift_error_ppm < 10


def test_an_echo_that_is_not_there_is_never_known(vad):
    known = echo_delay.measure(
        EarSettings(), vad, Scene(RoomAcoustics(echo_db=-100, noise_dbfs=-50), hiss(8)), 60.0, ()
    )
    assert (known.first_s, known.again_s, known.errors_ms, known.wrong) == (None, None, [], 0)


@pytest.mark.parametrize("known", [False, True])
def test_hiss_over_hiss_is_no_voice(vad, known):
    start = echo_start.begin(EarSettings(), vad, Scene(RoomAcoustics(), hiss(3)), 0, hiss(1, seed=1), known=known)
    assert (start.false, start.noticed_ms) == (False, None)
