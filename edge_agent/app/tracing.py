"""A turn's record as spans: what of its time went where."""

from edge_agent.app.timeline import Stage, Timeline
from edge_agent.base.frames import RATE_HZ
from edge_agent.host.traces import Span

PARTS = (
    ("endpoint", Stage.SPEECH_END, Stage.HARD_END),
    ("stt", Stage.SOFT_END, Stage.TRANSCRIPT),
    ("route", Stage.TRANSCRIPT, Stage.ROUTE),
    ("llm", Stage.ROUTE, Stage.FIRST_TOKEN),
    ("tts", Stage.FIRST_PHRASE, Stage.FIRST_AUDIO),
    ("held", Stage.FIRST_AUDIO, Stage.FIRST_SAMPLE),
)
"""Each stretch, from one stage to another; those that a turn did not have are left out."""


def spans(timeline: Timeline, position: int, now_ns: int) -> tuple[Span, list[Span]] | None:
    """Return the turn and its parts; None where nothing was stamped. The stream was at `position` at `now_ns`."""
    if not timeline.stamps:
        return None

    def at(stamp: int) -> int:
        return now_ns - (position - stamp) * 1_000_000_000 // RATE_HZ

    parts = [
        Span(name, at(timeline.stamps[first]), at(timeline.stamps[last]))
        for name, first, last in PARTS
        if first in timeline.stamps and last in timeline.stamps and timeline.stamps[first] <= timeline.stamps[last]
    ]
    about: dict[str, str | bool | int | float] = {
        "kind": timeline.kind,
        "provider": timeline.provider,
        "interrupted": timeline.interrupted,
        "revision": timeline.revision,
        "work_ms": timeline.work_ms,
        "thrown_ms": timeline.thrown_ms,
    }
    began = min(timeline.stamps.values())
    return Span("turn", at(began), now_ns, about), parts
