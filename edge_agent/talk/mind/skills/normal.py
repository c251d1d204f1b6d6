"""Brings what speech-to-text wrote into the one form that the sentences are written in.

1. Small letters, no punctuation; an apostrophe inside a word stays ("what's"), a hyphen becomes a space.
2. Numbers are digits: "twenty-five" and "25" are both "25", "one hundred and twenty" is "120". "a" and "an" stay
   words, but for "a hundred".
3. "%" is "percent", "1.5" is "1 and a half", "8oz" and "5min" are two words.
"""

import re

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = {word: value for value, word in enumerate(_ONES.split())}
_TENFOLD = {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}
_SHORT = {
    "oz": "ounce",
    "min": "minute",
    "mins": "minutes",
    "sec": "second",
    "secs": "seconds",
    "hr": "hour",
    "hrs": "hours",
}


def normalise(text: str) -> str:
    """Return the words of `text` in the form that the sentences are written in."""
    plain = text.lower().replace("’", "'").replace("%", " percent ").replace("½", ".5")
    plain = re.sub(r"\ba hundred\b", "one hundred", re.sub(r"(?<=\d),(?=\d{3})", "", plain))
    plain = re.sub(r"\b(\d+)\.50?\b", r"\1 and a half", plain)
    plain = re.sub(r"(?<=\d)(?=[a-z])", " ", plain)
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", plain)
    return " ".join(digits([_SHORT.get(word, word) for word in words]))


def digits(words: list[str]) -> list[str]:
    """Return `words` with each run of number words replaced by its digits."""
    done: list[str] = []
    at = 0
    while at < len(words):
        value, used = _number(words, at)
        done.append(str(value) if used else words[at])
        at += used or 1
    return done


def _number(words: list[str], at: int) -> tuple[int, int]:
    """Return the number below a thousand that begins at `at`, and how many words it takes (0: none does)."""
    value, used = _below_hundred(words, at)
    hundred = at + used
    if words[hundred : hundred + 1] == ["hundred"] and 1 <= value <= 9:
        value, used = value * 100, used + 1
        joined = used + (words[at + used : at + used + 1] == ["and"])
        rest, more = _below_hundred(words, at + joined)
        if more:
            return value + rest, joined + more
    return value, used


def _below_hundred(words: list[str], at: int) -> tuple[int, int]:
    word, following = [*words[at : at + 2], "", ""][:2]
    if word in _TENFOLD:
        one = _UNITS.get(following, 0)
        return (_TENFOLD[word] + one, 2) if 1 <= one <= 9 else (_TENFOLD[word], 1)
    return (_UNITS[word], 1) if word in _UNITS else (0, 0)
