"""How the process ends when something in it will not."""

import signal
import subprocess
import sys

import pytest

HANGS = """
import ctypes, faulthandler, sys
from edge_agent.app import farewell
faulthandler.enable()
farewell.deadline()
def a_driver_that_hangs():
    ctypes.PyDLL(None).sleep(60)  # with the interpreter's lock in its hand: no line of Python runs any more
a_driver_that_hangs()
"""


@pytest.mark.alone
def test_a_process_in_which_a_driver_hangs_leaves_its_stacks_and_ends_as_the_units_expect():
    ended = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, check=False, timeout=50)
    assert ended.returncode == -signal.SIGALRM  # SuccessExitStatus= in systemd/
    assert "a_driver_that_hangs" in ended.stderr
