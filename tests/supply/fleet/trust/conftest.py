"""A repository of the tests on loopback, and our client beside it."""

import sys
from pathlib import Path

import pytest

from tests.sim.tuf_repository import Repository

sys.path.insert(0, str(Path(__file__).parent))

from tuf_client import Client


@pytest.fixture
def repository():
    return Repository()


@pytest.fixture
def client(repository, tmp_path):
    """A client that trusts the repository's first root and has asked nothing yet."""
    with repository.serve() as url:
        client = Client(tmp_path, url)
        for folder in (client.metadata, client.targets):
            folder.mkdir()
        assert client.init(repository.public["metadata/1.root.json"]) == 0
        yield client
