"""What became of those who talked over the agent, read out of the loudspeaker's sound.

What counts is that sound in the room's recording, from the first sample of the voice: *ducked* is when it was last near
its usual level, *silent* when it was last heard before at least `GAP_S` of nothing. Only whether it gave up the story
is asked of the agent itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.talk.ear.room import AUDIBLE

RATIOS_DB = (0, -5)
"""Of the voice to the echo at the microphone, both as loud as they are while they sound."""

STOP_S = 1.5
"""A silence that begins later has nothing to do with the voice."""
GAP_S = 0.4
"""Longer than any breath between two phrases."""
DUCKED_DB = 9.0
"""Below its usual level it counts as lowered; the floor lowers it by more."""
WINDOW = RATE_HZ // 50

ACTIVE_DB = 30.0
"""Windows that are softer than the loudest by more are pauses."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One thing to say or do over the agent's voice."""

    name: str
    stops: bool
    """Whether it is to stop the agent."""
    samples: Samples
    onset: int
    """The sample in it with which it begins."""
    speech: bool
    """Whether it is somebody's speech; so may be what is not to stop it, behind a noise or as one."""


@dataclass(frozen=True, slots=True)
class Case:
    """What became of one clip at one level; positions at `RATE_HZ`."""

    clip: Clip
    ratio_db: int
    onset: int
    end: int
    gave_up: bool
    """Whether the agent gave up its story."""
    ducked_ms: float = 0.0
    silent_ms: float | None = None
    """From the onset; None where it did not fall silent."""

    @property
    def stopped(self) -> bool:
        """Whether the agent fell silent in time, and for good."""
        return self.gave_up and self.silent_ms is not None


def measured(case: Case, agent: Samples) -> Case:
    """Read out of the loudspeaker's sound (16 kHz) how soon it was lowered and silent after the onset."""
    usual_dbfs = active_dbfs(agent[max(0, case.onset - RATE_HZ) : case.onset])
    silent = _falls_silent(agent, case.onset)
    levels = [_dbfs(agent[at : at + WINDOW]) for at in range(case.onset, silent or case.onset, WINDOW)]
    loud = [number for number, level in enumerate(levels, 1) if level > usual_dbfs - DUCKED_DB]
    ducked_ms = loud[-1] * WINDOW * 1000 / RATE_HZ if loud else 0.0
    return replace(case, ducked_ms=ducked_ms, silent_ms=None if silent is None else _ms(silent - case.onset))


def report(cases: Sequence[Case]) -> dict[str, Any]:
    """Sum up."""
    stopped = [case for case in cases if case.clip.stops and case.stopped]
    silent_ms = [case.silent_ms for case in stopped if case.silent_ms is not None]
    return {
        "n": len(cases),
        "duck_p95_ms": _percentile([case.ducked_ms for case in stopped], 95),
        "silence_p50_ms": _percentile(silent_ms, 50),
        "silence_p95_ms": _percentile(silent_ms, 95),
        "stopped": {
            str(ratio_db): _share(case.stopped for case in cases if case.clip.stops and case.ratio_db == ratio_db)
            for ratio_db in RATIOS_DB
        },
        "noise_resumed": _share(not case.gave_up for case in cases if not case.clip.stops),
        "wordless_resumed": _share(not case.gave_up for case in cases if not case.clip.stops and not case.clip.speech),
        "cases": [
            {
                "clip": case.clip.name,
                "ratio_db": case.ratio_db,
                "stops": case.clip.stops,
                "speech": case.clip.speech,
                "gave_up": case.gave_up,
                "ducked_ms": case.ducked_ms,
                "silent_ms": case.silent_ms,
            }
            for case in cases
        ],
    }


def active_dbfs(samples: Samples) -> float:
    """RMS level of the windows in which there is something to hear."""
    windows = samples[: samples.size // WINDOW * WINDOW].reshape(-1, WINDOW).astype(np.float64)
    powers = np.mean(windows**2, axis=1) if windows.size else np.zeros(1)
    active = powers[powers >= powers.max() * 10 ** (-ACTIVE_DB / 10)]
    return 10 * float(np.log10(max(active.mean(), 1e-12)))


def _falls_silent(agent: Samples, onset: int) -> int | None:
    """Where the first silence of at least `GAP_S` begins, if that is soon after the onset."""
    sounding = onset + np.flatnonzero(np.abs(agent[onset : onset + int((STOP_S + GAP_S) * RATE_HZ)]) > AUDIBLE)
    edges = np.array([onset, *sounding, onset + int((STOP_S + GAP_S) * RATE_HZ)])
    gaps = np.flatnonzero(np.diff(edges) >= GAP_S * RATE_HZ)
    return int(edges[gaps[0]]) if gaps.size else None


def _dbfs(samples: Samples) -> float:
    return 10 * float(np.log10(max(float(np.mean(samples.astype(np.float64) ** 2)), 1e-12)))


def _ms(samples: int) -> float:
    return samples * 1000 / RATE_HZ


def _share(values: Iterator[bool]) -> float | None:
    known = list(values)
    return round(sum(known) / len(known), 3) if known else None


def _percentile(values: Sequence[float], percent: int) -> float | None:
    return round(float(np.percentile(values, percent)), 1) if values else None
