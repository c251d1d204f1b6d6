"""Speech to text: Whisper on onnxruntime, in 8 bits, listening to as little as it can. Run as `python -m`.

1. The window is `max(10 s, length + 2 s)` and not Whisper's 30 s: the encoder is most of the time, and its time goes
   with the window. Under 10 s the decoder begins to repeat itself. `window` "full" listens to 30 s, for comparison.
2. A loop that happened all the same is cut off: what is said again and again until the end was said once. Saying so
   (`looped`) is left to whoever judges the words; decoding again would cost more than it mends.
3. The model comes as a CTranslate2 file, and its network is drawn anew from the weights in it (`whisper_graphs.py`):
   onnxruntime takes half the time for a token.
4. The sound that was heard last is not encoded again, so to listen for other `words` costs the decoding alone.
5. Where a job names words to be `weighed`, it brings what was written, piece by piece, and how likely each of the words
   was to begin there instead. The decoder had to know that anyhow: of the sound that was decoded last it costs nothing.
6. The known answer is a sentence synthesised from numbers: a model or a machine that computes garbage can't know it.

A job's fields: `window`, for the benchmark; `words`, `sentences`; `weighed`. Its payload: float32 samples at 16 kHz, at
most 30 s. Its items, one per hypothesis and the likeliest first: `text`, `looped`, `avg_logprob`, `no_speech_prob`,
`seconds` of audio, `ms` of work. Where words are weighed, one: `pieces`, and as its payload float32 of
(pieces + 1, words), how many nats each is less likely than the likeliest of them; nothing for longer audio.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge_agent.base.errors import EngineError, InputError, ModelError
from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.workers.child import Item, serve
from edge_agent.workers.loops import unlooped
from edge_agent.workers.utterance import WORDS, utterance
from edge_agent.workers.weighing import weighed, without_loop
from edge_agent.workers.whisper_decoder import NOTHING, CancelledError, Expected, Reading, Way, WhisperDecoder
from edge_agent.workers.whisper_net import Heard, Network
from edge_agent.workers.wire import JSON

_FRAME = 160
"""Samples of one frame of the spectrogram, 10 ms."""

_FULL_FRAMES = 3000
_FLOOR_FRAMES = 1000
_MARGIN_FRAMES = 200

_KNOWN_WORDS = 4
"""Of the six words of the known answer. Small models mishear one or two; garbage finds none."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What Whisper makes of a piece of audio, and how sure it was."""

    text: str
    looped: bool
    avg_logprob: float
    no_speech_prob: float
    seconds: float
    ms: float


class WhisperEngine:
    """One Whisper model."""

    def __init__(self, folder: Path, threads: int) -> None:
        from faster_whisper.feature_extractor import FeatureExtractor
        from faster_whisper.tokenizer import Tokenizer
        from tokenizers import Tokenizer as TokenizerFile

        try:
            self._network = Network(folder / "model.bin", threads)
            tokens = TokenizerFile.from_file(str(folder / "tokenizer.json"))
            self._tokenizer: Any = Tokenizer(tokens, self._network.multilingual, task="transcribe", language="en")
            self._decoder = WhisperDecoder(self._network, folder, self._tokenizer)
        except Exception as error:  # the native libraries raise whatever they like, even bare Exception
            raise ModelError(
                f"{folder} is no Whisper model that can be used: {error}", hint="Run `edge-agent models verify`."
            ) from error
        self._features: Any = FeatureExtractor(feature_size=self._network.bands)
        self._last: tuple[tuple[bytes, bool], Heard] | None = None
        self._written: tuple[Heard, Reading] | None = None
        self._begin: dict[str, list[int]] = {}

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
        self, payload: bytes, *, full: bool, cancelled: Callable[[], bool], expected: Expected = NOTHING
    ) -> list[Decoded]:
        """Return what was said, the likeliest first; nothing if the job was cancelled."""
        began = time.perf_counter()
        seconds = len(payload) / np.dtype(np.float32).itemsize / RATE_HZ
        heard = self._heard(payload, full=full)
        try:
            reading = self._decoder.read(heard, seconds, expected, cancelled)
        except CancelledError:
            return []
        if not expected.words:
            self._written = heard, reading
        ms = (time.perf_counter() - began) * 1000
        return [self._decoded(way, reading.no_speech_prob, seconds, ms) for way in reading.ways]

    def _weigh(self, payload: bytes, words: tuple[str, ...], cancelled: Callable[[], bool]) -> Iterator[Item]:
        known = self._written is not None and self._written[0] is self._heard(payload, full=False)
        if not known and not self._listen(payload, full=False, cancelled=cancelled):
            return
        assert self._written
        _, reading = self._written
        said = [token for token in reading.ways[0].tokens if token < self._tokenizer.eot]
        pieces = without_loop([self._tokenizer.decode([token]) for token in said]) if reading.logits else []
        nats = weighed(reading.logits, len(pieces) + 1, [self._beginnings(word) for word in words])
        yield Item({"pieces": pieces}, nats.tobytes())

    def _heard(self, payload: bytes, *, full: bool) -> Heard:
        """Encode a sound, unless it was the last one that was."""
        if self._last is None or self._last[0] != (payload, full):
            spectrogram = self._spectrogram(np.frombuffer(payload, np.float32), full=full)
            self._last = (payload, full), self._network.encode(spectrogram)
        return self._last[1]

    def _decoded(self, way: Way, no_speech_prob: float, seconds: float, ms: float) -> Decoded:
        said = self._tokenizer.decode(way.tokens).strip()
        text = unlooped(said)
        return Decoded(
            text=text,
            looped=text != said,
            avg_logprob=way.avg_logprob,
            no_speech_prob=no_speech_prob,
            seconds=seconds,
            ms=ms,
        )

    def _beginnings(self, word: str) -> list[int]:
        if word not in self._begin:
            self._begin[word] = self._decoder.beginnings(word)
        return self._begin[word]

    def _spectrogram(self, samples: Samples, *, full: bool) -> Samples:
        frames = max(1, samples.size // _FRAME)
        wanted = _FULL_FRAMES if full else min(_FULL_FRAMES, max(_FLOOR_FRAMES, frames + _MARGIN_FRAMES))
        # What the extractor is not given, it need not transform: the rest of the window is zeros, as in training.
        loudness: Samples = self._features(_at_least(samples, 2 * _FRAME))
        window = np.zeros((loudness.shape[0], wanted), np.float32)
        window[:, :frames] = loudness[:, :frames]
        return window


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
