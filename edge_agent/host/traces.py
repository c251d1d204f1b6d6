"""Traces of turns for an OpenTelemetry collector, where the owner named one (`trace.endpoint`).

1. A turn is told when it is over: spans are made of its record, and nothing of them is on its way to an answer.
2. They are sent by a thread of their own, in batches. At most `WAITING_MAX` spans wait; with a collector that is away
   the oldest go, and nobody notices.
3. No span holds a word of what was said, nor anything that names the device: its collector knows who sends.
4. At the end what waits is given `CLOSE_S`; a collector that hangs holds up nothing longer.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from edge_agent import __version__
from edge_agent.base.errors import SettingsError

WAITING_MAX = 512
BATCH_MAX = 128
EVERY_MS = 5000
SEND_S = 5
CLOSE_S = 1.0


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time with a name; ns since 1970."""

    name: str
    began_ns: int
    ended_ns: int
    about: Mapping[str, str | bool | int | float] = field(default_factory=dict)


class Traces:
    """To one collector."""

    def __init__(self, endpoint: str) -> None:
        """`endpoint` is the collector's OTLP address over HTTP. SettingsError where OpenTelemetry is not installed."""
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            raise SettingsError(
                "trace.endpoint is set, and OpenTelemetry is not installed", hint="pip install 'edge-agent[otel]'"
            ) from error
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=SEND_S)
        self._processor = BatchSpanProcessor(
            exporter, max_queue_size=WAITING_MAX, schedule_delay_millis=EVERY_MS, max_export_batch_size=BATCH_MAX
        )
        # Made by hand: what `Resource.create` finds out names the process and the machine.
        about = Resource({"service.name": "edge-agent", "service.version": __version__})
        provider = TracerProvider(resource=about, shutdown_on_exit=False)
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer("edge_agent")

    def tell(self, whole: Span, parts: Sequence[Span]) -> None:
        """Queue a span and those within it; takes microseconds."""
        from opentelemetry.trace import set_span_in_context

        outer = self._tracer.start_span(whole.name, start_time=whole.began_ns, attributes=dict(whole.about))
        within = set_span_in_context(outer)
        for part in parts:
            inner = self._tracer.start_span(part.name, within, start_time=part.began_ns, attributes=dict(part.about))
            inner.end(part.ended_ns)
        outer.end(whole.ended_ns)

    def close(self) -> None:
        """Send what waits, for at most `CLOSE_S`."""
        closing = threading.Thread(target=self._processor.shutdown, name="traces", daemon=True)
        closing.start()
        closing.join(CLOSE_S)
