"""What a recogniser says again and again until it is stopped. Pure."""

import re
from collections.abc import Sequence


def unlooped(text: str) -> str:
    """Return `text` without what it says again at its end: itself, a word three times more, or any four words."""
    found = list(re.finditer(r"[\w']+", text.lower()))
    words = [match.group() for match in found]
    again = max((_repeated(words, period) for period in range(1, len(words))), default=0)
    return text[: found[-again].start()].rstrip() if again else text


def _repeated(words: Sequence[str], period: int) -> int:
    """How many words at the end repeat what stands `period` words before them, if that makes a loop; or else 0."""
    # Where the decoder was stopped in mid-loop, the last word may be half of one.
    again = 1 if words[-1 - period].startswith(words[-1]) else 0
    while 0 < again < len(words) - period and words[-1 - again] == words[-1 - again - period]:
        again += 1
    whole = again >= period and again + period == len(words)
    # Digits are said again for good reasons: "5 5 5". A sentence that has some is not.
    digits = all(word.isdigit() for word in words[-period:])
    return again if (again >= 4 or again >= 3 * period or whole) and not digits else 0
