"""Five hundred turns, each with a fault of its own."""

import asyncio
from collections import Counter

import pytest

from tests.sim.campaign import campaign, told

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

SILENCE_S = 1.5


def test_five_hundred_faults_are_lived_through():
    turns = asyncio.run(campaign(range(1000, 1500), 20))
    first = sorted(turn.first_s or 0.0 for turn in turns)
    longest = sorted(turn.longest_s for turn in turns)
    print()
    print(Counter(fault.value for turn in turns for fault in turn.faults[:1]))
    print(Counter(turn.by for turn in turns))
    print(f"first sound p50 {first[250]:.2f} s, p95 {first[475]:.2f} s, worst {first[-1]:.2f} s")
    print(f"longest silence p50 {longest[250]:.2f} s, p95 {longest[475]:.2f} s, worst {longest[-1]:.2f} s")
    wrong = told(turns, SILENCE_S)
    print({kind: len(those) for kind, those in wrong.items()})
    assert wrong == {"silent": [], "doubled": [], "two heard": [], "crashed": []}
