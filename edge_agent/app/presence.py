"""What becomes of the audio device, for the owner: told once per loss, by ear, in the log, on the screen, in numbers.

It changes nothing of the conversation. The floor hears of the same events and ends what was being said; memory,
context and timers are kept by whoever has them. Log lines are written here, on the loop, and not by the audio thread.
"""

import logging
from collections.abc import Callable

from edge_agent.app.absences import Absences, DeviceNews
from edge_agent.app.happenings import DeviceChanged, Watch
from edge_agent.base.events import DeviceLost, DeviceRestored, MicrophoneSilent, MicrophoneSounds
from edge_agent.base.frames import Samples
from edge_agent.talk.voice import earcon

log = logging.getLogger(__name__)


class Presence:
    """Of the device, as the conversation's owner learns of it."""

    def __init__(self, chime: Callable[[Callable[[int], Samples]], None], watch: Watch) -> None:
        """`chime` plays an earcon over whatever is said."""
        self.absences = Absences()
        self._chime = chime
        self._watch = watch

    def tell(self, news: DeviceNews) -> None:
        """Take one piece of news. A device that is gone has no loudspeaker to say so: its earcon comes at return."""
        self.absences = self.absences.after(news)
        match news:
            case DeviceLost(name):
                log.warning("audio device lost: %s", name)
                text = "the audio device is gone; it is looked for until it is back"
            case DeviceRestored(name, rate_hz, away_s):
                log.warning("audio device back after %.1f s: %s at %d Hz", away_s, name, rate_hz)
                text = f"the audio device is back: {name}"
                self._chime(earcon.rising)
            case MicrophoneSilent(name):
                log.warning("microphone delivers only zeros: %s", name)
                text = "the microphone delivers nothing at all: is it muted, or its plug half out?"
                self._chime(earcon.falling)
            case MicrophoneSounds(name):
                log.warning("microphone delivers sound again: %s", name)
                text = "the microphone delivers sound again"
                self._chime(earcon.rising)
        self._watch(DeviceChanged(text, news, self.absences))
