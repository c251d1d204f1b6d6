"""The pauses of the user's turn, as the ear tells them."""

from edge_agent.base.events import Event, VoiceStarted, VoiceStopped
from edge_agent.base.frames import RATE_HZ


class Pauses:
    """Of one turn after the other."""

    def __init__(self) -> None:
        self.last = VoiceStopped(0, 0.0)
        """How the voice last stopped."""
        self.longest_s = 0.0
        """Within this turn, so far."""

    def begin(self) -> None:
        """A turn begins."""
        self.longest_s = 0.0

    def take(self, event: Event, *, within: bool) -> None:
        """Take note of an event; `within` is whether a turn is open."""
        match event:
            case VoiceStopped():
                self.last = event
            case VoiceStarted(position) if within:
                self.longest_s = max(self.longest_s, (position - self.last.position) / RATE_HZ)
