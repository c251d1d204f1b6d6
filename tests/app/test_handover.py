"""Sound that the loop is too slow for is counted, and does not heap up; events all come over."""

import asyncio
import threading

import numpy as np

from edge_agent.app.handover import WAITING_MAX, Handover, Letterbox
from edge_agent.base.events import SpeechStarted
from edge_agent.base.frames import CHUNK, Heard

CHUNKS = [Heard(number * CHUNK, np.zeros(CHUNK, np.float32), 0.0, -60.0) for number in range(WAITING_MAX + 5)]


def test_a_loop_that_stands_still_gets_what_fits_and_everything_again_when_it_moves():
    async def told():
        got = []
        handover = Handover(asyncio.get_running_loop())
        handover.take = got.append
        for chunk in CHUNKS:  # The loop stands still meanwhile.
            handover(chunk)
        assert got == []
        assert handover.dropped == 5
        await asyncio.sleep(0)
        assert got == CHUNKS[:WAITING_MAX]
        handover(CHUNKS[-1])
        await asyncio.sleep(0)
        assert got[-1] is CHUNKS[-1]
        assert handover.dropped == 5

    asyncio.run(told())


def test_events_come_over_in_their_order_and_none_is_dropped():
    async def told():
        got = []
        letterbox = Letterbox(asyncio.get_running_loop())
        letterbox.take = got.append
        events = [SpeechStarted(number, 0) for number in range(10 * WAITING_MAX)]
        thread = threading.Thread(target=lambda: [letterbox(event) for event in events])
        thread.start()
        thread.join()
        assert got == []
        await asyncio.sleep(0)
        assert got == events

    asyncio.run(told())
