"""What all tests share."""

import sys
from pathlib import Path

from hypothesis import settings

# How long one example takes says more about the machine that tests than about what is tested.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# `tests.sim` is to be found wherever pytest was started.
ROOT = str(Path(__file__).parents[1])
if ROOT not in sys.path:
    sys.path.append(ROOT)
