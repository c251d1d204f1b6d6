"""Speech to text: Whisper on onnxruntime, in 8 bits, listening to as little as it can. Run as `python -m`.

1. The window is `max(10 s, length + 2 s)` and not Whisper's 30 s: the encoder is most of the time, and its time goes
   with the window. Under 10 s the decoder begins to repeat itself. `window` "full" listens to 30 s, for comparison.
2. The decoder may say no more than people can in that time: a loop then ends after a few words.
3. A loop that happened all the same is cut off: what is said again and again until the end was said once. Saying so
   (`looped`) is left to whoever judges the words; decoding again would cost more than it mends.
4. It decodes greedily. A beam of three finds about one word in a hundred more, and takes 40 % longer (base).
5. The model comes as a CTranslate2 file, and its network is drawn anew from the weights in it (`whisper_graphs.py`):
   onnxruntime takes half the time for a token.
6. A job that is cancelled ends with the token that is being decoded.
7. Where a job names the `words` that it expects, the decoder may write nothing else, has read some `sentences` of them
   before, and searches with a beam: what was misheard then comes out as the nearest of what can have been meant. The
   last sound is still encoded, so this costs the decoding alone. Speech about something else comes out as these words
   too; the caller has to know better.
8. Where a job names words to be `weighed`, it brings what was written, piece by piece, and how likely each of the words
   was to begin there instead. The decoder had to know that anyhow: of the sound that was decoded last it costs nothing.
9. The known answer is a sentence synthesised from numbers: a model or a machine that computes garbage can't know it.

A job's fields: `window`, for the benchmark; `words`, `sentences`; `weighed`. Its payload: float32 samples at 16 kHz, at
most 30 s. Its items, one per hypothesis and the likeliest first: `text`, `looped`, `avg_logprob`, `no_speech_prob`,
`compression_ratio`, `seconds` of audio, `ms` of work. Where words are weighed, one: `pieces`, and as its payload
float32 of (pieces + 1, words), how many nats each is less likely than the likeliest of them; nothing for longer audio.
"""

import json
import math
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_agent.base.errors import EngineError, InputError, ModelError
from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.workers.child import Item, serve
from edge_agent.workers.loops import unlooped
from edge_agent.workers.search import per_token, search
from edge_agent.workers.utterance import WORDS, utterance
from edge_agent.workers.weighing import forms, weighed, without_loop
from edge_agent.workers.whisper_net import Floats, Heard, Network
from edge_agent.workers.wire import JSON

_FRAME = 160
"""Samples of one frame of the spectrogram, 10 ms."""

_FULL_FRAMES = 3000
_FLOOR_FRAMES = 1000
_MARGIN_FRAMES = 200

_TOKENS_PER_S = 8
_TOKENS_MORE = 10
"""The fastest talkers reach 7 tokens in a second; a single word may take a few."""

_BEAM = 5
"""Hypotheses where the words are expected. More of them differ in punctuation only."""

_WEIGHED_MAX_S = 15
"""Longest audio whose words are weighed; what the decoder knew of it are 20 MB. An order takes five seconds."""

_READ_MAX = 160
"""Tokens read before. Whisper takes up to 223; each costs time."""

_PUNCTUATION = (".", ",", "?", "!", "-")
"""What may stand between expected words: Whisper is surer of words when it may write as it is used to."""

_KNOWN_WORDS = 4
"""Of the six words of the known answer. Small models mishear one or two; garbage finds none."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What may be said, and some of it as it would be said."""

    words: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decoded:
    """What Whisper makes of a piece of audio, and how sure it was."""

    text: str
    looped: bool
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float
    seconds: float
    ms: float


@dataclass(frozen=True, slots=True)
class _Written:
    """What the decoder wrote last, expecting nothing."""

    heard: Heard | None = None
    tokens: Sequence[int] = ()
    logits: Sequence[Floats] = ()
    """Of all tokens, at each place; none for longer audio."""


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """What may be written."""

    read: tuple[int, ...]
    """Tokens that the decoder is to have read before."""
    tokens: NDArray[np.int64]
    """All that may be written, by number."""
    meanings: Floats | None
    """As the network multiplies with them, (width, tokens); None where they are all."""


class _Cancelled(Exception):
    """Nobody wants the answer any more."""


class WhisperEngine:
    """One Whisper model."""

    def __init__(self, folder: Path, threads: int) -> None:
        from faster_whisper.feature_extractor import FeatureExtractor
        from faster_whisper.tokenizer import Tokenizer
        from tokenizers import Tokenizer as TokenizerFile

        try:
            self._network = Network(folder / "model.bin", threads)
            config = json.loads((folder / "config.json").read_text())
            self._never, self._never_first = list(config["suppress_ids"]), list(config["suppress_ids_begin"])
            tokens = TokenizerFile.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # the native libraries raise whatever they like, even bare Exception
            raise ModelError(
                f"{folder} is no Whisper model that can be used: {error}", hint="Run `edge-agent models verify`."
            ) from error
        self._tokenizer: Any = Tokenizer(tokens, self._network.multilingual, task="transcribe", language="en")
        self._prompt: list[int] = [*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]
        self._features: Any = FeatureExtractor(feature_size=self._network.bands)
        self._last: tuple[tuple[bytes, bool], Heard] | None = None
        self._written = _Written()
        self._begin: dict[str, list[int]] = {}
        self._everything = _Vocabulary((), np.arange(self._network.vocabulary), None)
        self._expected: tuple[Expected, _Vocabulary] | None = None

    def prove(self) -> None:
        """Transcribe the known sentence; EngineError if too few of its words come back."""
        (decoded,) = self._listen(utterance().tobytes(), full=False, cancelled=lambda: False)
        known = len(set(WORDS) & set(words_of(decoded.text)))
        if known < _KNOWN_WORDS:
            raise EngineError(
                f'Whisper heard "{decoded.text}" where "{" ".join(WORDS)}" was said',
                hint="The model is damaged, or this machine computes it wrongly: run `edge-agent doctor`.",
            )

    def run(self, fields: Mapping[str, JSON], payload: bytes, cancelled: Callable[[], bool]) -> Iterator[Item]:
        """Transcribe one piece of audio."""
        if len(payload) > _FULL_FRAMES * _FRAME * np.dtype(np.float32).itemsize:
            seconds = len(payload) / np.dtype(np.float32).itemsize / RATE_HZ
            raise InputError(f"Whisper hears 30 s at once, not {seconds:.1f} s", hint="Cut the audio.")
        if words := tuple(fields.get("weighed", ())):
            yield from self._weigh(payload, words, cancelled)
            return
        full = fields.get("window") == "full"
        expected = Expected(tuple(fields.get("words", ())), tuple(fields.get("sentences", ())))
        for decoded in self._listen(payload, full=full, cancelled=cancelled, expected=expected):
            yield Item(asdict(decoded))

    def _listen(
        self, payload: bytes, *, full: bool, cancelled: Callable[[], bool], expected: Expected = Expected()
    ) -> list[Decoded]:
        """Return what was said, the likeliest first; nothing if the job was cancelled."""
        began = time.perf_counter()
        seconds = len(payload) / np.dtype(np.float32).itemsize / RATE_HZ
        heard = self._heard(payload, full=full)
        try:
            found = self._read(heard, seconds, expected, cancelled)
        except _Cancelled:
            return []
        ms = (time.perf_counter() - began) * 1000
        return [replace(decoded, ms=ms) for decoded in found]

    def _weigh(self, payload: bytes, words: tuple[str, ...], cancelled: Callable[[], bool]) -> Iterator[Item]:
        known = self._written.heard is not None and self._written.heard is self._heard(payload, full=False)
        if not known and not self._listen(payload, full=False, cancelled=cancelled):
            return
        written = self._written
        said = [token for token in written.tokens if token < self._tokenizer.eot]
        pieces = without_loop([self._tokenizer.decode([token]) for token in said]) if written.logits else []
        nats = weighed(written.logits, len(pieces) + 1, [self._beginnings(word) for word in words])
        yield Item({"pieces": pieces}, nats.tobytes())

    def _heard(self, payload: bytes, *, full: bool) -> Heard:
        """Encode a sound, unless it was the last one that was."""
        if self._last is None or self._last[0] != (payload, full):
            spectrogram = self._spectrogram(np.frombuffer(payload, np.float32), full=full)
            self._last = (payload, full), self._network.encode(spectrogram)
        return self._last[1]

    def _read(self, heard: Heard, seconds: float, expected: Expected, cancelled: Callable[[], bool]) -> list[Decoded]:
        """Decode a sound. _Cancelled as soon as it is."""
        vocabulary = self._vocabulary(expected)
        following, said = self._network.begin(heard, [*vocabulary.read, *self._prompt])
        start = len(vocabulary.read)
        unspoken = float(_shares(self._network.logits(following[start : start + 1]))[0, self._tokenizer.no_speech])
        kept: list[Floats] = []

        def likely(following: Floats) -> Floats:
            if vocabulary.meanings is not None:
                return following @ vocabulary.meanings
            logits = self._network.logits(following)
            if seconds <= _WEIGHED_MAX_S:
                kept.append(logits[0].copy())
            logits[:, self._never] = -np.inf
            return logits

        def step(tokens: Sequence[int], of: Sequence[int]) -> Floats:
            nonlocal said
            if cancelled():
                raise _Cancelled
            following, said = self._network.go_on(heard, said, vocabulary.tokens[list(tokens)].tolist(), of)
            return likely(following)

        first = likely(following[-1:])
        first[:, np.isin(vocabulary.tokens, self._never_first)] = -np.inf
        end = int(np.flatnonzero(vocabulary.tokens == self._tokenizer.eot)[0])
        length = min(_TOKENS_MORE + int(_TOKENS_PER_S * seconds), self._network.places - start - len(self._prompt))
        found = search(first, step, end, _BEAM if expected.words else 1, length)
        if not (found and math.isfinite(unspoken)):
            raise EngineError("Whisper's scores are no numbers", hint="Run `edge-agent doctor`.")
        if not expected.words:
            self._written = _Written(heard, found[0].tokens, kept)
        return [
            self._decoded(vocabulary.tokens[list(way.tokens)].tolist(), per_token(way), unspoken, seconds)
            for way in found
        ]

    def _decoded(self, tokens: list[int], avg_logprob: float, no_speech_prob: float, seconds: float) -> Decoded:
        said = self._tokenizer.decode(tokens).strip()
        text = unlooped(said)
        return Decoded(
            text=text,
            looped=text != said,
            avg_logprob=avg_logprob,
            no_speech_prob=no_speech_prob,
            compression_ratio=len(said.encode()) / len(zlib.compress(said.encode())),
            seconds=seconds,
            ms=0.0,
        )

    def _vocabulary(self, expected: Expected) -> _Vocabulary:
        """Return what may be written of what is expected; everything where nothing is."""
        if not expected.words:
            return self._everything
        if self._expected is None or self._expected[0] != expected:
            written = [*(form for word in expected.words for form in forms(word)), *_PUNCTUATION]
            wanted = sorted({token for text in written for token in self._tokens(text)} | {self._tokenizer.eot})
            read = [token for sentence in expected.sentences for token in self._tokens(f" {sentence.capitalize()}.")]
            first = [self._tokenizer.sot_prev, *read[:_READ_MAX]] if read else []
            self._expected = expected, _Vocabulary(tuple(first), np.array(wanted), self._network.meanings(wanted))
        return self._expected[1]

    def _beginnings(self, word: str) -> list[int]:
        """The tokens with which this word may begin."""
        if word not in self._begin:
            self._begin[word] = sorted({self._tokens(form)[0] for form in forms(word)})
        return self._begin[word]

    def _tokens(self, text: str) -> list[int]:
        tokens: list[int] = self._tokenizer.tokenizer.encode(text, add_special_tokens=False).ids
        return tokens

    def _spectrogram(self, samples: Samples, *, full: bool) -> Samples:
        frames = max(1, samples.size // _FRAME)
        wanted = _FULL_FRAMES if full else min(_FULL_FRAMES, max(_FLOOR_FRAMES, frames + _MARGIN_FRAMES))
        # What the extractor is not given, it need not transform: the rest of the window is zeros, as in training.
        loudness: Samples = self._features(_at_least(samples, 2 * _FRAME))
        window = np.zeros((loudness.shape[0], wanted), np.float32)
        window[:, :frames] = loudness[:, :frames]
        return window


def _shares(logits: Floats) -> Floats:
    """The probabilities of all tokens."""
    powers: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _at_least(samples: Samples, count: int) -> Samples:
    return np.pad(samples, (0, max(0, count - samples.size)))


def words_of(text: str) -> list[str]:
    """The words of `text` without case and punctuation."""
    return re.findall(r"[\w']+", text.lower())


def make(options: Mapping[str, JSON]) -> WhisperEngine:
    """Load the model in the `folder`, for so many `threads`."""
    return WhisperEngine(Path(options["folder"]), options["threads"])


if __name__ == "__main__":
    serve(make)
