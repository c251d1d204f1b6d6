"""A repository of the tests on loopback, and our client beside it."""

import sys
from pathlib import Path

import pytest

from tests.sim.tuf_repository import Repository

sys.path.insert(0, str(Path(__file__).parent))

from tuf_client import Client, as_a_program, called


@pytest.fixture
def repository():
    return Repository()


@pytest.fixture(params=[called, pytest.param(as_a_program, marks=pytest.mark.long)], ids=lambda way: way.__name__)
def client(repository, tmp_path, request):
    """A client that trusts the repository's first root and has asked nothing yet."""
    with repository.serve() as url:
        client = Client(tmp_path, url, request.param)
        for folder in (client.metadata, client.targets):
            folder.mkdir()
        assert client.init(repository.public["metadata/1.root.json"]) == 0
        yield client
