"""Knowing when somebody is done: silence alone, Smart Turn alone, and ours, on every pause of a folder of turns.

Each is given the same pauses and the same policies (`endpoint_sweep.py`). `ours` knows what the running agent knows in
a pause; `ours_with_grammar` is an agent that was also given the folder's own grammar, `intents/grammar.yaml`, where
there is one. `shipped` is no sweep: it is the agent's own endpointer with its default settings. `text` is what the
words alone are worth, on sentences that were written down: the area under the ROC curve of finished against unfinished.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from edge_agent.base.settings import FloorSettings
from edge_agent.bench.endpoint_judge import Engines, Judged, Models, judge, loaded
from edge_agent.bench.endpoint_plot import draw, require
from edge_agent.bench.endpoint_sweep import Cost, Values, best, cost, frontier, silence, sweep
from edge_agent.bench.recordings import turn_texts, turns
from edge_agent.talk.floor.endpoint import Evidence, end_odds, wait_s
from edge_agent.talk.floor.endpoint.signals import log_odds
from edge_agent.workers.wire import JSON


async def run(data: Path, models: Models, threads: int, plot: Path | None = None) -> dict[str, JSON]:
    """Measure on the folders `turns/` and `routing/` in `data`; draw the curves into the PNG file `plot`."""
    if plot:
        require(plot)
    for read in (turns, turn_texts):  # What the folder lacks is told before the engines are started.
        read(data)
    async with loaded(models, threads, data) as engines:
        judged = [one async for one in judge(data, engines)]
        text = await _text(data, engines)
    lengths_s = lengths(judged)
    costs = {"silence": silence(lengths_s), "smart_turn": sweep(alone(judged), lengths_s)}
    ours = {name: [as_asked(one) for one in evidences] for name, evidences in known(judged).items()}
    costs |= {name: sweep(odds(evidences), lengths_s) for name, evidences in ours.items()}
    shipped = {name: operating_point(judged, waits(evidences)) for name, evidences in ours.items()}
    if plot:
        curves = {name.replace("_", " "): frontier(of) for name, of in costs.items()}
        draw(plot, curves, Cost(shipped["ours"]["cutoff_pct"], shipped["ours"]["ms"]))
    return {
        "holds": int(np.isfinite(lengths_s).sum()),
        "ends": int(np.isinf(lengths_s).sum()),
        "detectors": {name: best(of) for name, of in costs.items()},
        "shipped": shipped,
        "text": text,
    }


def as_asked(evidence: Evidence) -> Evidence:
    """What is left of the evidence, since the agent asks Smart Turn only where all else leaves doubt."""
    unheard, floor = replace(evidence, smart_turn=None), FloorSettings()
    return unheard if wait_s(unheard, floor) * 1000 <= floor.complete_ms else evidence


def known(judged: Sequence[Judged]) -> dict[str, list[Evidence]]:
    """What the agent knew in each pause: as it ships, and with the folder's own grammar where it has one."""
    rows = {"ours": [one.evidence for one in judged]}
    if any(one.with_grammar is not None for one in judged):
        rows["ours_with_grammar"] = [one.with_grammar or one.evidence for one in judged]
    return rows


def lengths(judged: Sequence[Judged]) -> Values:
    """How long each pause lasted, s."""
    return np.array([one.pause.length_s for one in judged])


def odds(evidences: Sequence[Evidence]) -> Values:
    """What the endpointer makes of each; even odds where it knows nothing."""
    return np.array([end_odds(evidence) or 0.0 for evidence in evidences])


def alone(judged: Sequence[Judged]) -> Values:
    """What Smart Turn by itself makes of each."""
    return np.array([log_odds(one.evidence.smart_turn or 0.0) for one in judged])


def waits(evidences: Sequence[Evidence]) -> Values:
    """How long the agent as it ships waits in each, ms."""
    return np.array([wait_s(evidence, FloorSettings()) for evidence in evidences]) * 1000


def operating_point(judged: Sequence[Judged], waits_ms: Values) -> dict[str, float]:
    """What these waits cost: holds and whole clips cut off; mean and percentiles of the waits at the ends, ms."""
    lengths_s = lengths(judged)
    whole, ends_ms = cost(waits_ms, lengths_s), waits_ms[np.isinf(lengths_s)]
    clips = {one.pause.clip for one in judged}
    cut = {
        one.pause.clip
        for one, wait_ms in zip(judged, waits_ms, strict=True)
        if not one.pause.is_end and wait_ms < one.pause.length_s * 1000
    }
    return {
        "cutoff_pct": round(whole.cutoff_pct, 1),
        "clips_cut_pct": round(100 * len(cut) / len(clips), 1),
        "ms": round(whole.ms, 1),
        "median_ms": _percentile(ends_ms, 50),
        "p90_ms": _percentile(ends_ms, 90),
        "p95_ms": _percentile(ends_ms, 95),
    }


def _percentile(values: Values, percent: float) -> float:
    return round(float(np.percentile(values, percent)), 1)


async def _text(data: Path, engines: Engines) -> dict[str, float]:
    async def written(label: str) -> Values:
        words = [row.text for row in turn_texts(data) if row.label == label]
        return odds([Evidence(words=text, sentence_end=await engines.sentence_end(text)) for text in words])

    finished, unfinished = (await written("finished"))[:, None], (await written("unfinished"))[None]
    return {"auc": round(float((finished > unfinished).mean() + (finished == unfinished).mean() / 2), 3)}
