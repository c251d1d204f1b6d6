"""A fleet that has begun."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from publisher import Publisher


@pytest.fixture
def fleet(tmp_path, capsys):
    publisher = Publisher(tmp_path, capsys)
    publisher.say("init", publisher.space)
    publisher.publish()
    return publisher
