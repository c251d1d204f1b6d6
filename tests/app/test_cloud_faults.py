"""Whatever the network and the providers do: no long silence, nothing twice, no crash."""

import asyncio

from tests.sim.campaign import campaign, told

SILENCE_S = 1.5


def test_a_few_faults_of_every_kind_are_lived_through():
    turns = asyncio.run(campaign(range(25), 25))
    assert told(turns, SILENCE_S) == {"silent": [], "doubled": [], "two heard": [], "crashed": []}
