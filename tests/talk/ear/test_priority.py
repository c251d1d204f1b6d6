"""Sound first: one thread may be real-time, and nothing else becomes so by it."""

import os
import threading

from edge_agent.talk.ear.priority import raise_priority


def policy():
    return os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK


def test_only_the_thread_that_asks_is_real_time_and_what_it_starts_is_not():
    seen = {}

    def engine():
        seen["engine"] = policy()

    def ear():
        raise_priority()
        seen["ear"] = policy()
        started = threading.Thread(target=engine)
        started.start()
        started.join()

    thread = threading.Thread(target=ear)
    thread.start()
    thread.join()
    assert seen["ear"] in (os.SCHED_FIFO, os.SCHED_OTHER)  # the latter where it is not allowed
    assert seen["engine"] == policy() == os.SCHED_OTHER
