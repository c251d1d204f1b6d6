"""What the language model read while somebody spoke, and what of that an answer was made with."""

import asyncio

import pytest

from edge_agent.app.costs import Costs
from edge_agent.app.reading import Reading
from edge_agent.talk.mind.context import Memory
from edge_agent.workers.bill import BILL
from tests.sim.rooms import FakeLlm, settled

PERSONA = "You are terse."


class PaidLlm(FakeLlm):
    """Takes a millisecond for every letter."""

    async def warm(self, messages):
        BILL.get().cpu_ms += len(messages[-1].content)


def read(*texts):
    """Return what an answer used of a conversation's beginning and of these words, as a function of its own words."""

    async def used_for(words):
        reading = Reading(PaidLlm(), Costs())
        reading.read(Memory().beginning(PERSONA))
        await settled()
        for text in texts:
            reading.read(Memory().messages(PERSONA, text))
            await settled()
        used = [bill.cpu_ms for bill in reading.used_for(words)]
        assert reading.used_for(words) == []
        return used

    return lambda words: asyncio.run(used_for(words))


@pytest.mark.parametrize(
    ("texts", "words", "used"),
    [
        ((), "What is that?", []),
        (("What is", "What is that?"), "What is that?", [7, 13]),
        (("What's.", "What is?"), "What is that?", [8]),
        (("Watt is", "Watt is"), "What is that?", []),
    ],
)
def test_what_was_read_went_into_the_answer_if_the_question_began_with_it(texts, words, used):
    assert read(*texts)(words) == [len(PERSONA), *used]
