"""Workers as real processes, around a fake engine that misbehaves on request (tests/sim/echo_engine.py)."""

import asyncio
import contextlib
import logging
import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from edge_agent.base.errors import EngineError, InputError
from edge_agent.workers.bill import BILL, Bill
from edge_agent.workers.process import WAITING_MAX, Spec, State, Worker
from edge_agent.workers.supervise import Policy
from edge_agent.workers.wire import AHEAD

SOON_S = 10.0
"""Longest that anything here may take on a machine that is busy with other things."""

PATIENT = Policy(start_timeout_s=SOON_S, back_off_s=0.05, back_off_max_s=0.2)


class Kit:
    """One worker, and what was told of its states."""

    def __init__(self, options=None, policy=PATIENT, answer_timeout_s=SOON_S, threads=1):
        spec = Spec("echo", "tests.sim.echo_engine", options or {}, threads, answer_timeout_s=answer_timeout_s)
        self.states = []
        self._changed = asyncio.Event()
        self.worker = Worker(spec, self._on_change, policy)

    def _on_change(self, name, state):
        assert name == "echo"
        self.states.append(state)
        self._changed.set()

    async def until(self, state):
        async with asyncio.timeout(SOON_S):
            while self.worker.state is not state:
                self._changed.clear()
                await self._changed.wait()

    async def do(self, what, payload=b"", priority=0, **fields):
        return [item async for item in self.worker.run({"do": what, **fields}, payload, priority=priority)]

    async def numbers(self, to, **fields):
        return [item.fields["number"] for item in await self.do("count", to=to, **fields)]


def story(**kit):
    """Run a coroutine function as a test, with a worker that is started before and stopped after."""

    def decorate(tell):
        def test(*args, **kwargs):
            async def run():
                told = Kit(**kit)
                await told.worker.start()
                try:
                    await tell(told, *args, **kwargs)
                finally:
                    if told.worker.state is not State.STOPPED:
                        await told.worker.stop()
                assert told.worker.state is State.STOPPED
                return told

            asyncio.run(run())

        test.__name__, test.__doc__ = tell.__name__, tell.__doc__
        return test

    return decorate


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def first(items):
    """Return the first item, with the job still running."""
    return await anext(items)


@story()
async def test_a_job_goes_there_and_its_pieces_come_back(kit):
    [item] = await kit.do("echo", b"\x00\xffsound", say="käse")
    assert item.fields == {"said": "käse"}
    assert item.payload == b"\x00\xffsound"
    assert await kit.numbers(1000) == list(range(1000))


@story()
async def test_a_payload_of_megabytes_passes(kit):
    sound = os.urandom(5_000_000)
    [item] = await kit.do("echo", sound)
    assert item.payload == sound


@story()
async def test_p06_a_worker_holds_what_was_said_so_it_dumps_no_core_and_no_other_program_looks_into_it(kit):
    [item] = await kit.do("look")
    assert (item.fields["core"], item.fields["dumpable"]) == (0, 0)


@story()
async def test_once_started_it_is_ready_and_says_what_it_takes(kit):
    assert kit.worker.ready
    assert kit.worker.memory_mb > 1
    assert kit.worker.load_s >= 0
    assert is_alive(kit.worker.pid)
    assert kit.states == [State.STARTING, State.READY]


@story(threads=3)
async def test_an_engine_finds_its_threads_in_the_environment_and_stands_back_behind_the_agent(kit):
    [item] = await kit.do("look")
    assert item.fields["environment"]["OMP_NUM_THREADS"] == "3"
    assert int(item.fields["environment"]["GOMP_SPINCOUNT"]) < 1_000_000
    assert item.fields["niceness"] > os.nice(0) or os.nice(0) > 14


@story()
async def test_ctrl_c_in_the_terminal_does_not_reach_it(kit):
    [item] = await kit.do("look")
    assert item.fields["group"] != os.getpgid(0)


@story()
async def test_killed_in_mid_job_the_job_fails_at_once_and_the_worker_is_back(kit):
    pid = kit.worker.pid
    items = kit.worker.run({"do": "hang"})
    await first(items)
    os.kill(pid, signal.SIGKILL)
    killed_at = time.monotonic()
    with pytest.raises(EngineError, match="SIGKILL") as caught:
        await first(items)
    assert "again" in caught.value.hint
    assert time.monotonic() - killed_at < 5
    await kit.until(State.READY)
    assert kit.worker.pid != pid
    assert await kit.numbers(3) == [0, 1, 2]
    assert State.BACKING_OFF not in kit.states, "after the first crash nobody waits"


@story()
async def test_a_segfault_costs_one_job(kit):
    with pytest.raises(EngineError, match="SIGSEGV"):
        await kit.do("segfault")
    assert await kit.numbers(3) == [0, 1, 2]


@story()
async def test_an_engine_that_leaves_is_quoted(kit):
    with pytest.raises(EngineError, match=r"exit code 5.*these were my last words"):
        await kit.do("exit", code=5)


@story()
async def test_an_engine_that_keeps_crashing_is_started_ever_later(kit):
    for _ in range(3):
        await kit.until(State.READY)
        with pytest.raises(EngineError):
            await kit.do("exit", code=1)
    assert kit.states.count(State.BACKING_OFF) == 2
    await kit.until(State.READY)


@story(answer_timeout_s=0.5)
async def test_a_job_that_hangs_is_ended_and_the_worker_is_back(kit):
    pid = kit.worker.pid
    with pytest.raises(EngineError, match=r"no answer for 0\.5 s"):
        await kit.do("hang")
    await kit.until(State.READY)
    assert not is_alive(pid)
    assert await kit.numbers(3) == [0, 1, 2]


@story(answer_timeout_s=1)
async def test_a_long_job_that_keeps_answering_does_not_hang(kit):
    assert await kit.numbers(30, every_s=0.05) == list(range(30))


@story(policy=Policy(start_timeout_s=SOON_S, ping_every_s=0.2, pong_late_s=0.2, suspect_s=0.2))
async def test_a_process_that_answers_no_ping_is_ended_whatever_its_job_may_take(kit):
    with pytest.raises(EngineError, match="does not answer"):
        await kit.do("hold the lock")
    assert State.SUSPECT in kit.states
    await kit.until(State.READY)


@story(policy=Policy(start_timeout_s=SOON_S, ping_every_s=0.05, pong_late_s=SOON_S))
async def test_it_answers_pings_while_it_works(kit):
    assert await kit.numbers(10, every_s=0.1) == list(range(10))
    assert kit.states == [State.STARTING, State.READY]


@story(policy=Policy(start_timeout_s=SOON_S, ping_every_s=0.05))
async def test_a_leak_shows_in_its_memory(kit):
    before = kit.worker.memory_mb
    await kit.do("leak", mb=64)
    async with asyncio.timeout(SOON_S):
        while kit.worker.memory_mb < before + 60:
            await kit.do("echo")


@story(policy=Policy(start_timeout_s=SOON_S, ping_every_s=0.05))
async def test_an_engine_that_has_grown_is_replaced_and_who_asks_meanwhile_waits_for_the_fresh_one(kit):
    pid = kit.worker.pid
    await kit.do("leak", mb=64)
    async with asyncio.timeout(SOON_S):
        while kit.worker.memory_mb < kit.worker.fresh_mb + 60:
            await kit.numbers(1)
    assert kit.worker.idle
    kit.worker.renew()
    assert not kit.worker.idle
    assert await kit.numbers(3) == [0, 1, 2]
    assert kit.worker.pid != pid
    assert kit.worker.memory_mb < kit.worker.fresh_mb + 30
    assert State.BACKING_OFF not in kit.states


@story()
async def test_what_native_libraries_print_is_logged_and_corrupts_nothing(kit):
    assert len(await kit.do("print")) == 2
    assert len(await kit.do("print a long line")) == 2
    assert await kit.numbers(3) == [0, 1, 2]


def test_what_it_prints_is_found_in_the_log(caplog):
    @story()
    async def tell(kit):
        await kit.do("print")
        await kit.worker.stop()

    with caplog.at_level(logging.DEBUG, logger="edge_agent.workers"):
        tell()
    assert "a native library says hello" in caplog.messages
    assert "so does Python" in caplog.messages


@story()
async def test_garbage_on_the_wire_ends_it(kit):
    with pytest.raises(EngineError, match=r"nonsense.*HTTP/1\.1"):
        await kit.do("talk garbage")
    await kit.until(State.READY)
    assert await kit.numbers(3) == [0, 1, 2]


@story()
async def test_a_message_without_what_belongs_to_it_is_garbage_as_well(kit):
    with pytest.raises(EngineError, match=r"nonsense.*'pong' with None for memory_mb"):
        await kit.do("say half of it")
    await kit.until(State.READY)
    assert await kit.numbers(3) == [0, 1, 2]


@story()
async def test_an_engine_that_hangs_up_is_ended_even_if_it_lives(kit):
    pid = kit.worker.pid
    with pytest.raises(EngineError):
        await kit.do("close the wire")
    await kit.until(State.READY)
    assert not is_alive(pid)


@story()
async def test_an_engine_that_raises_fails_its_job_and_stays(kit):
    pid = kit.worker.pid
    with pytest.raises(EngineError, match="ZeroDivisionError: counted to nothing"):
        await kit.do("raise")
    with pytest.raises(InputError, match="that is no number") as caught:
        await kit.do("refuse")
    assert caught.value.hint == "Give a number."
    assert await kit.numbers(3) == [0, 1, 2]
    assert kit.worker.pid == pid


@story()
async def test_closing_the_iterator_cancels_the_job_within_an_item(kit):
    began = time.monotonic()
    async with contextlib.aclosing(kit.worker.run({"do": "count", "to": 10_000, "every_s": 0.01})) as items:
        await first(items)
    assert await kit.numbers(3) == [0, 1, 2]
    assert time.monotonic() - began < 5, "it counted on: that would have taken 100 s"


@story()
async def test_an_engine_that_looks_at_no_cancel_is_stopped_at_its_next_item(kit):
    job = {"do": "count", "to": 10_000, "every_s": 0.01, "obedient": False}
    async with contextlib.aclosing(kit.worker.run(job)) as items:
        await first(items)
    assert await kit.numbers(3) == [0, 1, 2]


@story(answer_timeout_s=0.5)
async def test_a_cancelled_job_that_hangs_is_ended_as_well(kit):
    async with contextlib.aclosing(kit.worker.run({"do": "hang"})) as items:
        await first(items)
    assert await kit.numbers(3) == [0, 1, 2], "the next job is kept until the successor is there"
    assert kit.states.count(State.STARTING) == 2


@story()
async def test_a_job_waits_for_the_engine_that_died_twice_in_a_row(kit):
    os.kill(kit.worker.pid, signal.SIGKILL)
    await kit.until(State.STARTING)
    await kit.until(State.READY)
    os.kill(kit.worker.pid, signal.SIGKILL)
    await kit.until(State.BACKING_OFF)
    assert await kit.numbers(3) == [0, 1, 2]


@story()
async def test_a_job_that_is_cancelled_before_its_turn_is_never_sent(kit):
    running = kit.worker.run({"do": "hang"})
    await first(running)
    waiting = asyncio.create_task(kit.do("exit", code=1))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    os.kill(kit.worker.pid, signal.SIGKILL)
    with pytest.raises(EngineError, match="SIGKILL"):
        await first(running)
    await kit.until(State.READY)
    assert await kit.numbers(2) == [0, 1]
    assert kit.states.count(State.STARTING) == 2


@story()
async def test_jobs_run_one_at_a_time_by_priority_and_then_in_the_order_given(kit):
    done = []

    async def job(name, priority):
        await kit.do("echo", priority=priority)
        done.append(name)

    async with contextlib.aclosing(kit.worker.run({"do": "count", "to": 10_000, "every_s": 0.01})) as running:
        await first(running)
        jobs = [("partial", 0), ("other partial", 0), ("final", 2), ("other final", 2), ("between", 1)]
        tasks = [asyncio.create_task(job(*given)) for given in jobs]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert done == ["final", "other final", "between", "partial", "other partial"]


@story()
async def test_more_jobs_than_anybody_needs_are_refused(kit):
    running = kit.worker.run({"do": "hang"})
    await first(running)
    tasks = [asyncio.create_task(kit.do("echo")) for _ in range(WAITING_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(EngineError, match="wait for the echo engine"):
        await kit.do("echo")
    await running.aclose()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


@story()
async def test_a_job_too_large_for_the_wire_is_refused_and_nothing_else_suffers(kit):
    with pytest.raises(InputError, match="too large"):
        await kit.do("echo", bytes(1 << 25))
    assert await kit.numbers(2) == [0, 1]


@story(answer_timeout_s=0.2)
async def test_what_nobody_reads_is_not_made_and_a_reader_that_sleeps_is_not_taken_for_a_hang(kit):
    items = kit.worker.run({"do": "count", "to": 100})
    await first(items)
    await asyncio.sleep(0.5)  # Longer than an engine may be silent.
    woke = time.monotonic()
    rest = [item async for item in items]
    assert [item.fields["number"] for item in rest] == list(range(1, 100))
    assert sum(item.fields["at"] < woke for item in rest) <= AHEAD


@story()
async def test_a_job_that_rests_for_its_reader_can_be_cancelled(kit):
    items = kit.worker.run({"do": "count", "to": 1_000_000})
    await first(items)
    await items.aclose()
    assert await kit.numbers(3) == [0, 1, 2]


@story()
async def test_processor_time_is_charged_to_whoever_asked(kit):
    bill = Bill()

    async def asks():
        BILL.set(bill)
        await kit.do("burn", cpu_s=0.05)

    await asyncio.create_task(asks())
    paid_ms = bill.cpu_ms
    assert paid_ms >= 50
    await kit.do("burn", cpu_s=0.05)
    assert bill.cpu_ms == paid_ms, "nobody asked for that on this bill"


@story()
async def test_stopped_its_process_is_gone_and_its_jobs_fail(kit):
    pid = kit.worker.pid
    items = kit.worker.run({"do": "hang"})
    await first(items)
    waiting = asyncio.create_task(kit.do("echo"))
    await asyncio.sleep(0)
    await kit.worker.stop()
    assert not is_alive(pid)
    for job in (first(items), waiting, kit.do("echo")):
        with pytest.raises(EngineError, match=r"was stopped|not running"):
            await job
    await kit.worker.start()
    assert await kit.numbers(2) == [0, 1]


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ("refuse", "two and two made five"),
        ("crash", "exit code 9"),
        ("hang", "not ready within 1 s"),
    ],
)
def test_an_engine_that_does_not_start_says_why(start, says):
    async def tell():
        kit = Kit({"start": start}, policy=Policy(start_timeout_s=1 if start == "hang" else SOON_S))
        with pytest.raises(EngineError, match=says):
            await kit.worker.start()
        assert kit.worker.state is State.STOPPED
        assert kit.worker.pid is None or not is_alive(kit.worker.pid)

    asyncio.run(tell())


def test_a_module_that_does_not_exist_is_an_engine_that_does_not_start():
    async def tell():
        worker = Worker(Spec("ghost", "edge_agent.workers.ghost", {}, 1))
        with pytest.raises(EngineError, match="ghost"):
            await worker.start()

    asyncio.run(tell())


def test_a_start_that_is_given_up_leaves_no_process():
    async def tell():
        kit = Kit({"start": "hang"})
        starting = asyncio.create_task(kit.worker.start())
        await kit.until(State.STARTING)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        assert kit.worker.pid is None or not is_alive(kit.worker.pid)

    asyncio.run(tell())


AGENT = """
    import asyncio, sys
    from edge_agent.workers.process import Spec, Worker

    async def main():
        worker = Worker(Spec("echo", "tests.sim.echo_engine", {}, 1))
        await worker.start()
        print(worker.pid, flush=True)
        async for _ in worker.run({"do": WHAT}):
            pass

    asyncio.run(main())
"""


@pytest.mark.parametrize("what", ["hang", "hold the lock"])
def test_a_worker_does_not_outlive_its_agent(what):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    program = textwrap.dedent(AGENT).replace("WHAT", repr(what))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as agent:
        assert agent.stdout is not None
        pid = int(agent.stdout.readline())
        watch = os.pidfd_open(pid)
        agent.kill()
    # A process's descriptor becomes readable when it ends.
    assert becomes_readable(watch), "the worker is still there"
    os.close(watch)


def becomes_readable(descriptor):
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return poll.poll(SOON_S * 1000)
