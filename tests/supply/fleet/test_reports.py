"""Reports arrive, sooner or later, and never twice under two names."""

import json
import threading
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from edge_agent.base.errors import NetworkError
from edge_agent.base.settings_fleet import ReportForm
from edge_agent.supply.fleet.journal import WAITING_MAX, Journal
from edge_agent.supply.fleet.reports import send
from edge_agent.supply.fleet.words import Phase, Record, Tell


@contextmanager
def collector(statuses):
    """A server that takes lines of JSON; it answers `statuses` first, then 204."""
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


def lived(root, months):
    """A device that took one release and then, every hour, asked and found nothing; nobody took its reports."""
    first = Tell(0, 0.0, Phase.PROBATION, Phase.COMMIT, "a" * 64, 1, "", "finished")
    asking = [
        Tell(serial, 3600.0 * serial, *change, "", 1, "", "due")
        for serial in range(1, months * 30 * 24 * 2)
        for change in [(Phase.IDLE, Phase.CHECK) if serial % 2 else (Phase.CHECK, Phase.IDLE)]
    ]
    with closing(Journal(root)) as journal:
        journal.store(Record(), [first, *asking])
    return 1 + len(asking)


def test_reports_that_nobody_takes_for_a_year_do_not_fill_the_disk(tmp_path):
    told = lived(tmp_path, months=12)
    with closing(Journal(tmp_path)) as journal:
        waiting = journal.history(told)
    assert len(waiting) == WAITING_MAX
    assert waiting[0].key.endswith(f"-{told - 1}")
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 16 << 20  # its log of changes included


@pytest.mark.parametrize("form", ReportForm)
def test_a_collector_that_was_away_for_two_months_gets_all_of_them(tmp_path, form):
    told = lived(tmp_path, months=2)
    with collector([]) as (url, _):
        assert send(tmp_path, url, form) == told
        assert send(tmp_path, url, form) == 0
