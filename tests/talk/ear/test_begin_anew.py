"""A voice detector that has heard nothing for a while begins anew: what it heard before numbs it no longer."""

import numpy as np
import pytest

from edge_agent.base.frames import CHUNK, FRAME, RATE_HZ
from edge_agent.base.settings import EarSettings
from edge_agent.talk.ear import echo
from edge_agent.talk.ear.hearing import QUIET_CHUNKS, Hearing
from edge_agent.talk.ear.vad import Silero

pytestmark = pytest.mark.models

QUIET_S = QUIET_CHUNKS * CHUNK / RATE_HZ


class Counted(Silero):
    """Says how often it began anew."""

    resets = 0

    def reset(self):
        self.resets += 1
        super().reset()


@pytest.fixture
def lives(silero_path):
    """Let an ear live for some seconds, with noise of such amplitudes on both sides; return how often it began anew."""

    def live(seconds, near, far):
        silero = Counted(silero_path)
        hearing = Hearing(EarSettings(), echo.choose(EarSettings().canceller), silero)
        random, known = np.random.default_rng(0), silero.resets
        for _ in range(int(seconds * RATE_HZ) // FRAME):
            sides = (level * random.standard_normal(FRAME, np.float32) for level in (near, far))
            for _ in hearing.feed(*sides):
                pass
        return silero.resets - known

    return live


def test_while_the_agent_speaks_and_nobody_else_it_begins_anew_now_and_then(lives):
    assert lives(6 * QUIET_S, near=1e-4, far=0.1) == pytest.approx(5, abs=1)


def test_while_there_is_something_to_hear_it_goes_on(lives):
    assert lives(6 * QUIET_S, near=0.1, far=0.1) == 0


def test_while_the_agent_is_silent_it_goes_on(lives):
    assert lives(6 * QUIET_S, near=1e-4, far=0.0) == 0
