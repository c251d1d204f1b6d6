"""The bytes of tokens to text that can be spoken: whole characters, up to the first stop string. Pure."""

import codecs
from collections.abc import Sequence


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


def _overlap(text: str, stop: str) -> int:
    """Return how many characters at the end of `text` may be the beginning of `stop`."""
    return next((size for size in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:size])), 0)
