"""The turn machine that is drawn, and the one that is broken on purpose, is the one that runs."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("tool", ["draw_turn.py", "mutate_turn.py"])
def test_neither_the_picture_and_the_page_nor_the_mutants_are_stale(tool):
    check = subprocess.run(
        [sys.executable, f"tools/{tool}", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stdout + check.stderr
