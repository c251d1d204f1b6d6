"""A turn's words, with a real connection to a cloud that is made to fail in every way: who is heard, what is said."""

import asyncio
from contextlib import AsyncExitStack, aclosing
from datetime import date

import pytest

from edge_agent.app.contest import Lines
from edge_agent.app.leaving import Leaving
from edge_agent.app.promptness import FORGOTTEN_S, Promptness
from edge_agent.app.replying import Reply
from edge_agent.app.uplink import Uplink, situation, uplink
from edge_agent.base.errors import EngineError
from edge_agent.base.settings import Settings
from edge_agent.talk.mind.cloud.cloud import Cloud
from edge_agent.talk.mind.cloud.holding import AGAIN, BROKE_OFF, FIRST, OWN_GUESS, UNREACHABLE
from edge_agent.talk.mind.cloud.outgoing import Cleared
from edge_agent.talk.mind.cloud.purse import Purse
from edge_agent.talk.mind.context import Memory
from edge_agent.talk.mind.learned import learned
from edge_agent.talk.mind.llm import Message
from edge_agent.talk.mind.privacy import Record
from edge_agent.talk.mind.router import Plan, Route, route
from tests.sim.clouds import WORDS, Fault, FaultyProxy, provider, settings
from tests.sim.rooms import FakeLlm

pytestmark = pytest.mark.alone

MESSAGES = [Message("system", "Be short."), Message("user", "My number is 555. Tell me about the moon.")]


class Asked:
    """One reply, on its way."""

    def __init__(self, sky, link, llm, base):
        self.sky, self.link, self.llm, self.base = sky, link, llm, base
        self.asides, self.words, self.times = [], [], []

    async def runs(self, route=Route.CLOUD, deadline_s=2.0, committed=True):
        loop = asyncio.get_running_loop()
        began = loop.time()
        plan = Plan(route, "because", deadline_s)
        self.reply = Reply(plan, MESSAGES, self.llm, self.link, self.base, asked=began)
        if committed:
            self.reply.commit()
        async with aclosing(self.reply.lines()) as lines:
            async for line in lines:
                (self.asides if line.aside else self.words).append(line.text.strip())
                self.times.append(loop.time() - began)
        return " ".join(self.words)


def under(story, llm=None, redact=None, faults=(), proxy=None, **arguments):
    async def told():
        async with AsyncExitStack() as stack:
            sky = await FaultyProxy(faults=list(faults), **(proxy or {})).open()
            stack.push_async_callback(sky.close)
            base = Settings(cloud=settings(provider("sky", sky.url, timeout_s=0.8), **arguments))
            cloud = Cloud(base.cloud, Purse(base.cloud, today=lambda: date(2026, 11, 26)))
            stack.push_async_callback(cloud.close)
            link = Uplink(cloud, Lines(), *([redact] if redact else []))
            return await story(Asked(sky, link, llm or FakeLlm(("A guess. ", "And more.")), base))

    return asyncio.run(told())


def test_the_cloud_is_heard_and_the_device_is_not():
    async def story(it):
        assert await it.runs() == WORDS
        assert (it.asides, it.reply.by.value, it.reply.receipt.provider) == ([], "cloud", "sky")
        assert it.llm.closed == 1
        assert it.link.cloud.spent.wasted_tokens == 0

    under(story)


@pytest.mark.parametrize(
    "fault",
    [Fault.RESET, Fault.BUSY, Fault.BROKEN, Fault.REFUSED, Fault.GARBAGE, Fault.PORTAL, Fault.EMPTY, Fault.HANG],
)
def test_where_the_cloud_has_no_answer_the_device_guesses_and_says_so(fault):
    async def story(it):
        assert await it.runs() == "A guess. And more."
        assert it.asides[-1] == OWN_GUESS
        assert set(it.asides[:-1]) <= {*FIRST, *AGAIN}
        assert it.reply.by.value == "local"

    under(story, faults=[fault, fault])


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.HALF, Fault.NONSENSE, Fault.HANG_MID])
def test_where_it_breaks_off_whole_sentences_are_kept_and_the_rest_is_apologised_for(fault):
    async def story(it):
        assert await it.runs() == "The moon is far away."
        assert it.asides[-1] == BROKE_OFF
        assert it.reply.broke_off

    under(story, faults=[fault])


def test_a_slow_one_is_held_for_never_twice_with_the_same_line():
    async def story(it):
        assert await it.runs(deadline_s=5) == WORDS
        assert it.asides[0] in FIRST
        assert 0.4 <= it.times[0] < 0.5

    under(story, proxy={"latency_s": 0.75})


def test_a_hedge_takes_the_device_at_its_deadline_without_a_word_about_it():
    async def story(it):
        assert await it.runs(Route.HEDGE, deadline_s=0.3) == "A guess. And more."
        assert it.asides == []
        assert 0.3 <= it.times[0] < 0.4
        async with asyncio.timeout(1):
            while it.sky.asked[0].gone_at is None:  # The loser's connection is closed.
                await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=0.005)
        assert it.link.cloud.spent.wasted_tokens > 0

    under(story, faults=[Fault.HANG])


def test_the_device_reads_the_question_to_its_end_although_the_cloud_is_heard():
    async def story(it):
        running = asyncio.create_task(it.runs())
        async with asyncio.timeout(2):
            while not it.words:
                await asyncio.wait({running}, timeout=0.005)
        assert not running.done()
        gate.set()
        await running
        assert " ".join(it.words) == WORDS
        assert it.llm.closed == 1

    gate = asyncio.Event()
    under(story, llm=FakeLlm(("A guess. ", "And more."), gate=gate))


def test_where_the_owner_wants_no_guesses_there_is_none():
    async def story(it):
        assert await it.runs() == ""
        assert it.asides == [UNREACHABLE]

    under(story, faults=[Fault.BROKEN, Fault.BROKEN], stand_in="nobody")


def test_where_the_device_fails_as_well_that_is_said():
    async def story(it):
        assert await it.runs() == ""
        assert it.asides == [UNREACHABLE]

    under(story, llm=FakeLlm((), error=EngineError("gone")), faults=[Fault.BROKEN, Fault.BROKEN])


def test_a_device_that_fails_in_the_middle_of_its_guess_has_failed():
    async def story(it):
        running = asyncio.create_task(it.runs())
        async with asyncio.timeout(2):
            while not it.words:
                await asyncio.wait({running}, timeout=0.005)
        gate.set()
        with pytest.raises(EngineError):
            await running
        assert it.words == ["A guess."]

    gate = asyncio.Event()
    llm = FakeLlm(("A guess. Then ", "more "), error=EngineError("gone"), before_gate=1, gate=gate)
    under(story, llm=llm, faults=[Fault.BROKEN, Fault.BROKEN])


def test_before_the_commit_nothing_is_sent_where_the_owner_wants_that():
    async def story(it):
        running = asyncio.create_task(it.runs(committed=False))
        await asyncio.wait({running}, timeout=0.15)
        assert it.sky.asked == []
        it.reply.commit()
        await running
        assert " ".join(it.words) == WORDS

    under(story, early=False)


def test_a_draft_that_is_dropped_is_closed_and_counted_as_wasted():
    async def story(it):
        running = asyncio.create_task(it.runs(committed=False))
        async with asyncio.timeout(2):
            while not it.words:
                await asyncio.wait({running}, timeout=0.005)
        it.reply.drop()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        spent = it.link.cloud.spent
        assert spent.wasted_tokens == spent.tokens > 0
        assert it.llm.closed == 1

    under(story, proxy={"fault": Fault.DRIP, "drip_s": 0.05})


def test_what_may_not_leave_does_not_and_comes_back():
    def redact(texts):
        hidden = tuple(text.replace("555", "[PHONE_1]") for text in texts)
        return Cleared(hidden, lambda text: text.replace("[PHONE_1]", "555"))

    async def story(it):
        assert await it.runs() == "I will call 555 now. Or 555."
        assert it.sky.asked[0].messages[1]["content"] == "My number is [PHONE_1]. Tell me about the moon."

    under(story, redact=redact, proxy={"words": "I will call [PHONE_1] now. Or [PHONE_1]."})


HARD = "Compare renewable energy with nuclear power and explain which is the better choice for a small country."


def test_the_router_knows_whether_the_cloud_can_be_asked():
    async def story(it):
        assert route(situation(HARD, None, it.link), learned()).route is Route.CLOUD
        for _ in range(2):
            await it.runs()
        planned = route(situation(HARD, None, it.link), learned())
        assert planned.route is Route.LOCAL
        assert "the cloud can't be reached" in planned.reason

    under(story, proxy={"fault": Fault.BROKEN})
    assert route(situation(HARD, None, None), learned()).route is Route.LOCAL


def test_the_router_knows_how_much_the_owner_wants_handed_over(tmp_path):
    async def story(it):
        asked = Settings(cloud=settings(provider("sky", it.sky.url), ask_from=0.0))
        leaves = Leaving(Purse(asked.cloud), Record(asked.privacy, tmp_path))
        async with uplink(asked, lambda _: None, leaves) as wanting:
            for link, routes in ((it.link, (Route.LOCAL,)), (wanting, (Route.CLOUD, Route.HEDGE))):
                assert route(situation("What is the capital of France?", None, link), learned()).route in routes

    under(story)


def test_a_device_that_begins_late_is_busy_until_that_is_forgotten():
    promptness = Promptness()
    assert promptness.load(1000.0) == 0
    promptness.began(0.1, 1000.0)
    assert promptness.load(1001.0) == 0.05
    promptness.began(3.0, 1002.0)
    assert promptness.load(1003.0) == 1
    assert promptness.load(1003.0 + FORGOTTEN_S) == 0


def test_how_promptly_the_device_began_is_kept():
    async def story(it):
        promptness = Promptness()
        reply = Reply(Plan(Route.LOCAL, ""), MESSAGES, it.llm, None, it.base, asked=0.0, promptness=promptness)
        asked = asyncio.get_running_loop().time()
        async with aclosing(reply.lines()) as lines:
            _ = [line async for line in lines]
        assert asked <= promptness.at <= asyncio.get_running_loop().time()
        assert 0 <= promptness.took_s <= promptness.at - asked + 0.001

    under(story)


def test_a_short_question_after_an_answer_of_the_cloud_goes_there_as_well():
    async def story(it):
        for by, answers in {"cloud": (Route.CLOUD, Route.HEDGE), "local": (Route.LOCAL,), "": (Route.LOCAL,)}.items():
            memory = Memory().remember("Compare them.", "The first is better.", by=by).remember("", "A timer rang.")
            assert route(situation("And why?", None, it.link, memory=memory), learned()).route in answers

    under(story)
