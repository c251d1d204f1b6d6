"""A yes is for one call, and for once."""

import asyncio

from edge_agent.app.confirming import GRACE_S, Confirmations
from edge_agent.talk.mind.tools.tool import Call

OPEN = Call("gate", {"which": "left"})


def told(story):
    return asyncio.run(story())


def test_a_yes_counts_once():
    async def story():
        waiting = Confirmations()
        waiting.exchanged(OPEN, 16_000)
        return [await waiting.take(OPEN), await waiting.take(OPEN)]

    assert told(story) == [True, False]


def test_a_yes_to_one_call_is_none_to_another_however_alike():
    async def story():
        waiting = Confirmations()
        waiting.exchanged(OPEN, 16_000)
        return [await waiting.take(Call("gate", {"which": "left"})), await waiting.take(OPEN)]

    assert told(story) == [False, True]


def test_what_the_next_exchange_or_somebody_else_finds_waits_no_more():
    async def story():
        waiting = Confirmations()
        taken = []
        for leave in (lambda: waiting.exchanged(None, None), waiting.forget):
            waiting.exchanged(OPEN, 16_000)
            leave()
            taken.append(await waiting.take(OPEN))
        return taken

    assert told(story) == [False, False]


def test_who_goes_on_after_his_yes_is_waited_for():
    async def story():
        waiting = Confirmations()
        waiting.exchanged(OPEN, 16_000)
        waiting.heard(voice=True)
        begun = asyncio.get_running_loop().time()
        taking = asyncio.create_task(waiting.take(OPEN))
        await asyncio.wait([taking], timeout=2 * GRACE_S)
        assert not taking.done()
        waiting.heard(voice=False)
        assert await taking
        return asyncio.get_running_loop().time() - begun

    assert told(story) >= 3 * GRACE_S
