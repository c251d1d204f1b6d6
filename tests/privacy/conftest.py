"""A home in which nothing was ever configured, as the command line's tests have it."""

import pytest

from tests.cli.conftest import Home


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return Home(tmp_path_factory.mktemp("home"))
