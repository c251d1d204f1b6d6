"""Reports arrive, sooner or later, and never twice under two names."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from edge_agent.base.errors import NetworkError
from edge_agent.supply.fleet.reports import send


@contextmanager
def collector(statuses):
    """A server that takes JSON lines; it answers `statuses` first, then 204."""
    taken = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            status = statuses.pop(0) if statuses else 204
            taken.extend(json.loads(line) for line in body.splitlines())
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_every_step_is_told_once_and_nothing_about_the_device(device):
    device.fleet.publish(1, {"m": b"weights"})
    device.update()
    with collector([]) as (url, taken):
        assert send(device.root, url) == 11
        assert send(device.root, url) == 0
    assert [one["after"] for one in taken][-2:] == ["commit", "idle"]
    assert set(taken[0]) == {"key", "at", "before", "after", "release", "counter", "reason", "why"}


def test_what_did_not_arrive_is_sent_again_under_the_same_key(device):
    device.fleet.publish(1, {"m": b"weights"})
    device.update()
    with collector([503]) as (url, taken):
        with pytest.raises(NetworkError, match="503"):
            send(device.root, url)
        assert send(device.root, url) == 11
    assert len(taken) == 22
    assert len({one["key"] for one in taken}) == 11


def test_an_address_where_nobody_is_costs_nothing(device):
    device.update()
    with collector([]) as (url, _):
        pass
    with pytest.raises(NetworkError):
        send(device.root, url)
    assert device.history() == ["check", "idle"]
