"""Whether Whisper heard words or made them up. Pure.

Whisper was trained on subtitles, and writes some even when nobody speaks: over a cough, a fan, a laugh. The policy:

1. What contains no word is empty: dots, a scream ("Aaaaah"), laughter.
2. Whisper says how sure it is: of every token (`avg_logprob`), and that this is speech at all (`no_speech_prob`).
   Their weighted sum is the doubt. Too much of it and nothing was said.
3. A single word gets more credit. It has nothing around it to be sure from, and it may be "stop".
4. Phrases that subtitles are full of, and scraps that no one says to a machine, get less; so does what came in a loop.
5. More words in a second than a human can say were not said.

The weights and limits were set on recordings of people and of noises, with both models that ship: noises must mostly
come out empty, people never.
"""

import re
from collections.abc import Sequence
from enum import StrEnum


class Invented(StrEnum):
    """Why a transcript is not believed."""

    WORDLESS = "wordless"  # dots, a scream, laughter
    DOUBTED = "doubted"  # Whisper itself is not sure that it is speech
    RUSHED = "rushed"  # more words than there was time for


_LOGPROB_WEIGHT = 0.3
_DOUBT_MAX = 0.85
_SINGLE_CREDIT = 0.32
_SUSPECT_DEBIT = 0.45
_LOOP_DEBIT = 0.55
_WORDS_PER_S_MAX = 7.0
"""Auctioneers reach 6. Below half a second there is hardly room for one word, so that much is always granted."""

_SUSPECTS = frozenset(
    (
        # What subtitles say when nobody speaks.
        "thank you",
        "thank you very much",
        "thank you for watching",
        "thanks for watching",
        "thank you so much for watching",
        "please subscribe",
        "like and subscribe",
        "subtitles by the amara org community",
        "see you next time",
        "i'll see you next time",
        "the end",
        "music",
        "applause",
        "i'm sorry",
        "i'm so sorry",
        "bye bye",
        "hello everyone",
        # Scraps.
        "i'm",
        "it's",
        "so",
        "the",
        "and",
        "you",
        "oh",
        "ah",
        "eh",
        "uh",
        "um",
        "hm",
        "hmm",
        "mm",
        "la",
    )
)

_WORDLESS = re.compile(r"\w*([a-z])\1{2}\w*|(?:a?h)+a?|(?:heh)+|(?:he){2,}|u+gh")
"""The same letter three times in a row is in no word. Laughter is none either."""


def why_invented(
    text: str, *, looped: bool, avg_logprob: float, no_speech_prob: float, seconds: float
) -> Invented | None:
    """Return why `text`, heard in so many seconds of sound, is not believed; None if it is."""
    words = words_of(text)
    if not [word for word in words if not _wordless(word)]:
        return Invented.WORDLESS
    if len(words) > max(seconds, 0.5) * _WORDS_PER_S_MAX:
        return Invented.RUSHED

    doubt = no_speech_prob - _LOGPROB_WEIGHT * avg_logprob
    if len(words) == 1:
        doubt -= _SINGLE_CREDIT
    if looped:
        doubt += _LOOP_DEBIT
    if " ".join(words) in _SUSPECTS or len("".join(words)) == 1:
        doubt += _SUSPECT_DEBIT
    return Invented.DOUBTED if doubt > _DOUBT_MAX else None


def words_of(text: str) -> Sequence[str]:
    """The words of `text` without case and punctuation."""
    return re.findall(r"[\w']+", text.lower())


def _wordless(word: str) -> bool:
    return _WORDLESS.fullmatch(word) is not None
