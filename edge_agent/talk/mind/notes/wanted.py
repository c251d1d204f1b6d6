"""What kind of answer a question wants, as far as its first words say so. Pure.

"How many books do you have?" is not answered by a sentence about books that has no number in it.
"""

import re
from typing import Final

_NUMBER: Final = (
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|(?:twen|thir|for|fif|six|seven|eigh|nine)"
    r"ty(?:-\w+)?|hundred|thousand|million|half|quarter|dozen|once|twice|none|no|any|every|unlimited)\b"
)
_TIME: Final = (
    r"\b(?:\w+day|weekends?|week|daily|hours?|minutes?|months?|year|always|never|any ?time|noon|midnight|morning|"
    r"afternoon|evening|night|day|spring|summer|autumn|winter|january|february|march|april|may|june|july|august|september|october|"
    r"november|december|closed|christmas|easter|holidays?)s?\b|"
    r"\bthe (?:first|second|third|(?:four|fif|six|seven|eigh|nin|ten|eleven|twelf|\w+teen|\w+tie|\w+ty-\w+)th)\b"
    r"(?! (?:floor|storey|level|door|room|left|right|street|time))"
)
_MONEY: Final = r"\b(?:free|nothing|costs?|prices?|included|charge)\b"

_WANTED: Final = (
    (
        re.compile(r"\bhow (?:many|old|far|deep|tall|high|wide|big|large|long)\b"),
        re.compile(f"{_NUMBER}|{_TIME}", re.I),
    ),
    (re.compile(r"\bhow (?:much|expensive)\b|\bwhat\b.*\bcosts?\b"), re.compile(f"{_NUMBER}|{_MONEY}", re.I)),
    (re.compile(r"\bwhen\b|\bwhat time\b|\bhow (?:late|early|soon)\b"), re.compile(f"{_NUMBER}|{_TIME}", re.I)),
)


def fits(question: str, text: str) -> bool:
    """Whether `text` has what the question wants: a number, a time, a price; True where it does not say."""
    asked = question.lower()
    return all(has.search(text) for wants, has in _WANTED if wants.search(asked))
