"""Where a reply may begin to sound before its first phrase is known. Pure.

1. At least three plain words, of which the next has begun: so the last of them is whole.
2. Plain are letters, and commas between words. What a number, a name with a dot or a mark is, and how it is spoken,
   is told by what comes after it.
3. Only where the rest will be there in time. The first words last 0.6 s and more; a model that writes too slowly to
   have written the longest first phrase by then would leave a gap in the middle of a phrase.
"""

import re

WORDS = 3
"""With two the voice knows too little of the melody, and covers too little of the rest's making."""

CHARS = 12
"""As long as a first phrase must be to end at a clause."""

PACE_CHARS_S = 200.0
"""Characters a second, at least: 80 are missing at most, and 0.4 s there is until the voice must have them."""

_LETTER = r"[^\W\d_]"
_WORD = re.compile(rf"{_LETTER}+(?:['’-]{_LETTER}+)*")
_PLAIN = re.compile(rf"\s*(?:{_WORD.pattern},? )+(?={_LETTER})")


class Beginning:
    """Of one reply, while its first phrase is being written."""

    def __init__(self) -> None:
        self.text = ""
        """What is known."""
        self._since: float | None = None
        self._had = 0  # characters of the first piece: how long it took is not known

    def feed(self, delta: str, now: float) -> int:
        """Take the next piece, which came `now` (s); return how many characters may be said by now, 0 for none."""
        self.text += delta
        if self._since is None:
            self._since, self._had = now, len(self.text)
            return 0
        in_time = len(self.text) - self._had >= PACE_CHARS_S * (now - self._since)
        return beginning(self.text) if in_time else 0


def beginning(text: str) -> int:
    """Return where the first words end that stay as they are whatever follows; 0 if there are not enough of them."""
    plain = _PLAIN.match(text)
    words = list(_WORD.finditer(plain.group())) if plain else []
    return next((end for word in words[WORDS - 1 :] if (end := word.end()) >= CHARS and text[end] == " "), 0)
