"""One purse: what is spent at once, kept in order, and shared with other agents of the same user."""

import asyncio
import multiprocessing
from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.base.settings_cloud import CloudSettings
from edge_agent.talk.mind.cloud.budget import Cost, read
from edge_agent.talk.mind.cloud.purse import Purse

TODAY = date(2026, 11, 26)
LIMITS = CloudSettings(tokens_per_day=1000)
COSTS = st.tuples(st.integers(0, 30), st.integers(0, 30), st.booleans())


def purse(file: Path | None) -> Purse:
    return Purse(LIMITS, file, today=lambda: TODAY)


def spend(file: Path, times: int) -> None:
    async def go() -> None:
        mine = Purse(CloudSettings(), file)
        for _ in range(times):
            mine.book(Cost(20))
            mine.settle(Cost(20), Cost(7), wasted=False)
        await mine.close()

    asyncio.run(go())


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.booleans(), COSTS), max_size=30))
def test_what_two_agents_spend_is_the_sum_however_they_take_turns(tmp_path_factory, questions):
    file = tmp_path_factory.mktemp("state") / "cloud.json"

    async def go() -> None:
        one, other = purse(file), purse(file)
        for first, (most, cost, wasted) in questions:
            mine = one if first else other
            assert mine.book(Cost(most))
            mine.settle(Cost(most), Cost(min(cost, most)), wasted=wasted)
        await asyncio.gather(one.close(), other.close())

    asyncio.run(go())
    real = [(min(cost, most), wasted) for _, (most, cost, wasted) in questions]
    found = read(file)
    assert (found.tokens, found.questions) == (sum(cost for cost, _ in real), len(real))
    assert found.wasted_tokens == sum(cost for cost, wasted in real if wasted)


def test_two_processes_at_once_lose_nothing(tmp_path):
    file = tmp_path / "cloud.json"
    with multiprocessing.get_context("spawn").Pool(2) as agents:
        agents.starmap(spend, [(file, 25)] * 2, chunksize=1)
    found = read(file)
    assert (found.tokens, found.questions) == (2 * 25 * 7, 50)


def test_what_another_has_spent_is_known_when_somebody_begins_to_speak(tmp_path):
    async def go() -> None:
        runs, asks = purse(tmp_path / "cloud.json"), purse(tmp_path / "cloud.json")
        assert asks.book(Cost(990))
        await asks.close()
        runs.look()
        runs.settle(Cost(), Cost(), wasted=False)
        await runs.close()
        assert runs.spent.tokens == 990
        assert runs.left(Cost(20)) == 0.0
        assert not runs.book(Cost(20))

    asyncio.run(go())


def test_a_purse_that_looks_only_knows_it_too(tmp_path):
    async def go() -> None:
        runs, asks = purse(tmp_path / "cloud.json"), purse(tmp_path / "cloud.json")
        asks.book(Cost(300))
        await asks.close()
        runs.look()
        await runs.close()
        assert runs.spent.tokens == 300

    asyncio.run(go())


def test_what_is_booked_is_spent_at_once_and_on_the_disk_at_the_end(tmp_path):
    async def go() -> None:
        mine = purse(tmp_path / "cloud.json")
        assert mine.book(Cost(600))
        assert not mine.book(Cost(600))
        assert mine.spent.tokens == 600
        await mine.close()
        assert read(tmp_path / "cloud.json").tokens == 600

    asyncio.run(go())


def test_what_could_not_be_written_is_not_forgotten(tmp_path, caplog):
    async def go() -> None:
        state = tmp_path / "state"
        state.write_text("a file where a folder should be")
        mine = purse(state / "cloud.json")
        mine.book(Cost(600))
        await asyncio.wrap_future(mine._disk.submit(state.unlink))  # The disk is mended when that has failed.
        assert "can't be kept" in caplog.text
        assert not mine.book(Cost(600))
        mine.book(Cost(100))
        await mine.close()
        assert read(state / "cloud.json").tokens == 700

    asyncio.run(go())


def test_a_file_that_is_damaged_while_it_runs_costs_nothing_of_what_it_knew(tmp_path):
    async def go() -> None:
        mine = purse(tmp_path / "cloud.json")
        mine.book(Cost(600))
        await asyncio.wrap_future(mine._disk.submit((tmp_path / "cloud.json").write_text, "{"))
        mine.book(Cost(100))
        await mine.close()
        assert read(tmp_path / "cloud.json").tokens == 700

    asyncio.run(go())


def test_without_a_file_it_counts_all_the_same():
    async def go() -> None:
        mine = purse(None)
        assert mine.book(Cost(600))
        mine.settle(Cost(600), Cost(10), wasted=True)
        assert (mine.spent.tokens, mine.spent.wasted_tokens) == (10, 10)
        await mine.close()

    asyncio.run(go())
