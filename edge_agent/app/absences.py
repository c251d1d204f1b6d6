"""How often the audio device failed, and for how long: numbers for whoever exports them. Pure."""

from dataclasses import dataclass, replace

from edge_agent.base.events import DeviceLost, DeviceRestored, MicrophoneSilent, MicrophoneSounds

DeviceNews = DeviceLost | DeviceRestored | MicrophoneSilent | MicrophoneSounds


@dataclass(frozen=True, slots=True)
class Absences:
    """How often the device failed since the agent began to listen."""

    lost: int = 0
    restored: int = 0
    silent: int = 0
    """Times that a microphone which had delivered sound delivered nothing but zeros."""
    away_s: float = 0.0
    """Of all losses that are over, s."""
    longest_s: float = 0.0

    def after(self, news: DeviceNews) -> "Absences":
        """Return the count with this one."""
        match news:
            case DeviceLost():
                return replace(self, lost=self.lost + 1)
            case DeviceRestored(away_s=away_s):
                longest_s = max(self.longest_s, away_s)
                return replace(self, restored=self.restored + 1, away_s=self.away_s + away_s, longest_s=longest_s)
            case MicrophoneSilent():
                return replace(self, silent=self.silent + 1)
        return self
