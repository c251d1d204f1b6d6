# SPDX-License-Identifier: GPL-3.0-or-later
"""Text to speech: Piper. Run as `python -m`, and only so: a program of its own that talks to the agent over a pipe.

Piper is GPL-3.0-or-later, and so is this file; the agent, under another licence, neither imports it nor links to it.
The other way round is allowed: what this file imports of the agent is Apache-2.0.

1. The text comes as `units`, each spoken as it stands: the agent knows that "three thirty" is one written word. The
   voice hears them as one phrase, so its melody is whole.
2. Every unit is given its samples, exactly: Piper's durations are a result inside its model, and are asked for.
3. The first words sound while the rest is still being made: see `vits.py` for how, `pieces.py` for where.
4. A phrase may be begun before all of it is known: of the words that are given only the first are said, the others are
   there for the melody. The rest is then said as the whole phrase would go on, from the sound that was made.
5. The level is the voice's own. Making each phrase as loud as possible would make a short "yes" the loudest of all.
6. The known answer is a voice: a vowel repeats itself at the pitch of a human and is dark. Noise and garbage aren't.

A job's fields: `units`, `speed`, and `says` as [first, end] where not all units are to be said. One item or several per
sentence: `rate_hz`, `units` as [[index, start, end], …] in samples, `continues` where more of the sentence follows; its
payload is the samples as float32.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from edge_agent.workers.vits import Network, Scales, Sentence
from edge_agent.workers.wire import JSON
from edge_agent.workers.wordtimes import owners

WORDS_KNOWN = 4096
"""Words whose own pronunciation is kept: asking costs 0.2 ms a word, and most words come again."""

JOINT = 1
"""Frames in which the rest of a phrase comes out of its beginning. Without, one joint in ten clicks."""

_KNOWN_WORD = "hello"
_KNOWN_S = (0.2, 1.5)
_KNOWN_DBFS = (-30.0, -6.0)
_KNOWN_PERIODICITY = 0.5
"""The voice reaches 0.75 and more, noise 0.15."""

_KNOWN_TREBLE = 0.15
"""The voice has 0.03; one layer of wrong numbers makes 0.25 and more."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What is said of a sentence; in frames."""

    sentence: Sentence
    at: int
    """Where in it the part begins."""
    length: int
    spans: Sequence[Span]
    """Of its units, counted from where it begins."""
    opens: bool
    """Whether the sentence begins with it."""
    after: Samples | None = None
    """What the first frame comes out of: the last one of the other part."""
    held: int = 0
    """Frames behind it that are made and not said: the rest of the sentence comes out of them."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """The phrase that was begun last."""

    units: Sequence[str]
    """Those that were said."""
    sentence: Sentence
    frames: int
    """Of the sentence, in which these lie."""
    held: Samples
    """The last of these frames, which was not said."""


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
        self._begun: _Begun | None = None

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
        """Speak one phrase, or a part of one."""
        if payload:
            raise InputError("a voice is given text, not sound")
        says = fields.get("says")
        for piece in self.speak(fields["units"], fields["speed"], range(*says) if says else None):
            told = {"rate_hz": self._rate_hz, "units": piece.units, "continues": piece.continues}
            yield Item(told, piece.samples.tobytes())
            if cancelled():
                return

    def speak(
        self, units: Sequence[str], speed: float, says: range | None = None, *, lively: bool = True
    ) -> Iterator[Piece]:
        """Yield the phrase that `units` make, piece by piece; each unit is in exactly one of them.

        Of a part, only the units that it `says`. Not `lively` takes chance out of the voice: the same phrase is the
        same sound again.
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
            own, done = range(done, until), until
            asked = own if says is None else range(max(own.start, says.start), min(own.stop, says.stop))
            if says is None or asked:
                yield from self._sentence(sentence, owned, own, scales, said=said, says=asked)

    def _pronounced(self, unit: str) -> tuple[str, ...]:
        return tuple(phoneme for part in self._voice.phonemize(unit) for phoneme in (*part, " "))

    def _known(self, phonemes: Sequence[str]) -> list[str]:
        return [phoneme for phoneme in phonemes if phoneme in self._voice.config.phoneme_id_map]

    def _sentence(
        self,
        phonemes: Sequence[str],
        owner: Sequence[int | None],
        units: range,
        scales: Scales,
        *,
        said: Sequence[str],
        says: range,
    ) -> Iterator[Piece]:
        """Say of a sentence, which is made of `units`, those that it `says`. `said` are all units of the phrase."""
        sentence = self._network.begin(self._voice.phonemes_to_ids(phonemes), scales)
        spans = self._spans(phonemes, owner, units, sentence.durations)
        ends = {unit: end for unit, _, end in spans}
        start = ends[says.start - 1] if says.start > units.start else 0
        stop = ends[says.stop - 1] if says.stop < units.stop else int(sentence.durations.sum())
        ending = next((phoneme for phoneme in reversed(phonemes) if phoneme != " "), "")
        part = self._part(sentence, start, stop, spans[says.start - units.start :][: len(says)], said[: says.start])
        yield from self._pieces(part, said[: says.stop], ending)

    def _part(self, sentence: Sentence, start: int, stop: int, spans: Sequence[Span], before: Sequence[str]) -> _Part:
        """Return what lies from `start` to `stop`, as it goes on after the units that were said `before`."""
        lead = JOINT if start else 0
        held = JOINT if stop < int(sentence.durations.sum()) else 0
        length = max(0, lead + stop - start - held)
        own = [(unit, begin - start + lead, min(end - start + lead, length)) for unit, begin, end in spans]
        begun = self._begun
        if not start or begun is None or begun.units != before:
            return _Part(sentence, start - lead, length, own, not start, held=held)
        joint, at = self._network.carried_on(begun.sentence, begun.frames, sentence, start)
        return _Part(joint, at - lead, length, own, opens=False, after=begun.held, held=held)

    def _pieces(self, part: _Part, said: Sequence[str], ending: str) -> Iterator[Piece]:
        """Say a part piece by piece; if more is to come, remember it and the units `said`."""
        hop, frames_per_s = self._network.hop, self._rate_hz / self._network.hop
        cuts = pieces.ends(part.spans, pieces.FIRST_S * frames_per_s, pieces.LONGEST_S * frames_per_s)
        edges = [0, *(cuts if self._network.streams else ()), part.length]
        for (start, stop), own in zip(pairwise(edges), pieces.shared(part.spans, edges[1:]), strict=True):
            held = part.held if stop == part.length else 0
            sound = self._network.sound(part.sentence, part.at + start, part.at + stop + held)
            if start == 0 and part.after is not None:
                sound = pieces.faded(part.after, sound)
            if held:
                sound, rest = sound[: -held * hop], sound[-held * hop :]
                self._begun = _Begun(said, part.sentence, part.at + stop + held, rest)
            lying = tuple((unit, begin * hop, end * hop) for unit, begin, end in own)
            piece = Piece(sound, lying, continues=stop < part.length or held > 0)
            yield pieces.trimmed(piece, self._rate_hz, opens=part.opens and start == 0, ending=ending)

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
