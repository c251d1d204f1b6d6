"""A worker that others take the processor from: it stands still, is not taken for dead, and goes on where it was."""

import asyncio
from pathlib import Path

from edge_agent.workers.process import Spec, State, Worker
from edge_agent.workers.supervise import Policy

HASTY = Policy(start_timeout_s=60, ping_every_s=0.2, pong_late_s=0.2, suspect_s=0.2)
"""Whoever is not resting has to answer within 0.6 s."""

LONG_S = 1.5
"""Longer than a worker may be silent here, whether it is asked or works."""


def stands_still(worker):
    return Path(f"/proc/{worker.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


def told(story):
    async def whole():
        spec = Spec("echo", "tests.sim.echo_engine", {}, 1, answer_timeout_s=1)
        worker = Worker(spec, policy=HASTY)
        try:
            await story(worker)
        finally:
            await worker.stop()

    asyncio.run(whole())


def test_a_job_stands_still_and_goes_on():
    async def story(worker):
        await worker.start()
        pid = worker.pid
        counted = asyncio.ensure_future(count(worker))
        worker.rest(True)
        done, _ = await asyncio.wait([counted], timeout=LONG_S)
        assert not done
        assert stands_still(worker)
        assert worker.state is State.READY
        worker.rest(False)
        assert await counted == list(range(30))
        assert worker.pid == pid

    async def count(worker):
        return [item.fields["number"] async for item in worker.run({"do": "count", "to": 30, "every_s": 0.02})]

    told(story)


def test_one_that_rests_from_its_first_moment_starts_when_it_may():
    async def story(worker):
        starting = asyncio.ensure_future(worker.start())
        await asyncio.sleep(0)
        worker.rest(True)
        done, _ = await asyncio.wait([starting], timeout=LONG_S)
        assert not done
        assert stands_still(worker)
        worker.rest(False)
        await starting
        assert worker.ready

    told(story)


def test_one_that_rests_can_be_stopped():
    async def story(worker):
        await worker.start()
        worker.rest(True)
        await worker.stop()
        assert worker.state is State.STOPPED

    told(story)
