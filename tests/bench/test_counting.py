"""What is counted of a process, and of one that is no more."""

import os
import subprocess
import sys
from pathlib import Path

from edge_agent.bench.counting import process


def test_a_living_process_has_memory_threads_and_descriptors():
    counted = process("agent", os.getpid())
    assert list(counted) == ["agent mb", "agent threads", "agent descriptors"]
    assert all(value >= 1 for value in counted.values())


def test_what_is_opened_is_counted():
    before = process("agent", os.getpid())["agent descriptors"]
    with Path(os.devnull).open():
        assert process("agent", os.getpid())["agent descriptors"] == before + 1


def test_nothing_is_counted_of_one_that_is_gone_or_dead_or_was_never_there():
    dead = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet missed
    assert process("llm", dead.pid) == {}
    dead.wait()
    assert process("llm", dead.pid) == process("llm", None) == {}
