"""The metrics' page, and that whoever watches it (dashboard, alerts) names only what is on it."""

import json
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from edge_agent.host.metrics import Metrics, Microphone, Seen
from edge_agent.supply.fleet.figures import Figures, Kept
from edge_agent.supply.fleet.journal import Counts
from edge_agent.supply.fleet.words import Phase
from tests.house.house import ROOT

OBSERVABILITY = ROOT / "docs" / "observability"
FUNCTIONS = {"histogram_quantile", "sum", "rate", "increase", "deriv", "clamp_min", "label_values", "time"}
WORDS = {"by", "and", "on", "up", "without", "or"}


NAMES = """
turn_latency_seconds stt_rtf empty_transcripts_total barge_in_total aec_erle_db audio_xruns_total
audio_gap_seconds_total escalations_total{reason,outcome} redactions_total{kind} tool_calls_total{class,outcome}
tool_parse_failures_total model_generation_info{gen,counter,state} update_state{state}
update_transitions_total{from,to,reason} update_bytes_total{source} rollback_total{reason}
tuf_metadata_expiry_seconds{role} clock_floor_violation_total watchdog_miss_total rss_bytes{proc} thermal_throttle
disk_free_bytes mic_state{of} self_test_ok{proc}
""".split()
"""What a fleet's operators look for: these are names that they know from elsewhere, and may not change."""

UPDATES = Figures(
    Phase.PROBATION,
    Counts(
        {
            ("idle", "check", "due"): 3,
            ("check", "idle", "clock"): 2,
            ("probation", "rollback", "bad"): 1,
            ("trial", "rollback", "bad"): 1,
            ("commit", "rollback", "goback"): 1,
        },
        {"net": 5, "local": 7},
    ),
    (Kept("8-ab", 8, "trial"), Kept("pulled", 0, "good")),
    {"timestamp": 1_800_000_000},
)


def page(metrics):
    """Every sample on the page: {(name, labels): value}."""
    text = metrics.page().decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def full():
    engines = {"ready": {"stt": True}, "memory": {"agent": 1, "stt": 2}}
    metrics = Metrics(
        lambda: Seen(**engines, xruns=3, gap_s=0.5, drops={"ear": 4}, erle_db=21.5, throttled=True, updates=UPDATES)
    )
    metrics.turn_ended("skill", {"total": 0.3, "stt": 0.1}, interrupted=True)
    metrics.transcribed(0.1)
    metrics.escalated("small talk", "answered")
    metrics.redacted({"phone": 2})
    metrics.nothing_said()
    metrics.restarted("stt")
    metrics.device_failed("lost")
    metrics.woken("word")
    metrics.tool_called("read", "done")
    metrics.tool_called("read", "invalid")
    metrics.watchdog_missed()
    return metrics


def test_what_happened_is_counted():
    found = page(full())
    assert found["turns_total", (("kind", "skill"),)] == 1
    assert found["turn_latency_seconds_sum", (("stage", "total"),)] == pytest.approx(0.3)
    assert found["turn_latency_seconds_bucket", (("le", "0.3"), ("stage", "total"))] == 1
    assert found["barge_in_total", ()] == found["empty_transcripts_total", ()] == 1
    assert found["redactions_total", (("kind", "phone"),)] == 2
    assert found["worker_restarts_total", (("proc", "stt"),)] == 1
    assert found["dropped_total", (("place", "ear"),)] == 4
    assert found["tool_parse_failures_total", ()] == found["watchdog_miss_total", ()] == 1


@pytest.mark.parametrize("told", NAMES)
def test_every_name_that_operators_know_is_there(told):
    name, _, labels = told.rstrip("}").partition("{")
    there = [set(dict(pairs)) for found, pairs in page(full()) if re.fullmatch(f"{name}(_count)?", found)]
    assert there
    assert all(set(filter(None, labels.split(","))) <= found for found in there)


def test_what_the_updater_did_is_told_as_it_wrote_it():
    found = page(full())
    phases = {dict(pairs)["state"]: value for (name, pairs), value in found.items() if name == "update_state"}
    assert phases == {phase.value: float(phase is Phase.PROBATION) for phase in Phase}
    assert found["update_transitions_total", (("from", "idle"), ("reason", "due"), ("to", "check"))] == 3
    backs = {dict(pairs)["reason"]: value for (name, pairs), value in found.items() if name == "rollback_total"}
    assert backs == {"bad": 2, "goback": 1, "later": 0, "space": 0, "restarted": 0}
    assert found["clock_floor_violation_total", ()] == 2
    assert [found["update_bytes_total", (("source", one),)] for one in ("net", "mirror", "local")] == [5, 0, 7]
    assert found["model_generation_info", (("counter", "8"), ("gen", "8-ab"), ("state", "trial"))] == 1
    assert found["tuf_metadata_expiry_seconds", (("role", "timestamp"),)] == 1_800_000_000


def test_what_is_not_known_is_not_told():
    names = {name for name, _ in page(Metrics(Seen))}
    assert "aec_erle_db" not in names
    assert not names & {"model_generation_info", "tuf_metadata_expiry_seconds"}


def test_what_an_alert_waits_for_is_told_while_it_is_nothing():
    """Prometheus sees no increase in a counter whose first value is 1: a device's first rollback would be missed."""
    rises = re.findall(r"increase\((\w+)\[", (OBSERVABILITY / "alerts.yaml").read_text())
    told = {name: value for (name, _), value in page(Metrics(Seen)).items()}
    assert len(rises) > 5
    assert {told[name] for name in rises} == {0}


def test_what_is_the_case_is_looked_at_when_somebody_asks():
    seen = [Seen(), Seen(microphone=Microphone(software=False), xruns=7)]
    metrics = Metrics(lambda: seen[0])
    assert page(metrics)["mic_state", (("of", "effective"),)] == 1
    seen.pop(0)
    found = page(metrics)
    assert [found["mic_state", (("of", who),)] for who in ("hw", "sw", "effective")] == [1, 0, 0]
    assert found["audio_xruns_total", ()] == 7


@given(st.booleans(), st.booleans())
def test_p05_either_switch_closes_the_microphone(hardware, software):
    assert Microphone(hardware, software).effective is (hardware and software)


def known():
    """Every name on a page where everything has happened."""
    return {name for name, _ in page(full())}


def named(expression):
    """The metrics that an expression names."""
    bare = re.sub(r'\{[^}]*\}|\[[^]]*\]|"[^"]*"|\b(by|on)\s*\([^)]*\)', " ", expression)
    return set(re.findall(r"[a-z_]{2,}[a-z0-9_]*", bare)) - FUNCTIONS - WORDS


def test_the_dashboard_names_only_metrics_that_there_are():
    dashboard = json.loads((OBSERVABILITY / "dashboard.json").read_text())
    used = set()
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            used |= named(target["expr"])
    assert used - known() == set()
    shown = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in used}
    there = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in known() if not name.endswith("_created")}
    assert there - shown == set(), "a metric that nobody sees"


def test_the_alerts_name_only_metrics_that_there_are():
    rules = yaml.safe_load((OBSERVABILITY / "alerts.yaml").read_text())["groups"][0]["rules"]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert named(rule["expr"]) - known() == set(), rule["alert"]
        assert set(rule["annotations"]) == {"summary"}
        assert rule["labels"]["severity"] in ("info", "warning", "critical")


def test_the_labels_that_the_dashboard_and_the_alerts_choose_by_exist():
    text = (OBSERVABILITY / "dashboard.json").read_text() + (OBSERVABILITY / "alerts.yaml").read_text()
    labels = set().union(*(dict(pairs) for _, pairs in page(full())))
    used = set(re.findall(r'([a-z]+)=~?\\?"', text)) - {"instance", "job"}
    assert used
    assert used - labels == set()
