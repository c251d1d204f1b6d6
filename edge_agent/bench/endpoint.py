"""Knowing when somebody is done: silence alone, Smart Turn alone, and ours, on every pause of a folder of turns.

Each is given the same pauses and the same policies (`endpoint_sweep.py`). `shipped` is no sweep: it is the agent's own
endpointer with its default settings. `text` is what the words alone are worth, on sentences that were written down:
the area under the ROC curve of finished against unfinished ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.base.settings import FloorSettings
from edge_agent.bench.endpoint_language import SentenceEnd
from edge_agent.bench.endpoint_pauses import Pause, pauses
from edge_agent.bench.endpoint_sweep import Values, best, cost, silence, sweep
from edge_agent.bench.recordings import load, turn_texts, turns
from edge_agent.talk.ear.smart_turn import SmartTurn
from edge_agent.talk.floor.endpoint import Evidence, end_odds, wait_s
from edge_agent.talk.floor.endpoint.signals import log_odds
from edge_agent.talk.mind.stt import Stt, WhisperStt, whisper
from edge_agent.workers.process import Worker
from edge_agent.workers.wire import JSON

WINDOW_S = 28
"""What Whisper hears at once."""


@dataclass(frozen=True, slots=True)
class Models:
    """Where the models are: folders, and two files."""

    smart_turn: Path
    whisper: Path
    language: Path


@dataclass(frozen=True, slots=True)
class Judged:
    """One pause, and what the agent knew in it."""

    pause: Pause
    evidence: Evidence


async def run(data: Path, models: Models, threads: int) -> dict[str, JSON]:
    """Measure on the folders `turns/` and `routing/` in `data`."""
    judged = await judge(data, models, threads)
    lengths_s = np.array([one.pause.length_s for one in judged])
    shipped = cost(np.array([wait_s(one.evidence, FloorSettings()) for one in judged]) * 1000, lengths_s)
    return {
        "holds": int(np.isfinite(lengths_s).sum()),
        "ends": int(np.isinf(lengths_s).sum()),
        "detectors": {
            "silence": best(silence(lengths_s)),
            "smart_turn": best(sweep(alone(judged), lengths_s)),
            "ours": best(sweep(odds([one.evidence for one in judged]), lengths_s)),
        },
        "shipped": {"cutoff_pct": round(shipped.cutoff_pct, 1), "ms": round(shipped.ms, 1)},
        "text": _text(data, SentenceEnd(models.language, threads)),
    }


async def judge(data: Path, models: Models, threads: int) -> list[Judged]:
    """Let every signal look at every pause."""
    smart_turn, language = SmartTurn(models.smart_turn), SentenceEnd(models.language, threads)
    worker = Worker(whisper(models.whisper, threads))
    await worker.start()
    try:
        stt = WhisperStt(worker)
        return [
            Judged(pause, await _evidence(pause, smart_turn, stt, language))
            for turn in turns(data)
            if turn.spans_s
            for pause in pauses(turn, load(turn.path))
        ]
    finally:
        await worker.stop()


def odds(evidences: Sequence[Evidence]) -> Values:
    """What the endpointer makes of each; even odds where it knows nothing."""
    return np.array([end_odds(evidence) or 0.0 for evidence in evidences])


def alone(judged: Sequence[Judged]) -> Values:
    """What Smart Turn by itself makes of each."""
    return np.array([log_odds(one.evidence.smart_turn or 0.0) for one in judged])


async def _evidence(pause: Pause, smart_turn: SmartTurn, stt: Stt, language: SentenceEnd) -> Evidence:
    words = (await stt.transcribe(_last(pause.heard), final=True)).text
    return Evidence(
        smart_turn=smart_turn.probability(pause.heard),
        words=words,
        sentence_end=language.probability(words),
        paused_s=pause.paused_s,
    )


def _last(samples: Samples) -> Samples:
    return samples[-WINDOW_S * RATE_HZ :]


def _text(data: Path, language: SentenceEnd) -> dict[str, float]:
    def written(label: str) -> Values:
        words = [row.text for row in turn_texts(data) if row.label == label]
        return odds([Evidence(words=text, sentence_end=language.probability(text)) for text in words])

    finished, unfinished = written("finished")[:, None], written("unfinished")[None]
    return {"auc": round(float((finished > unfinished).mean() + (finished == unfinished).mean() / 2), 3)}
