"""Pullers that are killed, and two at once."""

import signal

import pytest

from edge_agent.supply import fetch
from edge_agent.supply.store import State

MB = 1 << 20


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_pull_goes_on_where_it_stopped(shelf, server, store, puller, how):
    data = shelf.bytes(4 * MB)
    page = server.serve("/m/a.bin", data, holds_after=3 * MB)
    table = shelf.table(m=shelf.model({"a.bin": data}, shelf.https(server)))
    with puller(table) as process:
        next(line for line in process.lines() if line["arriving"].get("m/a.bin", 0) > 2 * MB)
        process.send_signal(how)
        process.communicate()
    page.go.set()
    wanted = shelf.models(table)
    assert store.state(wanted[0]) is State.PARTIAL
    assert not (store.root / "m").exists(), "half a file has no name"
    fetch.pull(store, wanted)
    assert store.damaged(wanted[0]) == {}
    assert page.asked[0] == 0
    assert page.asked[1] > 1 * MB


def test_a_second_pull_waits_for_the_first_and_finds_everything_done(shelf, server, puller):
    page = server.serve("/m/a.bin", b"data" * 1000, holds_after=100)
    table = shelf.table(m=shelf.model({"a.bin": b"data" * 1000}, shelf.https(server)))
    with puller(table) as first:
        page.held.wait(30)
        with puller(table) as second:
            assert "another process" in next(second.lines())["note"]
            page.go.set()
            assert list(second.lines())[-1] == {"fetched": []}
        assert list(first.lines())[-1] == {"fetched": ["m/a.bin"]}
    assert page.asked == [0]
