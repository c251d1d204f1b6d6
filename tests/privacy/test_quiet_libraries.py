"""Libraries that would tell somebody about this device don't."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sim.engines import model_folder

ROOT = Path(__file__).parents[2]

LOADS = """
import sys
from pathlib import Path
from edge_agent.talk.ear.vad import Silero
Silero(Path(sys.argv[1]))
"""


@pytest.mark.models
def test_onnxruntime_makes_no_name_for_this_device_and_so_tells_nobody(tmp_path):
    model = next(model_folder("silero-vad").glob("*.onnx"))
    # It keeps quiet by itself where it thinks that it is tested.
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", LOADS, str(model)], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []
