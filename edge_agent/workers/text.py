"""The bytes of tokens to text that can be spoken: whole characters, up to the first stop string. Pure.

A reply that comes to its limit of tokens is cut off where it is. What was begun after half of them is therefore held
back, sentence by sentence, until it is whole: "… prospects. I" is not said.
"""

import codecs
import re
from collections.abc import Sequence

_SENTENCE = re.compile(r"""[.!?…]["”’')\]]*(?=\s)|\n""")
_WHOLE = re.compile(r"""(?:[.!?…]["”’')\]]*\s*|\n)$""")
_BEGINS = re.compile(r"""(?:[.!?…]["”’')\]]*\s+|\n)\S?$""")
_TAIL = 8
"""Letters that tell whether the next one begins a sentence."""


class Text:
    """One reply on its way."""

    def __init__(self, stops: Sequence[str]) -> None:
        self.stopped = False
        self._stops = stops
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self._held = ""

    def add(self, piece: bytes) -> str:
        """Return what can be said for certain."""
        self._held += self._decoder.decode(piece)
        ends = [at for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if ends:
            self.stopped = True
            said, self._held = self._held[: min(ends)], ""
            return said
        keep = max((_overlap(self._held, stop) for stop in self._stops), default=0)
        cut = len(self._held) - keep
        said, self._held = self._held[:cut], self._held[cut:]
        return said

    def rest(self) -> str:
        """Return what was held back and turned out to be no stop string."""
        said, self._held = self._held, ""
        return said


class Sentences:
    """The same reply, as far as it may be said."""

    def __init__(self) -> None:
        self._holds = False
        self._held = ""
        self._tail = ""  # of what was said

    def add(self, piece: str, *, late: bool) -> str:
        """Return what can be said now. `late`: from here on, a sentence may not come to its end."""
        self._holds = self._holds or (late and _BEGINS.search(self._tail + piece[:1]) is not None)
        if not self._holds:
            self._tail = (self._tail + piece)[-_TAIL:]
            return piece
        self._held += piece
        ends = [found.end() for found in _SENTENCE.finditer(self._held)]
        cut = ends[-1] if ends else 0
        whole, self._held = self._held[:cut], self._held[cut:]
        return whole

    def rest(self, *, cut_off: bool) -> str:
        """Return what is left at the end; of a reply that was cut off, only what is a whole sentence."""
        held, self._held = self._held, ""
        return held if not cut_off or _WHOLE.search(held) else ""


def _overlap(text: str, stop: str) -> int:
    """Return how many characters at the end of `text` may be the beginning of `stop`."""
    return next((size for size in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:size])), 0)
