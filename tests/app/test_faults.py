"""A few of each fault that a device may have, on real audio streams, in the middle of a conversation."""

import asyncio

import pytest

from edge_agent.bench.pulse import PulseRoom, available
from tests.sim.faults import NEVER_LOST, ZEROS_ONLY, Kind, converse_with_faults

pytestmark = [pytest.mark.models, pytest.mark.pulse]

KINDS = [
    Kind.ZEROS,
    Kind.DEFAULT_CHANGED,
    Kind.LOUDSPEAKER_STOPS,
    Kind.RATE_CHANGED,
    Kind.MICROPHONE_STOPS,
    Kind.SERVER_FREEZES,
    Kind.SERVER_CRASHES,
    Kind.RATE_CHANGED,
]

SOON_S = 5.0
"""On a machine that is busy. `make long` asks for less: 1 s until it is noticed, 2 s until it is back."""


def test_each_fault_is_noticed_and_told_once_and_the_device_is_back_soon(tiny, lines):
    if not available():
        pytest.skip("PulseAudio is not installed")
    with PulseRoom() as room:
        story = converse_with_faults(
            tiny, room, [lines["time"]], KINDS, seed=1, gap_s=(0.3, 1.0), lasting_s=(1.2, 1.3), settle_s=6
        )
        lived = asyncio.run(story)
    assert lived.mistakes == []
    assert lived.answered_last
    for outcome in lived.outcomes:
        assert outcome.back_s is not None, outcome
        assert outcome.back_s < SOON_S, outcome
        if outcome.kind in NEVER_LOST:
            assert outcome.told == 0, outcome
        elif outcome.kind not in ZEROS_ONLY or outcome is lived.outcomes[0]:
            assert outcome.told == 1, outcome
            assert outcome.noticed_s < SOON_S, outcome
