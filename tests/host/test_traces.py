"""Traces of turns, sent to a real collector on loopback, to one that is away, and to one that hangs."""

import gzip
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from edge_agent.app.timeline import Stage, Timeline
from edge_agent.app.tracing import spans
from edge_agent.base.errors import SettingsError
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.layers import load
from edge_agent.host.traces import CLOSE_S, WAITING_MAX, Span, Traces

pytest.importorskip("opentelemetry.exporter.otlp.proto.http")

STAMPS = {
    Stage.SPEECH_END: 1 * RATE_HZ,
    Stage.SOFT_END: 1 * RATE_HZ + 1600,
    Stage.TRANSCRIPT: 1 * RATE_HZ + 3200,
    Stage.FIRST_SAMPLE: 2 * RATE_HZ,
}
TURN = Timeline(1, STAMPS, kind="skill", reason="secret?", user="secret", reply="hush", heard="hush")
NOW_NS = 1_700_000_000_000_000_000


class Collector:
    """Keeps what is posted to it."""

    def __enter__(self):
        bodies = self.bodies = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                bodies.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def spans(self):
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        resources = [one for body in self.bodies for one in ExportTraceServiceRequest.FromString(body).resource_spans]
        return [span for one in resources for scope in one.scope_spans for span in scope.spans]


def test_a_turn_is_a_span_with_its_stages_in_it():
    whole, parts = spans(TURN, 3 * RATE_HZ, NOW_NS)
    assert (whole.began_ns, whole.ended_ns) == (NOW_NS - 2_000_000_000, NOW_NS)
    assert [part.name for part in parts] == ["stt"]
    assert parts[0].ended_ns - parts[0].began_ns == 100_000_000
    assert spans(Timeline(1), 0, NOW_NS) is None


def test_the_collector_gets_it_without_a_word_of_what_was_said():
    with Collector() as collector:
        traces = Traces(collector.url)
        traces.tell(*spans(TURN, 3 * RATE_HZ, NOW_NS))
        traces.close()
        got = {one.name: one for one in collector.spans()}
        wire = b"".join(collector.bodies)
    assert set(got) == {"turn", "stt"}
    assert got["stt"].parent_span_id == got["turn"].span_id
    assert got["turn"].end_time_unix_nano - got["turn"].start_time_unix_nano == 2_000_000_000
    assert b"secret" not in wire
    assert b"hush" not in wire
    assert socket.gethostname().encode() not in wire


def test_a_collector_that_is_away_holds_up_nothing():
    with socket.socket() as hanging:  # it accepts, and never answers
        hanging.bind(("127.0.0.1", 0))
        hanging.listen()
        traces = Traces(f"http://127.0.0.1:{hanging.getsockname()[1]}")
        began = time.monotonic()
        for _ in range(2 * WAITING_MAX):
            traces.tell(Span("turn", NOW_NS, NOW_NS + 1), [])
        told_s = time.monotonic() - began
        traces.close()
        assert time.monotonic() - began - told_s < CLOSE_S + 1
    assert told_s < 2


@pytest.mark.parametrize("endpoint", ["http://collector.example:4318", "ftp://127.0.0.1", "127.0.0.1:4318"])
def test_where_anybody_could_read_it_nothing_is_sent(endpoint):
    with pytest.raises(SettingsError, match=r"trace\.endpoint"):
        load({"trace.endpoint": endpoint})
