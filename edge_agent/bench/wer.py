"""Word error rate: the share of words that were dropped, added or changed, after both texts are spelled alike.

What counts as the same: upper and lower case, punctuation, contractions ("I've", "I have"), titles ("Mr", "mister"),
British and American spelling, hyphens, numbers as digits or as words, and fillers ("um"), which are no words.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

_CONTRACTIONS = (
    (r"\bwon't\b", "will not"),
    (r"\bcan't\b", "can not"),
    (r"\bcannot\b", "can not"),
    (r"\bshan't\b", "shall not"),
    (r"\blet's\b", "let us"),
    (r"n't\b", " not"),
    (r"'re\b", " are"),
    (r"'ve\b", " have"),
    (r"'ll\b", " will"),
    (r"'d\b", " would"),
    (r"\b(i)'m\b", r"\1 am"),
    (r"\b(he|she|it|that|there|what|where|who|how|here)'s\b", r"\1 is"),
)

_SAME = {
    "mr": "mister",
    "mrs": "missus",
    "dr": "doctor",
    "st": "saint",
    "vs": "versus",
    "ok": "okay",
    "gonna": "going to",
    "wanna": "want to",
    "gotta": "got to",
    "grey": "gray",
    "theatre": "theater",
    "centre": "center",
    "programme": "program",
    "cheque": "check",
    "tyre": "tire",
    "metre": "meter",
    "litre": "liter",
    "judgement": "judgment",
    "storey": "story",
    "jewellery": "jewelry",
    "plough": "plow",
    "towards": "toward",
    "whilst": "while",
    "amongst": "among",
}

_SPELLINGS = (
    (
        re.compile(r"(col|hon|fav|lab|neighb|harb|hum|parl|rum|flav|endeav|behavi|od|vap|sav|vig|splend|arm)our"),
        r"\1or",
    ),
    (re.compile(r"(\w{3})is(e|ed|es|ing|ation)$"), r"\1iz\2"),
    (re.compile(r"(trave|cance|mode|jewe|quarre|labe|signa|marve)ll(ed|ing|er)"), r"\1l\2"),
    (re.compile(r"(def|off|lic|pret)ence$"), r"\1ense"),
)

_FILLERS = frozenset(("um", "uh", "hmm", "mm", "mhm", "er", "ah"))


def word_error_rate(pairs: Iterable[tuple[str, str]]) -> float:
    """Return 100 × errors / words over all pairs of (what was said, what was heard)."""
    errors = words = 0
    for said, heard in pairs:
        expected = normal(said)
        errors += distance(expected, normal(heard))
        words += len(expected)
    return 100 * errors / words if words else 0.0


def normal(text: str) -> list[str]:
    """Return the words of `text`, spelled one way."""
    text = text.lower().replace("’", "'").replace("i ve ", "i've ")
    text = re.sub(r"\[[^\]]*\]|\([^)]*\)", " ", text)
    for pattern, expansion in _CONTRACTIONS:
        text = re.sub(pattern, expansion, text)
    text = re.sub(r"[$£€](\d[\d,.]*)", r"\1 dollars", text).replace("%", " percent ").replace("&", " and ")
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"\d+(?:st|nd|rd|th)?", lambda found: f" {_number(found.group())} ", text)
    words = re.sub(r"[^a-z' ]+", " ", text.replace("-", " ")).split()
    spelled = (_spelled(word.strip("'")) for word in words if word not in _FILLERS)
    return " ".join(spelled).split()


def distance(expected: Sequence[str], heard: Sequence[str]) -> int:
    """Return the fewest words dropped, added or changed that make one of the other."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(expected, start=1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return row[-1]


def _spelled(word: str) -> str:
    word = _SAME.get(word, word)
    for pattern, spelling in _SPELLINGS:
        word = pattern.sub(spelling, word)
    return word


def _number(digits: str) -> str:
    ordinal = digits[-1].isalpha()
    value = int(digits.rstrip("stndrh"))
    if not ordinal and 1100 <= value < 2000 and value % 100:
        # Years, and the only way that such a number is ever read out in a sentence.
        return f"{_words(value // 100)} {_words(value % 100)}"
    return _words(value, ordinal=ordinal)


def _words(value: int, *, ordinal: bool = False) -> str:
    from unicode_rbnf import FormatPurpose

    purpose = FormatPurpose.ORDINAL if ordinal else FormatPurpose.CARDINAL
    return str(_reader().format_number(value, purpose).text).replace("-", " ")


@cache
def _reader() -> Any:
    from unicode_rbnf import RbnfEngine

    return RbnfEngine.for_language("en")
