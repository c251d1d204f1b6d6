# SPDX-License-Identifier: GPL-3.0-or-later
"""Text to speech: Piper. Run as `python -m`, and only so: a program of its own that talks to the agent over a pipe.

Piper is GPL-3.0-or-later, and so is this file; the agent, under another licence, neither imports it nor links to it.
The other way round is allowed: what this file imports of the agent is Apache-2.0.

1. The text comes as `units`, each spoken as it stands: the agent knows that "three thirty" is one written word. The
   voice hears them as one phrase, so its melody is whole.
2. Every unit is given its samples, exactly: Piper's durations are a result inside its model, and are asked for.
3. Silence in front is cut to 30 ms, because somebody waits. Behind, it is cut to the pause that the last punctuation
   asks for: phrases are played one after the other, and without it they would run into each other.
4. The level is the voice's own. Making each phrase as loud as possible would make a short "yes" the loudest of all.
5. The known answer is a voice: a vowel repeats itself at the pitch of a human and is dark. Noise and garbage aren't.

A job's fields: `units`, `speed`. One item per sentence: `rate_hz`, `units` as [[index, start, end], …] in samples;
its payload is the sentence as float32 samples.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from edge_agent.base.errors import EngineError, InputError, ModelError
from edge_agent.base.frames import Samples, dbfs
from edge_agent.workers.child import Item, serve
from edge_agent.workers.onnx_outputs import with_output_of
from edge_agent.workers.wire import JSON
from edge_agent.workers.wordtimes import owners

_LEAD_S = 0.01
_TRAIL_S = 0.03
_PAUSES_S = {",": 0.12, ";": 0.15, ":": 0.15, ".": 0.2, "!": 0.2, "?": 0.2}
"""Silence at most, behind a sentence that ends so; `_TRAIL_S` behind any other. Piper's own is 0.1-0.25 s."""

_SILENCE = 0.003
"""Amplitude (-50 dBFS) under which nothing is heard."""

_KNOWN_WORD = "hello"
_KNOWN_S = (0.2, 1.5)
_KNOWN_DBFS = (-30.0, -6.0)
_KNOWN_PERIODICITY = 0.5
"""The voice reaches 0.75 and more, noise 0.15."""

_KNOWN_TREBLE = 0.15
"""The voice has 0.03; one layer of wrong numbers makes 0.25 and more."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, and where in it each unit lies: index, first sample, sample after the last."""

    samples: Samples
    units: tuple[tuple[int, int, int], ...]


class PiperEngine:
    """One Piper voice."""

    def __init__(self, folder: Path, threads: int) -> None:
        import onnxruntime
        from piper.config import PiperConfig
        from piper.voice import PiperVoice

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            (model,) = folder.glob("*.onnx")
            config = PiperConfig.from_dict(json.loads(Path(f"{model}.json").read_text("utf-8")))
            # The durations of the phonemes, in frames, are what the model rounds up.
            graph, _ = with_output_of(model.read_bytes(), "Ceil")
            session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions have no common class
            raise ModelError(
                f"{folder} holds no Piper voice that can be used: {error}", hint="Run `edge-agent models verify`."
            ) from error
        self._voice: Any = PiperVoice(session=session, config=config)

    def prove(self) -> None:
        """Say one word; EngineError if that is not what a voice sounds like."""
        said = list(self.speak([_KNOWN_WORD], speed=1.0, lively=False))
        rate_hz = self._voice.config.sample_rate
        samples = np.concatenate([sentence.samples for sentence in said]) if said else np.zeros(1, np.float32)
        seconds, level_dbfs = samples.size / rate_hz, dbfs(samples)
        vowel = _loudest(samples, rate_hz // 20)
        periodicity, treble = _periodicity(vowel, rate_hz), _treble(vowel, rate_hz)
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
        for sentence in self.speak(fields["units"], fields["speed"]):
            rate_hz = self._voice.config.sample_rate
            yield Item({"rate_hz": rate_hz, "units": sentence.units}, sentence.samples.tobytes())
            if cancelled():
                return

    def speak(self, units: Sequence[str], speed: float, *, lively: bool = True) -> Iterator[Sentence]:
        """Yield the sentences of the phrase that `units` make; each unit is in exactly one of them.

        Not `lively` takes chance out of the voice: the same phrase is the same sound again.
        """
        from piper.config import SynthesisConfig

        said = [unit.replace("[[", "[") for unit in units]  # brackets in pairs would be read as phonemes
        sentences = [known for phonemes in self._voice.phonemize(" ".join(said)) if (known := self._known(phonemes))]
        alone = [[phoneme for part in self._voice.phonemize(unit) for phoneme in (*part, " ")] for unit in said]
        # All sentences are laid beside the units at once: only then is it clear where one ends among them.
        owner = owners([phoneme for sentence in sentences for phoneme in (*sentence, " ")], alone)
        synthesis = SynthesisConfig(length_scale=self._voice.config.length_scale / speed)
        if not lively:
            synthesis.noise_scale = synthesis.noise_w_scale = 0.0
        place = done = 0
        for number, sentence in enumerate(sentences, start=1):
            owned = owner[place : place + len(sentence)]
            place += len(sentence) + 1
            # A unit that is silent belongs to the sentence of the one before it.
            known_units = [unit for unit in owned if unit is not None]
            until = len(units) if number == len(sentences) else max([done, *(unit + 1 for unit in known_units)])
            yield self._speak(sentence, owned, range(done, until), synthesis)
            done = until

    def _known(self, phonemes: Sequence[str]) -> list[str]:
        return [phoneme for phoneme in phonemes if phoneme in self._voice.config.phoneme_id_map]

    def _speak(self, phonemes: Sequence[str], owner: Sequence[int | None], units: range, synthesis: Any) -> Sentence:
        from piper.const import BOS, PAD

        ids = self._voice.config.phoneme_id_map
        samples, durations = self._voice.phoneme_ids_to_audio(
            self._voice.phonemes_to_ids(phonemes), synthesis, include_alignments=True
        )
        samples = np.clip(samples, -1, 1).astype(np.float32)
        if not np.isfinite(samples).all():
            raise EngineError("Piper's sound is no numbers", hint="Run `edge-agent doctor`.")
        if int(durations.sum()) != samples.size:
            raise EngineError("Piper's sound and its durations don't agree", hint="Run `edge-agent doctor`.")

        # Each phoneme has its ids and a pad after them; one such group more, the beginning, stands in front.
        groups = accumulate((len(ids[phoneme]) + len(ids[PAD]) for phoneme in (BOS, *phonemes)), initial=0)
        ends = np.concatenate(([0], np.cumsum(durations)))
        edges = [int(ends[group]) for group in groups][1:]
        spans: dict[int, tuple[int, int]] = {}
        for unit, (start, end) in zip(owner, pairwise(edges), strict=True):
            if unit is not None:
                spans[unit] = (spans.get(unit, (start, end))[0], end)
        words: list[tuple[int, int, int]] = []
        for unit in units:
            before = words[-1][2] if words else 0
            words.append((unit, *spans.get(unit, (before, before))))
        return _trimmed(Sentence(samples, tuple(words)), phonemes, self._voice.config.sample_rate)


def _trimmed(sentence: Sentence, phonemes: Sequence[str], rate_hz: int) -> Sentence:
    """Cut the silence at both ends, and move the words with it."""
    samples = sentence.samples
    loud = np.flatnonzero(np.abs(samples) > _SILENCE)
    first, last = (int(loud[0]), int(loud[-1]) + 1) if loud.size else (0, samples.size)
    ending = next((phoneme for phoneme in reversed(phonemes) if phoneme != " "), "")
    start = max(0, first - round(_LEAD_S * rate_hz))
    stop = min(samples.size, last + round(_PAUSES_S.get(ending, _TRAIL_S) * rate_hz))
    cut = np.clip([(begin, end) for _, begin, end in sentence.units], start, stop) - start
    words = ((unit, int(begin), int(end)) for (unit, _, _), (begin, end) in zip(sentence.units, cut, strict=True))
    return Sentence(samples[start:stop], tuple(words))


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
