"""How well and how fast speech becomes text: every model with its short window and with Whisper's full one.

1. Only turns that somebody wrote down count. Each is cut where its speech ends, which is when a user starts to wait.
2. Both windows hear a clip one right after the other, and which one is first changes with every clip: whatever else
   the machine does meanwhile weighs on both alike.
3. Time is measured around the job, as the agent sees it: samples handed over, words handed back.
"""

import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from edge_agent.base.errors import EngineError, InputError
from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.bench.recordings import Turn, load, turns
from edge_agent.bench.wer import word_error_rate
from edge_agent.talk.mind.stt import whisper
from edge_agent.workers.process import Spec, Worker
from edge_agent.workers.wire import JSON

AFTER_S = 0.1
"""Silence after the last word that the agent has heard when it asks: its soft end."""

WINDOWS = ("short", "full")


@dataclass(slots=True)
class _Score:
    pairs: list[tuple[str, str]] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)


async def run(data: Path, models: Mapping[str, Path], threads: int) -> dict[str, JSON]:
    """Measure the models in these folders; their names are the catalogue's, "whisper-tiny.en" is printed "tiny-en"."""
    clips = [(turn.text, _clip(turn)) for turn in turns(data) if turn.text]
    if not clips:
        raise InputError(f"no turn in {data / 'turns'} has a text", hint="Fill the column `text` of its manifest.")
    measured = {}
    for name, folder in models.items():
        measured[name.removeprefix("whisper-").replace(".", "-")] = await _measure(whisper(folder, threads), clips)
    return {"clips": len(clips), "models": measured}


async def _measure(spec: Spec, clips: Sequence[tuple[str, Samples]]) -> dict[str, float]:
    scores = {window: _Score() for window in WINDOWS}
    worker = Worker(spec)
    await worker.start()
    try:
        for number, (text, samples) in enumerate(clips):
            for window in WINDOWS if number % 2 else reversed(WINDOWS):
                began = time.perf_counter()
                heard = await _hear(worker, samples, window)
                scores[window].ms.append((time.perf_counter() - began) * 1000)
                scores[window].pairs.append((text, heard))
    finally:
        await worker.stop()
    short, full = scores["short"], scores["full"]
    return {
        "wer": round(word_error_rate(short.pairs), 2),
        "wer_full_window": round(word_error_rate(full.pairs), 2),
        "p50_ms": round(statistics.median(short.ms), 1),
        "p95_ms": round(float(np.percentile(short.ms, 95)), 1),
        "p50_full_window_ms": round(statistics.median(full.ms), 1),
    }


async def _hear(worker: Worker, samples: Samples, window: str) -> str:
    async with aclosing(worker.run({"window": window}, samples.tobytes())) as job:
        async for item in job:
            return str(item.fields["text"])
    raise EngineError("Whisper ended a job without a word about it", hint="Try again.")


def _clip(turn: Turn) -> Samples:
    samples = load(turn.path)
    end_s = turn.spans_s[-1][1] if turn.spans_s else samples.size / RATE_HZ
    # Whisper hears 30 s at once; a turn in a conversation is never as long.
    return samples[: round(min(end_s + AFTER_S, 29.9) * RATE_HZ)]
