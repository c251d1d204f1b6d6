"""Two hundred device faults in half an hour of conversation; `FAULTS` and `FAULT_MINUTES` make it shorter."""

import asyncio
import os
import random

import pytest

from edge_agent.base.layers import load
from edge_agent.bench import rehearsal
from edge_agent.bench.pulse import PulseRoom, available
from tests.sim.faults import NEVER_LOST, ZEROS_ONLY, Kind, converse_with_faults

FAULTS = int(os.environ.get("FAULTS", "200"))
MINUTES = float(os.environ.get("FAULT_MINUTES", "30"))
LASTING_S = 3.5
"""Of a fault and the plugging in after it, in the mean."""

pytestmark = [pytest.mark.long, pytest.mark.models, pytest.mark.pulse]


@pytest.mark.timeout(120 * MINUTES + 600)
def test_faults_at_random_never_hang_or_crash_it_and_it_is_back_within_two_seconds(capsys):
    if not available():
        pytest.skip("PulseAudio is not installed")
    settings = load({"models.profile": "tiny"})
    lines = [line.samples for line in asyncio.run(rehearsal.synthetic_lines(settings)) if line.name != "stop"]
    kinds = [list(Kind)[number % len(Kind)] for number in range(FAULTS)]
    random.Random(FAULTS).shuffle(kinds)
    gap_s = max(1.0, 60 * MINUTES / FAULTS - LASTING_S)
    with PulseRoom() as room:
        lived = asyncio.run(
            converse_with_faults(settings, room, lines, kinds, seed=FAULTS, gap_s=(0.3 * gap_s, 1.7 * gap_s))
        )
    with capsys.disabled():
        print(f"\n{lived.table()}")
    assert lived.mistakes == []
    assert lived.answered_last
    assert [outcome for outcome in lived.outcomes if outcome.back_s is None or outcome.back_s > 2] == []
    quiet = (*NEVER_LOST, *ZEROS_ONLY)
    assert [one for one in lived.outcomes if one.kind not in quiet and one.noticed_s is None] == []
