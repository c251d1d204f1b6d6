"""How often an order is understood, the intent and every slot of it, in quiet and in noise.

1. The orders of `intents/` and its `grammar.yaml`, through the agent's own way: Whisper, the grammar's letters, the
   grammar's sound, what Whisper nearly wrote, and a second hearing where all that leaves a doubt. Each clip is cut
   where its speech ends.
2. In the same run, from the same transcripts: what the letters alone understand (`exact`), and what the sound does
   alone (`by_sound`).
3. Time is what is added to the transcript: from its arrival until it is known what was asked for. That of clips in
   doubt has in it what was asked of Whisper: what it nearly wrote (`leaning`: their share), and the second hearing
   (`again`). That of the orders in quiet is told by itself, too.
4. Whatever else the folder has (turns with a text, interruptions, noises) is no order. Which share was taken for one
   is `out_of_domain`. Written sentences (`routing/`) can't be listened to again; of them those count that sound
   surely like an order (`out_of_domain_texts`).
"""

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

from edge_agent.base.errors import InputError
from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.bench import recordings
from edge_agent.bench.mixing import mixed, stretch
from edge_agent.bench.recordings import Intent
from edge_agent.talk.mind.leanings import Leanings
from edge_agent.talk.mind.skills import Skills, Understood
from edge_agent.talk.mind.stt import Guess, Transcript, WhisperStt
from edge_agent.talk.mind.understanding import understand
from edge_agent.workers.process import Spec, Worker
from edge_agent.workers.wire import JSON

AFTER_S = 0.1
"""Silence after the last word that the agent has heard when it asks: its soft end."""

OTHER_S = 10
"""So much is heard of a sound that is no order; longer than any order."""

WAYS = ("ours", "by_sound", "exact")

T = TypeVar("T")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class _Ears:
    skills: Skills
    stt: WhisperStt
    progress: Progress


@dataclass(slots=True)
class _Score:
    right: dict[str, list[bool]] = field(default_factory=lambda: {way: [] for way in WAYS})
    ms: list[float] = field(default_factory=list)
    leaning: list[bool] = field(default_factory=list)
    again: list[bool] = field(default_factory=list)


@dataclass(slots=True)
class _Asked:
    """An `Stt` that knows what else was asked of it about one clip."""

    stt: WhisperStt
    leaning: bool = False
    heard_again: bool = False

    async def transcribe(self, audio: Samples, *, final: bool) -> Transcript:
        return await self.stt.transcribe(audio, final=final)

    async def leanings(self, audio: Samples, words: Sequence[str]) -> Leanings:
        self.leaning = True
        return await self.stt.leanings(audio, words)

    async def again(self, audio: Samples, words: Sequence[str], sentences: Sequence[str]) -> list[Guess]:
        self.heard_again = True
        return await self.stt.again(audio, words, sentences)


async def run(
    data: Path, spec: Spec, noise: str, snrs: Sequence[float], *, count: int = 0, progress: Progress
) -> dict[str, JSON]:
    """Measure the Whisper worker `spec` on `count` orders (0: all); the report's `data`."""
    clips = _some(recordings.intents(data), count)
    skills = Skills([data / "intents" / "grammar.yaml"])
    sound = recordings.load(recordings.kiosk_noise(data, noise)) if snrs else np.zeros(1, np.float32)
    worker = Worker(spec)
    await worker.start()
    try:
        ears = _Ears(skills, WhisperStt(worker), progress)
        clean = await _orders(clips, None, sound, ears)
        noisy = {f"{snr:g}": await _orders(clips, snr, sound, ears) for snr in snrs}
        orders = {clip.intent for clip in clips}
        others = [taken_for in orders async for taken_for in _others(_some(list(_no_orders(data)), count), ears)]
    finally:
        await worker.stop()
    return _report(len(clips), clean, noisy, others, _texts(data, skills))


def ratios(text: str) -> list[float]:
    """Return the numbers in a text like "6,12,18"; InputError if something else is in it."""
    try:
        return [float(ratio) for ratio in text.split(",") if ratio.strip()]
    except ValueError:
        raise InputError(f"{text} is no list of numbers", hint="Write it like --snr 6,12,18.") from None


def table(report: dict[str, JSON]) -> list[tuple[str, ...]]:
    """Return the shares of a report, in percent, one row for each way to understand and one for their names."""
    rows = [("right %", "clean", *(f"{snr} dB" for snr in report["by_snr"]), "mean")]
    for title, way in (("ours", report), ("by sound", report["by_sound"]), ("exact", report["exact"])):
        shares = (way["clean"], *way["by_snr"].values(), way["mean"])
        rows.append((title, *("-" if share is None else f"{100 * share:.1f}" for share in shares)))
    return rows


def _some(all_of_them: list[T], count: int) -> list[T]:
    """Return `count` of them, from all over the list; 0 is all."""
    return all_of_them[:: max(1, len(all_of_them) // count)][:count] if count else all_of_them


async def _orders(clips: Sequence[Intent], snr: float | None, noise: Samples, ears: _Ears) -> _Score:
    score, at = _Score(), 0
    for number, clip in enumerate(clips):
        ears.progress("clean" if snr is None else f"{snr:g} dB", number, len(clips))
        speech = recordings.load(clip.path)
        if snr is not None:
            speech, at = mixed(speech, stretch(noise, at, speech.size), snr), at + speech.size
        heard = speech[: round((clip.end_s + AFTER_S) * RATE_HZ)]
        text = (await ears.stt.transcribe(heard, final=True)).text
        asked = _Asked(ears.stt)
        began = time.perf_counter()
        ours = await understand(text, heard, ears.skills, asked)
        score.ms.append((time.perf_counter() - began) * 1000)
        score.leaning.append(asked.leaning)
        score.again.append(asked.heard_again)
        exact = ears.skills.understand(text)
        sounds_like = exact if exact is not None and exact.score == 1 else ears.skills.sounds_like(text)
        by_sound = sounds_like if isinstance(sounds_like, Understood) else exact
        for way, understood in zip(WAYS, (ours, by_sound, exact), strict=True):
            score.right[way].append(_is_right(clip, understood))
    return score


def _is_right(clip: Intent, understood: Understood | None) -> bool:
    slots = {name: str(value) for name, value in understood.slots.items()} if understood else {}
    return understood is not None and understood.name == clip.intent and slots == dict(clip.slots)


async def _others(paths: Sequence[Path], ears: _Ears) -> AsyncIterator[str | None]:
    """Yield what each sound that is no order was taken for."""
    for number, path in enumerate(paths):
        ears.progress("no orders", number, len(paths))
        heard = recordings.load(path)[: OTHER_S * RATE_HZ]
        text = (await ears.stt.transcribe(heard, final=True)).text
        understood = await understand(text, heard, ears.skills, ears.stt)
        yield understood.name if understood else None


def _no_orders(data: Path) -> Iterator[Path]:
    if (data / "turns").is_dir():  # Turns without a text may be orders; nobody knows.
        yield from (turn.path for turn in recordings.turns(data) if turn.text)
    if (data / "interrupt").is_dir():
        yield from (one.path for one in recordings.interruptions(data))
    if (data / "noise").is_dir():
        yield from (one.path for one in recordings.noises(data))


def _texts(data: Path, skills: Skills) -> list[bool]:
    if not (data / "routing").is_dir():
        return []
    found = (skills.sounds_like(question.text) for question in recordings.questions(data))
    return [isinstance(understood, Understood) for understood in found]


def _report(n: int, clean: _Score, noisy: dict[str, _Score], others: list[bool], texts: list[bool]) -> dict[str, JSON]:
    scores = [clean, *noisy.values()]
    ms = [each for score in scores for each in score.ms]
    ours, *compared = (_way(way, clean, noisy) for way in WAYS)
    return {
        "n": n,
        **ours,
        "p50_ms": round(float(np.percentile(ms, 50)), 1),
        "p95_ms": round(float(np.percentile(ms, 95)), 1),
        "clean_p50_ms": round(float(np.percentile(clean.ms, 50)), 1),
        "clean_p95_ms": round(float(np.percentile(clean.ms, 95)), 1),
        "leaning": _share([each for score in scores for each in score.leaning]),
        "again": _share([each for score in scores for each in score.again]),
        "out_of_domain": _share(others),
        "out_of_domain_n": len(others),
        "out_of_domain_texts": _share(texts),
        **dict(zip(WAYS[1:], compared, strict=True)),
    }


def _way(way: str, clean: _Score, noisy: dict[str, _Score]) -> dict[str, JSON]:
    by_snr = {snr: _share(score.right[way]) for snr, score in noisy.items()}
    shares = [share for share in by_snr.values() if share is not None]
    return {
        "clean": _share(clean.right[way]),
        "by_snr": by_snr,
        "mean": round(sum(shares) / len(shares), 4) if shares else None,
    }


def _share(cases: Sequence[bool]) -> float | None:
    return round(sum(cases) / len(cases), 4) if cases else None
