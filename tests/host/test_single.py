"""One agent per device."""

import os
import subprocess
import sys

import pytest

from edge_agent.base.errors import AccessError, BusyError
from edge_agent.host.single import FILE, alone

HOLD = "import sys; from pathlib import Path; from edge_agent.host.single import alone\n"
HOLD += "with alone(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"


def holder(folder):
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_a_second_one_is_told_who_the_first_is(tmp_path):
    with holder(tmp_path) as first:
        assert first.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match=f"process {first.pid}") as told, alone(tmp_path):
            pass
        first.stdin.close()
    assert told.value.exit_code == 75


def test_the_lock_goes_with_the_process_however_that_ends(tmp_path):
    with holder(tmp_path) as first:
        assert first.stdout.readline() == "held\n"
        first.kill()
    with alone(tmp_path):
        assert (tmp_path / FILE).read_text() == str(os.getpid())
    with alone(tmp_path):
        pass


def test_where_no_lock_can_be_made_it_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(AccessError, match="can't be made"), alone(tmp_path / "file"):
        pass
