"""Fit the endpointer's weights on a folder of recordings, and say what they are worth.

    python tools/fit_endpoint.py DATA [--cache FILE]

1. Every pause in `DATA/turns` is judged by all signals, as `edge-agent bench endpoint` does it.
2. A logistic regression says what each signal is worth. A hold counts the more the longer it is, once for
   `HOLD_S`: whoever pauses for long is cut off by any policy that is in doubt, a short pause by none. Each slope has a
   prior, `PRIOR`: where the recordings say much it gives way, where they never show a signal it stays.
3. Where the folder has a grammar of its own each pause counts twice, half with it and half without: one set of weights
   serves agents with a grammar and those without.
4. Cross-validation: each pause is scored by weights that were fitted without its speaker. The speaker of a LibriSpeech
   clip is the first number of its name; clips without a known speaker are dealt into `FOLDS` folds.
5. What is printed: the table of cut-offs at each latency (silence, Smart Turn, ours cross-validated) for all clips
   and for either kind of them, what is lost by leaving out each signal, what the settings of the floor cost, and the
   lines for `weights.py`.

`--cache` keeps the judgements (numbers and transcripts) in a file, so that another fit takes a second. A run that was
stopped goes on from it.
"""

import argparse
import asyncio
import pickle
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_agent.base.paths import paths
from edge_agent.base.settings import FloorSettings
from edge_agent.bench.endpoint import alone, known, lengths, operating_point
from edge_agent.bench.endpoint_judge import Judged, Models, judge, loaded
from edge_agent.bench.endpoint_sweep import Cost, best, silence, sweep
from edge_agent.bench.recordings import turns
from edge_agent.talk.floor.endpoint import Evidence
from edge_agent.talk.floor.endpoint.signals import SIGNALS
from edge_agent.talk.floor.endpoint.wait import line_ms

HOLD_S = 0.4
HOLD_MAX_S = 2.0
CUT_S = 0.2
"""Nobody answers sooner: the area under the curve is taken of longer holds."""
FOLDS = 10
STEPS = 12
"""Newton's method is there after about eight."""

PRIOR = {
    "smart_turn": (0.5, 1.0),
    "sentence_end": (0.5, 1.0),
    "confidence": (0.0, 3.0),
    "length": (0.0, 1.0),
    "answer": (2.5, 0.3),
    "request": (0.5, 1.0),
    "paused": (0.0, 1.0),
    "grammar": (2.0, 0.5),
    "nothing_more": (0.5, 0.5),
    "hesitation": (-3.3, 0.3),
    "spelling": (-3.3, 0.3),
    "dangling": (-3.3, 0.3),
    "comma": (-1.6, 0.5),
    "question": (0.5, 0.5),
    "leaning": (-0.5, 0.15),
    "terse": (2.5, 0.3),
}
"""Slope and its standard deviation. The tight ones are signals that read speech and orders hardly ever show."""

USUAL = {"grammar": 0.0, "nothing_more": 0.0}
"""Most words are known to no grammar: a reading at all is unusual, and none says nothing."""

Matrix = NDArray[np.float64]
Speakers = NDArray[np.str_]
NAMES = [signal.name for signal in SIGNALS]


def main() -> None:
    """Judge, fit, print."""
    parser = argparse.ArgumentParser(description="Fit the endpointer's weights.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--stt", default="whisper-base")
    given = parser.parse_args()
    judged = _judged(given.data, given.cache, given.stt)
    rows = known(judged)
    readings, usual = _readings([evidence for row in rows.values() for evidence in row])
    lengths_s = np.tile(lengths(judged), len(rows))
    speakers = np.tile([_speaker(one.pause.clip) for one in judged], len(rows))
    scores = dict(zip(rows, np.split(crossed(readings, lengths_s, speakers), len(rows)), strict=True))
    for line in (
        *_table(judged, scores),
        *_settings(judged, scores),
        *_ablation(readings, lengths_s, speakers, list(rows)),
        *_weights(fit(readings, lengths_s), usual),
    ):
        sys.stdout.write(line + "\n")


def fit(readings: Matrix, lengths_s: Matrix) -> Matrix:
    """The most likely bias and slopes, given the prior. `readings` are centred."""
    ends = np.isinf(lengths_s)
    counts = np.where(ends, 1.0, np.minimum(lengths_s, HOLD_MAX_S) / HOLD_S)
    columns = np.column_stack([np.ones(ends.size), readings])
    prior = np.array([0.0, *(PRIOR[name][0] for name in NAMES)])
    tightness = np.diag([0.0, *(PRIOR[name][1] ** -2 for name in NAMES)])
    weights = prior.copy()
    for _ in range(STEPS):
        probability = 1 / (1 + np.exp(-columns @ weights))
        slope = columns.T @ (counts * (probability - ends)) + tightness @ (weights - prior)
        curvature = (columns.T * (counts * probability * (1 - probability))) @ columns + tightness
        weights = weights - np.linalg.solve(curvature, slope)
    return weights


def crossed(readings: Matrix, lengths_s: Matrix, speakers: Speakers) -> Matrix:
    """Log-odds of each pause by weights that never saw its speaker."""
    scores = np.empty(lengths_s.shape)
    for speaker in np.unique(speakers):
        held_out = speakers == speaker
        weights = fit(readings[~held_out], lengths_s[~held_out])
        scores[held_out] = weights[0] + readings[held_out] @ weights[1:]
    return scores


def _judged(data: Path, cache: Path | None, stt: str) -> list[Judged]:
    judged: list[Judged] = pickle.loads(cache.read_bytes()) if cache and cache.exists() else []

    def keep(one: Judged) -> None:
        judged.append(replace(one, pause=replace(one.pause, heard=one.pause.heard[:0])))
        if cache and one.pause.is_end:  # Clips are kept as a whole.
            cache.write_bytes(pickle.dumps(judged))

    folder = paths().models
    models = Models(folder / "smart-turn" / "smart-turn-v3.2-cpu.onnx", folder / stt, folder / "smollm2-135m")
    done = {one.pause.clip for one in judged}
    if any(turn.spans_s and turn.path.stem not in done for turn in turns(data)):
        asyncio.run(_judge_the_rest(data, models, done, keep))
    return judged


async def _judge_the_rest(data: Path, models: Models, done: set[str], keep: Callable[[Judged], None]) -> None:
    async with loaded(models, 1, data) as engines:
        async for one in judge(data, engines, done):
            keep(one)


def _readings(evidences: Sequence[Evidence]) -> tuple[Matrix, Matrix]:
    """Readings less what they usually are, zero where there is none; and what they usually are."""
    table = np.array([[signal.read(one) for signal in SIGNALS] for one in evidences], np.float64)
    seen = ~np.isnan(table)
    mean = np.where(seen, table, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    usual = np.array([USUAL.get(name, of) for name, of in zip(NAMES, mean, strict=True)])
    return np.where(seen, table - usual, 0), usual


def _speaker(clip: str) -> str:
    known_speaker = re.match(r"(\d+)-\d+-\d+$", clip)
    return known_speaker[1] if known_speaker else f"fold {zlib.crc32(clip.encode()) % FOLDS}"


def _table(judged: Sequence[Judged], scores: Mapping[str, Matrix]) -> Iterator[str]:
    smart_turn, length_s = alone(judged), lengths(judged)
    unknown = np.array([_speaker(one.pause.clip).startswith("fold") for one in judged])
    for title, kept in (("all", unknown | ~unknown), ("unknown speakers", unknown), ("known speakers", ~unknown)):
        if not kept.any():
            continue
        kept_s = length_s[kept]
        yield f"\n{title}: {int(np.isfinite(kept_s).sum())} holds, {int(np.isinf(kept_s).sum())} ends"
        yield _line("silence", silence(kept_s))
        for name, odds in {"smart turn": smart_turn, **scores}.items():
            yield f"{_line(name, sweep(odds[kept], kept_s))}   |   AUC {_auc(odds[kept], kept_s):.3f}"


def _line(name: str, costs: list[Cost]) -> str:
    found = best(costs)
    cut = "  ".join(f"{ms} ms {pct}" for ms, pct in found["cutoff_pct"].items())
    late = "  ".join(f"{pct} % {ms}" for pct, ms in found["ms_at_cutoff"].items())
    return f"  {name:24s} cut off %: {cut}   |   ms: {late}"


def _settings(judged: Sequence[Judged], scores: Mapping[str, Matrix]) -> Iterator[str]:
    yield "\nthe default settings of the floor, cross-validated"
    for name, odds in scores.items():
        waits_ms = np.array([line_ms(one, FloorSettings()) for one in odds])
        yield f"  {name:24s} {operating_point(judged, waits_ms)}"


def _ablation(readings: Matrix, lengths_s: Matrix, speakers: Speakers, rows: Sequence[str]) -> Iterator[str]:
    yield f"\ncut off % at 300 ms, ms at 5 %, and AUC on holds of at least {CUT_S} s, cross-validated"
    yield f"  with everything          {_worth(crossed(readings, lengths_s, speakers), lengths_s, rows)}"
    for column, name in enumerate(NAMES):
        without = readings.copy()
        without[:, column] = 0
        if readings[:, column].any():
            yield f"  without {name:16s} {_worth(crossed(without, lengths_s, speakers), lengths_s, rows)}"


def _worth(scores: Matrix, lengths_s: Matrix, rows: Sequence[str]) -> str:
    parts = []
    for name, odds, length_s in zip(rows, *(np.split(of, len(rows)) for of in (scores, lengths_s)), strict=True):
        found, useful = best(sweep(odds, length_s)), length_s >= CUT_S
        auc = _auc(odds[useful], length_s[useful])
        parts.append(f"{name}: {found['cutoff_pct']['300']} %, {found['ms_at_cutoff']['5']} ms, {auc:.3f}")
    return "   ".join(parts)


def _auc(scores: Matrix, lengths_s: Matrix) -> float:
    ends, holds = scores[np.isinf(lengths_s)][:, None], scores[np.isfinite(lengths_s)][None]
    return float((ends > holds).mean() + (ends == holds).mean() / 2)


def _weights(weights: Matrix, usual: Matrix) -> Iterator[str]:
    yield f"\nODDS: Final = {weights[0]:.2f}\n\nWEIGHTS: Final = {{"
    for name, slope, mean in zip(NAMES, weights[1:], usual, strict=True):
        yield f'    "{name}": Weight(usual={mean:.2f}, slope={slope:.2f}),'
    yield "}"


if __name__ == "__main__":
    main()
