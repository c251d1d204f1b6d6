# SPDX-License-Identifier: GPL-3.0-or-later
"""Text to speech: Piper. Run as `python -m`, and only so: a program of its own that talks to the agent over a pipe.

Piper is GPL-3.0-or-later, and so is this file; the agent, under another licence, neither imports it nor links to it.
The other way round is allowed: what this file imports of the agent is Apache-2.0.

1. The text comes as `units`, each spoken as it stands: the agent knows that "three thirty" is one written word. The
   voice hears them as one phrase, so its melody is whole.
2. Every unit is given its samples, exactly: Piper's durations are a result inside its model, and are asked for.
3. The first words sound while the rest is still being made: see `vits.py` for how, `pieces.py` for where.
4. The level is the voice's own. Making each phrase as loud as possible would make a short "yes" the loudest of all.
5. The known answer is a voice: a vowel repeats itself at the pitch of a human and is dark. Noise and garbage aren't.

A job's fields: `units`, `speed`. One item or several per sentence: `rate_hz`, `units` as [[index, start, end], …] in
samples, `continues` where more of the sentence follows; its payload is the samples as float32.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_agent.base.errors import EngineError, InputError, ModelError
from edge_agent.base.frames import Samples, dbfs
from edge_agent.workers import pieces
from edge_agent.workers.child import Item, serve
from edge_agent.workers.pieces import Piece, Span
from edge_agent.workers.vits import Network, Scales
from edge_agent.workers.wire import JSON
from edge_agent.workers.wordtimes import owners

WORDS_KNOWN = 4096
"""Words whose own pronunciation is kept: asking costs 0.2 ms a word, and most words come again."""

_KNOWN_WORD = "hello"
_KNOWN_S = (0.2, 1.5)
_KNOWN_DBFS = (-30.0, -6.0)
_KNOWN_PERIODICITY = 0.5
"""The voice reaches 0.75 and more, noise 0.15."""

_KNOWN_TREBLE = 0.15
"""The voice has 0.03; one layer of wrong numbers makes 0.25 and more."""


class PiperEngine:
    """One Piper voice."""

    def __init__(self, folder: Path, threads: int) -> None:
        from piper.config import PiperConfig
        from piper.voice import PiperVoice

        try:
            (model,) = folder.glob("*.onnx")
            config = PiperConfig.from_dict(json.loads(Path(f"{model}.json").read_text("utf-8")))
            self._network = Network(model, config.hop_length, threads)
        except Exception as error:  # onnxruntime's exceptions have no common class
            raise ModelError(
                f"{folder} holds no Piper voice that can be used: {error}", hint="Run `edge-agent models verify`."
            ) from error
        # Of Piper's own voice only the front end is used: it turns text into phonemes, and these into ids.
        self._voice: Any = PiperVoice(session=None, config=config)
        self._rate_hz: int = config.sample_rate
        self._alone = lru_cache(WORDS_KNOWN)(self._pronounced)

    def prove(self) -> None:
        """Say one word; EngineError if that is not what a voice sounds like."""
        said = list(self.speak([_KNOWN_WORD], speed=1.0, lively=False))
        samples = np.concatenate([piece.samples for piece in said]) if said else np.zeros(1, np.float32)
        seconds, level_dbfs = samples.size / self._rate_hz, dbfs(samples)
        vowel = _loudest(samples, self._rate_hz // 20)
        periodicity, treble = _periodicity(vowel, self._rate_hz), _treble(vowel, self._rate_hz)
        if not (
            _KNOWN_S[0] < seconds < _KNOWN_S[1]
            and _KNOWN_DBFS[0] < level_dbfs < _KNOWN_DBFS[1]
            and periodicity > _KNOWN_PERIODICITY
            and treble < _KNOWN_TREBLE
        ):
            raise EngineError(
                f'"{_KNOWN_WORD}" came out as {seconds:.2f} s at {level_dbfs:.0f} dBFS, '
                f"{periodicity:.0%} voice, {treble:.0%} treble",
                hint="The model is damaged, or this machine computes it wrongly: run `edge-agent doctor`.",
            )

    def run(self, fields: Mapping[str, JSON], payload: bytes, cancelled: Callable[[], bool]) -> Iterator[Item]:
        """Speak one phrase."""
        if payload:
            raise InputError("a voice is given text, not sound")
        for piece in self.speak(fields["units"], fields["speed"]):
            told = {"rate_hz": self._rate_hz, "units": piece.units, "continues": piece.continues}
            yield Item(told, piece.samples.tobytes())
            if cancelled():
                return

    def speak(self, units: Sequence[str], speed: float, *, lively: bool = True) -> Iterator[Piece]:
        """Yield the phrase that `units` make, piece by piece; each unit is in exactly one of them.

        Not `lively` takes chance out of the voice: the same phrase is the same sound again.
        """
        config = self._voice.config
        scales = Scales(
            noise=config.noise_scale if lively else 0.0,
            length=config.length_scale / speed,
            noise_width=config.noise_w_scale if lively else 0.0,
        )
        said = [unit.replace("[[", "[") for unit in units]  # brackets in pairs would be read as phonemes
        sentences = [known for phonemes in self._voice.phonemize(" ".join(said)) if (known := self._known(phonemes))]
        alone = [self._alone(unit) for unit in said]
        # All sentences are laid beside the units at once: only then is it clear where one ends among them.
        owner = owners([phoneme for sentence in sentences for phoneme in (*sentence, " ")], alone)
        place = done = 0
        for number, sentence in enumerate(sentences, start=1):
            owned = owner[place : place + len(sentence)]
            place += len(sentence) + 1
            # A unit that is silent belongs to the sentence of the one before it.
            known_units = [unit for unit in owned if unit is not None]
            until = len(units) if number == len(sentences) else max([done, *(unit + 1 for unit in known_units)])
            yield from self._sentence(sentence, owned, range(done, until), scales)
            done = until

    def _pronounced(self, unit: str) -> tuple[str, ...]:
        return tuple(phoneme for part in self._voice.phonemize(unit) for phoneme in (*part, " "))

    def _known(self, phonemes: Sequence[str]) -> list[str]:
        return [phoneme for phoneme in phonemes if phoneme in self._voice.config.phoneme_id_map]

    def _sentence(
        self, phonemes: Sequence[str], owner: Sequence[int | None], units: range, scales: Scales
    ) -> Iterator[Piece]:
        sentence = self._network.begin(self._voice.phonemes_to_ids(phonemes), scales)
        frames = int(sentence.durations.sum())
        spans = self._spans(phonemes, owner, units, sentence.durations)
        frames_per_s = self._rate_hz / self._network.hop
        cuts = pieces.ends(spans, pieces.FIRST_S * frames_per_s, pieces.LONGEST_S * frames_per_s)
        edges = [0, *(cuts if self._network.streams else ()), frames]
        ending = next((phoneme for phoneme in reversed(phonemes) if phoneme != " "), "")
        for (start, stop), own in zip(pairwise(edges), pieces.shared(spans, edges[1:]), strict=True):
            sound = self._network.sound(sentence, start, stop)
            lying = tuple((unit, begin * self._network.hop, end * self._network.hop) for unit, begin, end in own)
            piece = Piece(sound, lying, continues=stop < frames)
            yield pieces.trimmed(piece, self._rate_hz, opens=start == 0, ending=ending)

    def _spans(
        self, phonemes: Sequence[str], owner: Sequence[int | None], units: range, durations: NDArray[np.int64]
    ) -> list[Span]:
        """Return where each of the `units` lies in the sentence, in frames."""
        from piper.const import BOS, PAD

        ids = self._voice.config.phoneme_id_map
        # Each phoneme has its ids and a pad after them; one such group more, the beginning, stands in front.
        groups = accumulate((len(ids[phoneme]) + len(ids[PAD]) for phoneme in (BOS, *phonemes)), initial=0)
        ends = np.concatenate(([0], np.cumsum(durations)))
        edges = [int(ends[group]) for group in groups][1:]
        owned: dict[int, tuple[int, int]] = {}
        for unit, (start, end) in zip(owner, pairwise(edges), strict=True):
            if unit is not None:
                owned[unit] = (owned.get(unit, (start, end))[0], end)
        spans: list[Span] = []
        for unit in units:
            before = spans[-1][2] if spans else 0
            spans.append((unit, *owned.get(unit, (before, before))))
        return spans


def _loudest(samples: Samples, length: int) -> Samples:
    """The loudest stretch of so many samples; silence if there are not as many."""
    if samples.size < length:
        return np.zeros(length, np.float32)
    energy = np.convolve(np.square(samples, dtype=np.float64), np.ones(length), mode="valid")
    return samples[int(energy.argmax()) :][:length]


def _periodicity(vowel: Samples, rate_hz: int) -> float:
    """How well it repeats itself at a pitch between 70 and 400 Hz: 1 perfectly, 0 not at all."""
    wave = vowel.astype(np.float64) - vowel.mean()
    scores = [0.0]
    for lag in range(rate_hz // 400, rate_hz // 70):
        ahead, behind = wave[lag:], wave[:-lag]
        scale = float(np.sqrt(np.dot(ahead, ahead) * np.dot(behind, behind)))
        scores.append(float(np.dot(ahead, behind)) / scale if scale > 0 else 0.0)
    return max(scores)


def _treble(vowel: Samples, rate_hz: int) -> float:
    """The share of its energy above 3 kHz."""
    power = np.square(np.abs(np.fft.rfft(vowel * np.hanning(vowel.size))))
    above = power[np.fft.rfftfreq(vowel.size, 1 / rate_hz) > 3000]
    return float(above.sum() / max(power.sum(), 1e-12))


def make(options: Mapping[str, JSON]) -> PiperEngine:
    """Load the voice in `folder`, for so many `threads`."""
    return PiperEngine(Path(options["folder"]), options["threads"])


if __name__ == "__main__":
    serve(make)
