"""A draft that asks the cloud: what it holds back, what it remembers, and who need not wait for it."""

import asyncio

import pytest

from edge_agent.app.drafts import Drafts
from edge_agent.app.questions import Written
from edge_agent.app.timeline import Stage
from edge_agent.talk.mind.cloud.holding import FIRST
from tests.sim.campaign import Stage as Scene
from tests.sim.campaign import Turn
from tests.sim.clouds import Fault
from tests.sim.drafts import first_draft

pytestmark = pytest.mark.alone


class Asked:
    """A draft on a scene of its own."""

    def __init__(self, scene):
        self.scene, self.said, self.told = scene, [], []
        self.world = scene.world
        self.draft = first_draft(scene.rooms, scene.settings, on_phrase=self.said.append)
        self.drafts = Drafts(self.told.append, self.told.append)

    async def until(self, so):
        async with asyncio.timeout(5):
            while not so():
                await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=0.005)

    @property
    def spent(self):
        return self.scene.rooms.uplink.cloud.spent


def under(story, *faults):
    async def told():
        scene = Scene(Turn(0, faults, commit_s=0.0, latency_s=0.0))
        await scene.set()
        async with scene.stack:
            it = Asked(scene)
            scene.stack.push_async_callback(it.drafts.close)
            it.drafts.begin(it.draft, Written("Explain how the sun and the moon are different."))
            await story(it)

    asyncio.run(told())


def test_a_holding_line_is_heard_and_is_no_part_of_what_was_heard():
    async def story(it):
        it.draft.commit()
        await it.until(lambda: it.said)
        assert it.said[0] in FIRST
        assert it.world.plays(1.0).any()
        assert it.world.speaker.heard(1) == it.draft.timeline.reply == ""
        assert it.draft.timeline.open_ended
        assert Stage.FIRST_AUDIO not in it.draft.timeline.stamps

    under(story, Fault.HANG)


def test_a_dropped_draft_says_nothing_and_what_it_cost_was_wasted():
    async def story(it):
        await it.until(it.draft.sounding.is_set)
        it.drafts.end(1)
        await it.until(lambda: it.spent.wasted_tokens)
        assert it.spent.wasted_tokens == it.spent.tokens
        assert not it.world.plays(1.0).any()

    under(story, Fault.NONE)


def test_while_the_cloud_is_waited_for_the_judge_of_the_pause_need_not_wait():
    async def story(it):
        await it.until(it.draft.spare.is_set)
        assert it.draft.sentence_end.result() == it.world.llm.likely_end
        assert not it.draft.sounding.is_set()

    under(story, Fault.HANG)
