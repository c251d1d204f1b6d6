"""Metrics in Prometheus' own form.

1. No label holds a word of a conversation, and each takes one of a few known values: no number of turns makes the
   page longer.
2. What happens is counted as it is told (`turn_ended` and its like); what merely is (memory, the microphone) is looked
   at when somebody asks, through `seen`.
3. The registry is this object's own: nothing that a library counts is on the page by accident.

To be used from one thread.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from edge_agent import __version__
from edge_agent.host.update_metrics import families
from edge_agent.supply.fleet.figures import Figures

KIND = "text/plain; version=0.0.4; charset=utf-8"
"""Of the page, as HTTP calls it."""

BUCKETS_S = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)

BUCKETS_RTF = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0)

INVALID = "invalid"
"""The outcome of a call of a tool that can't be read, or does not fit the tool's schema."""

KINDS = ("skill", "local", "cloud", "announcement")
"""Who answers; anything else is `OTHER`."""

ZEROS = {
    "turns": KINDS,
    "worker_restarts": ("stt", "llm", "tts"),
    "audio_device_failures": ("lost", "silent"),
}
"""Counters that are told from the beginning, by their label. Of one that begins at 1, no alert sees a rise."""

OTHER = "other"
"""What a label says of anything that it does not know."""


@dataclass(frozen=True, slots=True)
class Microphone:
    """Whether it is open, by who could have closed it."""

    hardware: bool = True
    """False while it delivers nothing but zeros: a switch, or a plug half out."""
    software: bool = True
    """False while it is muted here."""

    @property
    def effective(self) -> bool:
        """Whether the agent hears."""
        return self.hardware and self.software


@dataclass(frozen=True, slots=True)
class Seen:
    """What is the case now."""

    microphone: Microphone = Microphone()
    awake: bool = True
    ready: Mapping[str, bool] = field(default_factory=dict)
    """Each engine, and whether it is proven and takes work."""
    memory: Mapping[str, int] = field(default_factory=dict)
    """Resident bytes of each process."""
    xruns: int = 0
    """Times that sound was lost between device and agent."""
    gap_s: float = 0.0
    """For which the audio device was away, in all."""
    drops: Mapping[str, int] = field(default_factory=dict)
    """What was lost because somebody was too slow, by where it waited: samples, blocks, orders."""
    erle_db: float | None = None
    """By how much its own voice in the microphone is softened; None while it is not known."""
    throttled: bool = False
    """Whether the processor is slowed down because it is too hot."""
    disk_free: int = 0
    """Bytes, where the state folder lies."""
    up_s: float = 0.0
    updates: Figures = field(default_factory=Figures)
    """Of the fleet's models on this device."""


class Metrics:
    """One agent's."""

    def __init__(self, seen: Callable[[], Seen]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Looked(seen))
        self._latency = Histogram(
            "turn_latency_seconds",
            "From the user's last sample to each stage of the answer; total is the first sound",
            ["stage"],
            buckets=BUCKETS_S,
            registry=self._registry,
        )
        self._rtf = Histogram(
            "stt_rtf",
            "Time that speech-to-text worked, per second of what was said",
            buckets=BUCKETS_RTF,
            registry=self._registry,
        )
        self._turns = self._counter("turns", "Exchanges, by who answered", "kind")
        self._empty = self._counter("empty_transcripts", "Noises that were taken for a turn and held no words")
        self._barge_in = self._counter("barge_in", "Answers that somebody interrupted")
        self._escalations = self._counter("escalations", "Turns that the cloud answered", "reason", "outcome")
        self._redactions = self._counter("redactions", "Private words that stayed here, by category", "kind")
        self._tools = self._counter("tool_calls", "Calls of tools, by what they may do", "class", "outcome")
        self._unread = self._counter("tool_parse_failures", "Calls that a model wanted in a way that can't be read")
        self._misses = self._counter("watchdog_miss", "Looks after which the watchdog was not fed, or that came late")
        self._restarts = self._counter("worker_restarts", "Engines that failed and were started again", "proc")
        self._device = self._counter("audio_device_failures", "Losses and silences of the audio device", "kind")
        self._wakes = self._counter("wakes", "Times that the agent was woken", "by")
        built = Gauge("build_info", "The version that runs", ["version"], registry=self._registry)
        built.labels(__version__).set(1)

    def turn_ended(self, kind: str, stages_s: Mapping[str, float], *, interrupted: bool) -> None:
        """Count an exchange and the times of its stages, s."""
        self._turns.labels(kind).inc()
        self._barge_in.inc(interrupted)
        for stage, seconds in stages_s.items():
            self._latency.labels(stage).observe(seconds)

    def transcribed(self, rtf: float) -> None:
        """Count how fast speech-to-text was; 0 where it was not asked."""
        if rtf > 0:
            self._rtf.observe(rtf)

    def escalated(self, reason: str, outcome: str) -> None:
        """Count a turn that the cloud answered."""
        self._escalations.labels(reason, outcome).inc()

    def redacted(self, held: Mapping[str, int]) -> None:
        """Count what was kept back from one request."""
        for kind, count in held.items():
            self._redactions.labels(kind).inc(count)

    def tool_called(self, risk: str, outcome: str) -> None:
        """Count a call of a tool, or one that was refused."""
        self._tools.labels(risk, outcome).inc()
        self._unread.inc(outcome == INVALID)

    def watchdog_missed(self) -> None:
        """Count a look after which the watchdog was not fed, or that came too late."""
        self._misses.inc()

    def nothing_said(self) -> None:
        """Count a turn without words."""
        self._empty.inc()

    def restarted(self, engine: str) -> None:
        """Count a worker that failed."""
        self._restarts.labels(engine).inc()

    def device_failed(self, kind: str) -> None:
        """Count a device that is `lost` or `silent`."""
        self._device.labels(kind).inc()

    def woken(self, by: str) -> None:
        """Count a waking by a `word` or a `key`."""
        self._wakes.labels(by).inc()

    def page(self) -> bytes:
        """Return everything as of now."""
        return generate_latest(self._registry)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        counter = Counter(name, about, labels, registry=self._registry)
        for label in ZEROS.get(name, ()):
            counter.labels(label)
        return counter


class _Looked:
    """What is looked at when somebody asks."""

    def __init__(self, seen: Callable[[], Seen]) -> None:
        self._vitals = seen

    def describe(self) -> Iterator[Metric]:
        """Nothing: to describe it, one would have to look."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Look."""
        now = self._vitals()
        microphone = {
            "hw": now.microphone.hardware,
            "sw": now.microphone.software,
            "effective": now.microphone.effective,
        }
        yield _gauge("mic_state", "1 while the microphone is open, by who could close it", "of", microphone)
        yield _gauge("self_test_ok", "1 while the engine is proven and takes work", "proc", now.ready)
        yield _gauge("rss_bytes", "Resident memory", "proc", now.memory)
        yield GaugeMetricFamily("awake", "1 while it listens without its wake word", value=now.awake)
        yield GaugeMetricFamily("disk_free_bytes", "Free space where the state lies", value=now.disk_free)
        yield GaugeMetricFamily("uptime_seconds", "Since the agent began to listen", value=now.up_s)
        yield CounterMetricFamily("audio_xruns", "Times that sound was lost on its way", value=now.xruns)
        yield CounterMetricFamily("audio_gap_seconds", "For which the audio device was away", value=now.gap_s)
        drops = CounterMetricFamily("dropped", "What was lost because somebody was too slow", labels=["place"])
        for place, count in now.drops.items():
            drops.add_metric([place], count)
        yield drops
        yield GaugeMetricFamily("thermal_throttle", "1 while heat slows the processor down", value=now.throttled)
        if now.erle_db is not None:
            yield GaugeMetricFamily("aec_erle_db", "How much softer its own voice was made", value=now.erle_db)
        yield from families(now.updates)


def _gauge(name: str, about: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
