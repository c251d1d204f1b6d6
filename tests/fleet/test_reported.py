"""What devices report is counted once, whichever way it came and however often."""

import gzip
import json
from contextlib import closing, contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.settings_fleet import ReportForm
from edge_agent.fleet.reported import Tally, tally
from edge_agent.supply.fleet.journal import Journal, Report
from edge_agent.supply.fleet.reports import METRIC, otlp, send
from edge_agent.supply.fleet.words import Phase, Tell
from tests.sim.loopback import Quiet, served

SHA, OTHER = "a" * 64, "b" * 64
KEPT, TAKEN_BACK = (Phase.PROBATION, Phase.COMMIT), (Phase.PROBATION, Phase.ROLLBACK)


def report(key, after="commit", release=SHA, before="probation"):
    return json.dumps({"key": key, "at": 1.0, "before": before, "after": after, "release": release}).encode()


def metrics(device, *told):
    """What a device says after `told`, each (before, after), at moments of their own."""
    reports = [Report(f"{device}-{n}", 10.0 + n, *change, SHA, 3, "") for n, change in enumerate(told)]
    return otlp(reports, reports)


def test_reports_are_counted_once_and_only_ends_count():
    lines = [
        report("1"), report("1"), report("2", "rollback"), report("3", "download"), report("4", release=OTHER),
        report("5", "idle", before="canary"), report("6", "idle", before="download"), report("7", "idle"),
        b"", b"nonsense", b"[1]", b'"x"', b"{}", b"\xff", b"[" * 5000, b"x" * 100_000,
    ]  # fmt: skip
    assert tally(lines, SHA) == Tally(good=1, bad=2, unreadable=7)


def test_metrics_are_counted_like_reports():
    lines = [
        metrics("one", KEPT),
        metrics("two", TAKEN_BACK, (Phase.IDLE, Phase.CHECK)),
        metrics("three", (Phase.CANARY, Phase.IDLE)),
        report("four-1"),
        b'{"resourceSpans":[]}',
        b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"another","gauge":{}}]}]}]}',
    ]
    assert tally(lines, SHA) == Tally(good=2, bad=2)
    assert tally(lines, OTHER) == Tally(0, 0)


@given(st.lists(st.sampled_from([KEPT, TAKEN_BACK, (Phase.IDLE, Phase.CHECK)]), min_size=1, max_size=8), st.randoms())
def test_a_stream_that_comes_late_twice_or_in_disorder_is_its_highest_count(told, chance):
    lines = [metrics("one", *told[:end]) for end in range(1, len(told) + 1)]
    lines += chance.choices(lines, k=3)
    chance.shuffle(lines)
    assert tally(lines, SHA) == Tally(told.count(KEPT), told.count(TAKEN_BACK))


@pytest.mark.parametrize(
    "broken",
    [
        {"resourceMetrics": 1},
        {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": METRIC, "gauge": {}}]}]}]},
        {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": METRIC, "sum": {"dataPoints": [{}]}}]}]}]},
    ],
)
def test_metrics_that_are_none_are_counted_as_unreadable(broken):
    assert tally([json.dumps(broken).encode(), metrics("one", KEPT)], SHA) == Tally(1, 0, 1)


@contextmanager
def collector(file):
    """A stand-in for the OpenTelemetry collector: OTLP over HTTP in, its file exporter's JSON lines out."""
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    from google.protobuf.json_format import MessageToDict, Parse
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    class Handler(Quiet):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            asked = ExportMetricsServiceRequest()
            if self.headers["content-type"] == "application/json":
                Parse(body, asked)  # the schema decides, not we
            else:
                asked.ParseFromString(body)
            with file.open("a") as out:
                out.write(json.dumps(MessageToDict(asked, use_integers_for_enums=True)) + "\n")
            self.send_response(200)
            self.end_headers()

    with served(Handler) as port:
        yield f"http://127.0.0.1:{port}/v1/metrics"


def devices(folder, url, good, bad):
    """Devices on which a release went well, and on which it did not, tell so."""
    for number in range(good + bad):
        root = folder / f"device-{number}"
        root.mkdir()
        with closing(Journal(root)) as journal:
            change = KEPT if number < good else TAKEN_BACK
            journal.store(journal.record(), [Tell(1, 5.0, Phase.IDLE, Phase.CHECK, "", 0, "", "due"),
                                             Tell(2, 9.0, *change, SHA, 3, "", "done")])  # fmt: skip
        assert send(root, url, ReportForm.OTLP) == 2
        assert send(root, url, ReportForm.OTLP) == 0


def test_a_collectors_file_says_what_devices_sent(tmp_path):
    file = tmp_path / "metrics.jsonl"
    with collector(file) as url:
        devices(tmp_path, url, good=7, bad=2)
    assert tally(file.read_bytes().splitlines(), SHA) == Tally(7, 2)
    assert "device-" not in file.read_text()


@pytest.mark.parametrize("temporality", ["CUMULATIVE", "DELTA"])
def test_metrics_of_the_opentelemetry_sdk_are_counted(tmp_path, temporality):
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import Counter, MeterProvider
    from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource

    file = tmp_path / "metrics.jsonl"
    with collector(file) as url:
        wanted = {Counter: AggregationTemporality[temporality]}
        for device in ("one", "two"):
            exporter = OTLPMetricExporter(url, preferred_temporality=wanted)
            reader = PeriodicExportingMetricReader(exporter, export_interval_millis=1e9)
            provider = MeterProvider([reader], Resource({"service.instance.id": device}))
            counter = provider.get_meter("updater").create_counter(METRIC)
            counter.add(1, {"release": SHA, "before": "probation", "after": "commit"})
            reader.collect()
            counter.add(1, {"release": SHA, "before": "canary", "after": "idle"})
            provider.shutdown()
    assert tally(file.read_bytes().splitlines(), SHA) == Tally(2, 2)


def test_reports_in_a_folder_stop_a_rollout(fleet, tmp_path):
    sha = fleet.released("1.0.0")["sha256"]
    folder = tmp_path / "reports"
    (folder / "old").mkdir(parents=True)
    lines = [report(str(n), release=sha) for n in range(30)]
    (folder / "old" / "a.jsonl").write_bytes(b"\n".join(lines[:20]))
    (folder / "b.ndjson").write_bytes(b"\n".join(lines[10:]))
    (folder / "notes.txt").write_text("no reports")
    assert not fleet.rollout("pause", "spring-1.0.0", "--reports", folder)["changed"]
    (folder / "metrics.json").write_bytes(
        b"\n".join(metrics(str(n), TAKEN_BACK).replace(SHA.encode(), sha.encode()) for n in range(4))
    )
    assert fleet.rollout("pause", "spring-1.0.0", "--reports", folder)["pace"]["paused"]
    missing = fleet.rollout("pause", "spring-1.0.0", "--reports", tmp_path / "none.jsonl", code=66)
    assert "none.jsonl" in missing["message"]
