"""The fleet's models on this device, as metrics. What was updated is known by numbers and by one of a few words."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from edge_agent.supply.fleet.download import LOCAL, MIRROR, NET
from edge_agent.supply.fleet.figures import Figures
from edge_agent.supply.fleet.words import Fault, GoBack, Phase, Restarted

CLOCK = "clock"
"""Why a check ended where the clock was behind a time that was signed."""

BACK = (*(fault.value for fault in Fault), *(event.__name__.lower() for event in (Restarted, GoBack)))
"""What may have a release taken back; told from the beginning, as `metrics.ZEROS`."""


def families(seen: Figures) -> Iterator[Metric]:
    """Yield them."""
    yield from _standing(seen)
    changes = CounterMetricFamily(
        "update_transitions", "Changes of an update's phase, and what made them", labels=["from", "to", "reason"]
    )
    back = CounterMetricFamily("rollback", "Releases that were taken back, by what made it so", labels=["reason"])
    backs = dict.fromkeys(BACK, 0)
    for (before, after, why), count in seen.counts.changes.items():
        changes.add_metric([before, after, why], count)
        if after == Phase.ROLLBACK:
            backs[why] = backs.get(why, 0) + count
    for why, count in backs.items():
        back.add_metric([why], count)
    yield changes
    yield back
    behind = sum(count for (_, _, why), count in seen.counts.changes.items() if why == CLOCK)
    yield CounterMetricFamily(
        "clock_floor_violation", "Checks for which the clock was behind what was signed", value=behind
    )
    arrived = CounterMetricFamily("update_bytes", "Bytes of releases, by where they came from", labels=["source"])
    for place in (NET, MIRROR, LOCAL):
        arrived.add_metric([place], seen.counts.arrived.get(place, 0))
    yield arrived


def _standing(seen: Figures) -> Iterator[Metric]:
    phase = GaugeMetricFamily("update_state", "1 for the phase in which the update is", labels=["state"])
    for one in Phase:
        phase.add_metric([one.value], one is seen.phase)
    yield phase
    kept = GaugeMetricFamily(
        "model_generation_info", "Models on this disk: on trial, good, before", labels=["gen", "counter", "state"]
    )
    for generation in seen.kept:
        kept.add_metric([generation.name, str(generation.counter), generation.state], 1)
    yield kept
    expiry = GaugeMetricFamily(
        "tuf_metadata_expiry_seconds", "When what a role signed expires, Unix time", labels=["role"]
    )
    for role, at in seen.expires.items():
        expiry.add_metric([role], at)
    yield expiry
