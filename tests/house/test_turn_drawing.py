"""The drawn turn machine is the one that runs."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_picture_and_the_page_of_the_turn_machine_are_not_stale():
    check = subprocess.run(
        [sys.executable, "tools/draw_turn.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stderr
