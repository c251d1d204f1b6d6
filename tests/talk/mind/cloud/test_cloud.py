"""Several providers, as one: fail-over, recovery, what is paid, and what is kept."""

import asyncio
from contextlib import AsyncExitStack, aclosing
from datetime import date

import pytest

from edge_agent.talk.mind.cloud import budget
from edge_agent.talk.mind.cloud.breaker import State
from edge_agent.talk.mind.cloud.cloud import Cloud, Receipt
from edge_agent.talk.mind.cloud.failures import Failure, ProviderError
from edge_agent.talk.mind.cloud.outgoing import nothing_hidden, outgoing
from edge_agent.talk.mind.cloud.purse import Purse
from edge_agent.talk.mind.llm import Message
from tests.sim.clouds import WORDS, Fault, FaultyProxy, provider, settings

SENT = outgoing([Message("user", "Tell me about the moon.")], nothing_hidden)
TODAY = date(2026, 11, 26)


class Sky:
    """Two providers behind proxies, and the cloud that knows them."""

    def __init__(self, cloud, first, second, told):
        self.cloud, self.first, self.second, self.told = cloud, first, second, told

    async def ask(self, deadline_s=2.0):
        receipt = Receipt()
        loop = asyncio.get_running_loop()
        async with aclosing(self.cloud.reply(SENT, loop.time() + deadline_s, receipt)) as pieces:
            words = "".join([piece async for piece in pieces])
        return words.strip(), receipt

    def state(self, name="first"):
        return self.cloud.healths[name].breaker.state(asyncio.get_running_loop().time())

    async def until(self, so):
        async with asyncio.timeout(10):
            while not so():
                await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=0.02)


def under(story, kept=None, first=None, price=0.0, **limits):
    async def told():
        async with AsyncExitStack() as stack:
            one, two = await FaultyProxy(**(first or {})).open(), await FaultyProxy().open()
            stack.push_async_callback(one.close)
            stack.push_async_callback(two.close)
            named = [
                provider("first", one.url, timeout_s=0.4, price_in=price, price_out=price),
                provider("second", two.url, timeout_s=0.4, price_in=price, price_out=price),
            ]
            said = []
            chosen = settings(*named, **limits)
            purse = Purse(chosen, kept, today=lambda: TODAY)
            stack.push_async_callback(purse.close)
            cloud = Cloud(chosen, purse, tell=said.append)
            stack.push_async_callback(cloud.close)
            return await story(Sky(cloud, one, two, said))

    return asyncio.run(told())


def test_the_first_is_asked_and_the_second_is_not():
    async def story(sky):
        words, receipt = await sky.ask()
        assert (words, receipt.provider) == (WORDS, "first")
        assert sky.second.seen == []
        assert sky.cloud.first_choice().first_word_s(0.5) == pytest.approx(receipt.first_token_s, abs=0.05)

    under(story)


@pytest.mark.parametrize(
    "fault",
    [Fault.RESET, Fault.BUSY, Fault.BROKEN, Fault.REFUSED, Fault.HANG, Fault.GARBAGE, Fault.PORTAL],
)
def test_where_the_first_fails_before_a_word_the_second_answers(fault):
    async def story(sky):
        sky.first.fault = fault
        words, receipt = await sky.ask()
        assert (words, receipt.provider) == (WORDS, "second")

    under(story)


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.HANG_MID, Fault.HALF, Fault.NONSENSE])
def test_after_the_first_word_nobody_else_is_asked(fault):
    async def story(sky):
        sky.first.faults = [fault]
        with pytest.raises(ProviderError):
            await sky.ask()
        assert sky.second.seen == []

    under(story)


def test_an_accident_of_the_only_one_is_tried_once_more():
    async def story(sky):
        sky.first.faults = [Fault.RESET]
        sky.second.fault = Fault.HANG
        words, receipt = await sky.ask()
        assert (words, receipt.provider) == (WORDS, "first")

    under(story)


def test_who_keeps_failing_is_left_alone_is_probed_and_comes_back():
    async def story(sky):
        sky.first.fault = Fault.BROKEN
        for _ in range(3):
            assert (await sky.ask())[1].provider == "second"
        assert sky.state() is State.OPEN
        assert len(sky.first.asked) == 2
        sky.first.fault = Fault.NONE
        await sky.until(lambda: sky.state() is State.CLOSED)
        assert (await sky.ask())[1].provider == "first"
        assert [note.split(" ")[0] for note in sky.told] == ["first", "first"]

    under(story)


def test_a_cable_that_is_plugged_in_again_is_noticed_when_somebody_speaks():
    async def story(sky):
        await sky.first.unplug()
        await sky.second.unplug()
        for _ in range(2):
            with pytest.raises(ProviderError) as error:
                await sky.ask()
        assert error.value.failure is Failure.UNREACHABLE
        assert sky.cloud.first_choice() is None
        await sky.first.plug()
        await sky.until(lambda: sky.cloud.look() or sky.cloud.first_choice())
        assert (await sky.ask())[1].provider == "first"

    under(story)


def test_nothing_is_sent_to_keep_warm_what_is_warm():
    async def story(sky):
        sky.cloud.warm()
        await sky.until(lambda: sky.first.seen)
        sky.cloud.warm()
        await sky.ask()
        sky.cloud.warm()
        assert [seen.path for seen in sky.first.seen] == ["/v1/models", "/v1/chat/completions"]
        assert (sky.first.connections, sky.second.seen) == (1, [])

    under(story)


def test_what_was_spent_survives_a_restart_and_the_limit_holds(tmp_path):
    kept = tmp_path / "cloud.json"

    async def once(sky):
        _, receipt = await sky.ask()
        assert receipt.cost == budget.Cost(20 + len(WORDS.split()), 2 * (20 + len(WORDS.split())))

    under(once, kept, price=2.0)
    spent = budget.read(kept)
    assert (spent.tokens, spent.questions, spent.wasted_tokens) == (20 + len(WORDS.split()), 1, 0)

    async def again(sky):
        assert sky.cloud.spent == spent
        receipt = Receipt()
        with pytest.raises(ProviderError, match="budget"):
            await anext(sky.cloud.reply(SENT, asyncio.get_running_loop().time() + 2, receipt))
        assert (receipt.sent_to, sky.first.seen) == ("", [])

    under(again, kept, price=2.0, tokens_per_day=spent.tokens + 100)
    assert budget.read(kept).tokens == spent.tokens


@pytest.mark.parametrize(("money", "fits"), [(1000 / 1e6, False), (1e6 / 1e6, True)])
def test_money_that_is_no_longer_enough_for_an_answer_is_none(money, fits):
    async def story(sky):
        assert (sky.cloud.budget_left() > 0) == fits

    under(story, price=1000.0, money_per_day=money)


def test_what_nobody_hears_is_counted_as_wasted_also_while_it_is_under_way(tmp_path):
    async def story(sky):
        sky.first.fault = Fault.DRIP
        receipt = Receipt()
        reply = sky.cloud.reply(SENT, asyncio.get_running_loop().time() + 2, receipt)
        await anext(reply)
        sky.cloud.waste(receipt)
        await reply.aclose()
        assert sky.cloud.spent.wasted_tokens == receipt.cost.tokens == sky.cloud.spent.tokens > 0
        sky.first.fault = Fault.NONE
        _, finished = await sky.ask()
        sky.cloud.waste(finished)
        sky.cloud.waste(finished)
        assert sky.cloud.spent.wasted_tokens == receipt.cost.tokens + finished.cost.tokens == sky.cloud.spent.tokens

    under(story, tmp_path / "cloud.json")


def test_a_provider_that_hangs_does_not_eat_the_time_of_the_next():
    async def story(sky):
        sky.first.fault = Fault.HANG
        began = asyncio.get_running_loop().time()
        words, receipt = await sky.ask(0.6)
        assert (words, receipt.provider) == (WORDS, "second")
        assert asyncio.get_running_loop().time() - began < 0.6

    under(story)
