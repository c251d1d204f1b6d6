"""What is said in an encoded sound: Whisper's decoder, and what it may write.

1. It may say no more than people can in that time: a loop then ends after a few words.
2. It decodes greedily. A beam of three finds about one word in a hundred more, for twice the time of a token.
3. Where words are expected it may write nothing else, has read some sentences of them before, and searches with a beam:
   what was misheard then comes out as the nearest of what can have been meant. Only the logits of these words are
   computed. Speech about something else comes out as these words too; the caller has to know better.
4. It ends with the token that is being decoded once nobody wants the answer any more.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_agent.base.errors import EngineError
from edge_agent.workers.search import per_token, search
from edge_agent.workers.weighing import forms
from edge_agent.workers.whisper_net import Floats, Heard, Network

_TOKENS_PER_S = 8
_TOKENS_MORE = 10
"""The fastest talkers reach 7 tokens in a second; a single word may take a few."""

_BEAM = 5
"""Hypotheses where the words are expected. More of them differ in punctuation only."""

_WEIGHED_MAX_S = 15
"""Longest audio whose logits are kept; they are 20 MB. An order takes five seconds."""

_READ_MAX = 160
"""Tokens read before. Whisper takes up to 223; each costs time."""

_PUNCTUATION = (".", ",", "?", "!", "-")
"""What may stand between expected words: Whisper is surer of words when it may write as it is used to."""


class CancelledError(Exception):
    """Nobody wants the answer any more."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What may be said, and some of it as it would be said."""

    words: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()


NOTHING = Expected()
"""Anything may be said."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to understand a sound."""

    tokens: tuple[int, ...]
    avg_logprob: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What was made of a sound."""

    ways: Sequence[Way]
    """At least one, the likeliest first."""
    no_speech_prob: float
    logits: Sequence[Floats]
    """Of all tokens, at each place; none for longer audio, or where words were expected."""


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """What may be written."""

    read: tuple[int, ...]
    """Tokens that are to have been read before."""
    tokens: NDArray[np.int64]
    """All that may be written, by number."""
    meanings: Floats | None
    """As the network multiplies with them, (width, tokens); None where they are all."""


class WhisperDecoder:
    """Of one model."""

    def __init__(self, network: Network, folder: Path, tokenizer: Any) -> None:
        """`tokenizer` is faster-whisper's."""
        config = json.loads((folder / "config.json").read_text())
        self._never, self._never_first = list(config["suppress_ids"]), list(config["suppress_ids_begin"])
        self._network = network
        self._tokenizer = tokenizer
        self._prompt: list[int] = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        self._everything = _Vocabulary((), np.arange(network.vocabulary), None)
        self._expected: tuple[Expected, _Vocabulary] | None = None

    def read(self, heard: Heard, seconds: float, expected: Expected, cancelled: Callable[[], bool]) -> Reading:
        """Decode a sound of so many seconds. CancelledError as soon as it is; EngineError if nothing is a number."""
        vocabulary = self._vocabulary(expected)
        following, said = self._network.begin(heard, [*vocabulary.read, *self._prompt])
        start = len(vocabulary.read)
        no_speech = _shares(self._network.logits(following[start : start + 1]))[0, self._tokenizer.no_speech]
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
                raise CancelledError
            following, said = self._network.go_on(heard, said, vocabulary.tokens[list(tokens)].tolist(), of)
            return likely(following)

        first = likely(following[-1:])
        first[:, np.isin(vocabulary.tokens, self._never_first)] = -np.inf
        end = int(np.flatnonzero(vocabulary.tokens == self._tokenizer.eot)[0])
        length = min(_TOKENS_MORE + int(_TOKENS_PER_S * seconds), self._network.places - start - len(self._prompt))
        found = search(first, step, end, _BEAM if expected.words else 1, length)
        if not (found and math.isfinite(no_speech)):
            raise EngineError("Whisper's scores are no numbers", hint="Run `edge-agent doctor`.")
        ways = [Way(tuple(vocabulary.tokens[list(way.tokens)].tolist()), per_token(way)) for way in found]
        return Reading(ways, float(no_speech), kept)

    def beginnings(self, word: str) -> list[int]:
        """The tokens with which this word may begin."""
        return sorted({self._tokens(form)[0] for form in forms(word)})

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

    def _tokens(self, text: str) -> list[int]:
        tokens: list[int] = self._tokenizer.tokenizer.encode(text, add_special_tokens=False).ids
        return tokens


def _shares(logits: Floats) -> Floats:
    """The probabilities of all tokens."""
    powers: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares
