"""Whether the processor has been slowed down because it is too hot, as Linux tells it.

1. The kernel cools a processor by a cooling device whose type names it; while that is at work, the processor is slower
   than it says. That counts, and no temperature: what is hot for one board is ordinary for the next.
2. It is `HOT_AFTER` looks in a row before it counts, and `COOL_AFTER` before it is over: a fan that is late, or a
   governor that swings, must not change the agent's plans every few seconds.
"""

from dataclasses import dataclass, replace
from pathlib import Path

HOT_AFTER = 2
COOL_AFTER = 6
"""Looks. At one every five seconds: ten seconds to believe it, half a minute to forget it."""

OF_PROCESSORS = ("processor", "cpu", "intel_powerclamp", "tcc")
"""How the types of cooling devices that slow a processor down begin, in small letters."""


@dataclass(frozen=True, slots=True)
class Heat:
    """What is believed about it."""

    slowed: bool = False
    against: int = 0
    """Looks in a row that said otherwise."""

    def after(self, slowed: bool) -> "Heat":
        """Return what is believed after one more look."""
        if slowed == self.slowed:
            return replace(self, against=0)
        enough = COOL_AFTER if self.slowed else HOT_AFTER
        return Heat(slowed) if self.against + 1 >= enough else replace(self, against=self.against + 1)


def slowed(thermal: Path = Path("/sys/class/thermal")) -> bool:
    """Whether the kernel slows a processor down just now; False where it does not tell."""
    return any(_at_work(device) for device in thermal.glob("cooling_device*"))


def _at_work(device: Path) -> bool:
    try:
        kind = (device / "type").read_text(errors="replace").strip().lower()
        return kind.startswith(OF_PROCESSORS) and int((device / "cur_state").read_text(errors="replace")) > 0
    except (OSError, ValueError):
        return False
