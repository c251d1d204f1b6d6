"""Fit the endpointer's weights on a folder of recordings, and say what they are worth.

    python tools/fit_endpoint.py DATA [--cache FILE]

1. Every pause in `DATA/turns` is judged by all signals, as `edge-agent bench endpoint` does it.
2. A logistic regression says what each signal is worth. Holds shorter than `FIT_HOLD_S` are left out: nobody answers as
   fast as that, so they can't be cut off. Each slope has a prior, `PRIOR`: where the recordings say much it gives way,
   where they never show a signal it stays.
3. Cross-validation: each pause is scored by weights that were fitted without its speaker. The speaker of a LibriSpeech
   clip is the first number of its name; clips without a known speaker are dealt into `FOLDS` folds.
4. What is printed: the table of cut-offs at each latency (silence, Smart Turn, ours cross-validated) for all clips
   and for either kind of them, what is lost by leaving out each signal, and the lines for `weights.py`.

`--cache` keeps the judgements (numbers and transcripts) in a file, so that another fit takes a second.
"""

import argparse
import asyncio
import pickle
import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_agent.base.paths import paths
from edge_agent.bench.endpoint import Judged, Models, alone, judge
from edge_agent.bench.endpoint_sweep import best, silence, sweep
from edge_agent.talk.floor.endpoint import Evidence
from edge_agent.talk.floor.endpoint.signals import SIGNALS

FIT_HOLD_S = 0.2
FOLDS = 10
STEPS = 30
"""Newton's method is there after about eight."""

PRIOR = {
    "smart_turn": (0.5, 1.0),
    "sentence_end": (0.5, 1.0),
    "length": (0.0, 1.0),
    "paused": (0.0, 1.0),
    "grammar": (2.0, 0.3),
    "hesitation": (-2.0, 0.3),
    "spelling": (-2.0, 0.3),
    "dangling": (-2.0, 0.3),
    "leaning": (-0.5, 0.3),
    "terse": (1.5, 0.3),
}
"""Slope and its standard deviation. The tight ones are signals that read speech and orders hardly ever show."""

Matrix = NDArray[np.float64]
NAMES = [signal.name for signal in SIGNALS]


def main() -> None:
    """Judge, fit, print."""
    parser = argparse.ArgumentParser(description="Fit the endpointer's weights.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--stt", default="whisper-base")
    given = parser.parse_args()
    judged = _judged(given.data, given.cache, given.stt)
    lengths_s = np.array([one.pause.length_s for one in judged])
    readings, usual = _readings([one.evidence for one in judged])
    speakers = np.array([_speaker(one.pause.clip) for one in judged])
    ours = crossed(readings, lengths_s, speakers)
    for line in (
        *_table(judged, lengths_s, speakers, ours),
        *_ablation(readings, lengths_s, speakers),
        *_weights(fit(readings, lengths_s), usual),
    ):
        sys.stdout.write(line + "\n")


def fit(readings: Matrix, lengths_s: Matrix) -> Matrix:
    """The most likely bias and slopes, given the prior. `readings` are centred."""
    useful = lengths_s >= FIT_HOLD_S
    columns = np.column_stack([np.ones(int(useful.sum())), readings[useful]])
    ends = np.isinf(lengths_s[useful]).astype(np.float64)
    prior = np.array([0.0, *(PRIOR[name][0] for name in NAMES)])
    tightness = np.diag([0.0, *(PRIOR[name][1] ** -2 for name in NAMES)])
    weights = prior.copy()
    for _ in range(STEPS):
        probability = 1 / (1 + np.exp(-columns @ weights))
        slope = columns.T @ (probability - ends) + tightness @ (weights - prior)
        curvature = (columns.T * (probability * (1 - probability))) @ columns + tightness
        weights = weights - np.linalg.solve(curvature, slope)
    return weights


def crossed(readings: Matrix, lengths_s: Matrix, speakers: NDArray[np.str_]) -> Matrix:
    """Log-odds of each pause by weights that never saw its speaker."""
    scores = np.empty(lengths_s.shape)
    for speaker in np.unique(speakers):
        held_out = speakers == speaker
        weights = fit(readings[~held_out], lengths_s[~held_out])
        scores[held_out] = weights[0] + readings[held_out] @ weights[1:]
    return scores


def _judged(data: Path, cache: Path | None, stt: str) -> list[Judged]:
    if cache and cache.exists():
        return list(pickle.loads(cache.read_bytes()))
    folder = paths().models
    models = Models(
        folder / "smart-turn" / "smart-turn-v3.2-cpu.onnx",
        folder / stt,
        next((folder / "smollm2-135m").glob("*.gguf")),
    )
    judged = asyncio.run(judge(data, models, threads=1))
    if cache:
        mute = [replace(one, pause=replace(one.pause, heard=one.pause.heard[:0])) for one in judged]
        cache.write_bytes(pickle.dumps(mute))
    return judged


def _readings(evidences: Sequence[Evidence]) -> tuple[Matrix, Matrix]:
    """Readings less what they usually are, zero where there is none; and what they usually are."""
    table = np.array([[signal.read(one) for signal in SIGNALS] for one in evidences], np.float64)
    seen = ~np.isnan(table)
    usual = np.where(seen, table, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    return np.where(seen, table - usual, 0), usual


def _speaker(clip: str) -> str:
    known = re.match(r"(\d+)-\d+-\d+$", clip)
    return known[1] if known else f"fold {zlib.crc32(clip.encode()) % FOLDS}"


def _table(judged: Sequence[Judged], lengths_s: Matrix, speakers: NDArray[np.str_], ours: Matrix) -> Iterator[str]:
    smart_turn = alone(judged)
    unknown = np.char.startswith(speakers, "fold")
    for title, kept in (("all", unknown | ~unknown), ("unknown speakers", unknown), ("known speakers", ~unknown)):
        if not kept.any():
            continue
        length_s = lengths_s[kept]
        yield f"\n{title}: {int(np.isfinite(length_s).sum())} holds, {int(np.isinf(length_s).sum())} ends"
        for name, costs in (
            ("silence", silence(length_s)),
            ("smart turn", sweep(smart_turn[kept], length_s)),
            ("ours, cross-validated", sweep(ours[kept], length_s)),
        ):
            found = best(costs)
            cut = "  ".join(f"{ms} ms {pct}" for ms, pct in found["cutoff_pct"].items())
            late = "  ".join(f"{pct} % {ms}" for pct, ms in found["ms_at_cutoff"].items())
            yield f"  {name:24s} cut off %: {cut}   |   ms: {late}"
        yield f"  AUC smart turn {_auc(smart_turn[kept], length_s):.3f}, ours {_auc(ours[kept], length_s):.3f}"


def _ablation(readings: Matrix, lengths_s: Matrix, speakers: NDArray[np.str_]) -> Iterator[str]:
    yield f"\nAUC on holds of at least {FIT_HOLD_S} s, cross-validated"
    useful = lengths_s >= FIT_HOLD_S
    whole = crossed(readings, lengths_s, speakers)
    yield f"  with everything {_auc(whole[useful], lengths_s[useful]):.3f}"
    for column, name in enumerate(NAMES):
        without = readings.copy()
        without[:, column] = 0
        if readings[:, column].any():
            scores = crossed(without, lengths_s, speakers)
            yield f"  without {name:16s} {_auc(scores[useful], lengths_s[useful]):.3f}"


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
