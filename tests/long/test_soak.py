"""A slice of `make soak`: minutes of turns, accelerated and in real time with faults. Nothing is lost or grows."""

import asyncio
import importlib.util
import json
import sys
from pathlib import Path

import pytest

from edge_agent.bench.growth import judged
from tests.sim.engines import model_folder

pytestmark = [pytest.mark.models, pytest.mark.long, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
SECONDS = 90.0


@pytest.fixture(scope="module")
def tool():
    model_folder("smollm2-135m")
    spec = importlib.util.spec_from_file_location("soak", ROOT / "tools" / "soak.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["soak"] = module  # Its dataclasses look themselves up there.
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("turns", "faults"), [(10_000, False), (0, True)], ids=["accelerated", "real time, faults"])
def test_no_turn_is_lost_and_nothing_grows(capsys, tmp_path, tool, turns, faults):
    told = judged(asyncio.run(tool.soak(tmp_path / "soak.jsonl", turns, SECONDS, faults=faults)))
    with capsys.disabled():
        print(f"\n{json.dumps(told)}")
    assert told["lost"] == 0
    assert told["leaks"] == []
    assert told["turns"] > 0
