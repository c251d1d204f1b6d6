"""How much is kept back of what should be, and how much of what should not: the goals."""

import subprocess
import sys
from pathlib import Path

import pytest
from kept_back import FOLDER, innocent, missed, sensitive, touched

RECALL_MIN, TOUCHED_MAX = 0.99, 0.02

SENSITIVE = (
    "sensitive.tsv",
    "made_sensitive.tsv",
    "held_sensitive.tsv",
    "made_held_sensitive.tsv",
    "late_sensitive.tsv",
    "fresh_sensitive.tsv",
    "garbled_sensitive.tsv",
    "last_sensitive.tsv",
    "second_sensitive.tsv",
)
INNOCENT = tuple(name.replace("sensitive", "innocent") for name in SENSITIVE)
TOOL = Path(__file__).parents[4] / "tools" / "privacy_corpus.py"


@pytest.mark.parametrize("part", ["", "held"])
def test_p12_what_is_private_is_kept_back(part):
    rows = [row for name in SENSITIVE if part in name for row in sensitive(name)]
    left = missed(rows)
    told = "\n".join(" | ".join(row) for row in left)
    sys.stdout.write(f"{part or 'all'}: {len(rows) - len(left)} of {len(rows)} kept back\n{told}")
    assert len(left) <= (1 - RECALL_MIN) * len(rows), told


@pytest.mark.parametrize("part", ["", "held"])
def test_what_is_innocent_is_left_alone(part):
    texts = [text for name in INNOCENT if part in name for text in innocent(name)]
    changed = touched(texts)
    told = "\n".join(" | ".join(pair) for pair in changed)
    sys.stdout.write(f"{part or 'all'}: {len(changed)} of {len(texts)} innocent ones touched\n{told}")
    assert len(changed) <= TOUCHED_MAX * len(texts), told


def test_the_corpus_is_large_enough_to_tell():
    assert sum(len(sensitive(name)) for name in SENSITIVE) >= 1000
    assert sum(len(innocent(name)) for name in INNOCENT) >= 1200


def test_the_made_part_is_what_the_tool_makes(tmp_path):
    subprocess.run([sys.executable, TOOL, tmp_path], check=True)
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (FOLDER / made.name).read_bytes(), made.name
