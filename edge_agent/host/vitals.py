"""Is the agent alive? Decided from what was seen of its parts. Pure.

A process that runs is not an agent that listens. It is alive while all of this is true:

1. the ear's thread went round lately: with a device, or in search of one;
2. no engine has been away for longer than its supervisor needs to bring it back several times;
3. whoever asks does so on the event loop: a loop that stands asks nothing.

Whoever feeds a watchdog does so only while this says so. A part that fails and is mended by its own supervisor is a
matter for the status, not for the watchdog.
"""

from collections.abc import Mapping
from dataclasses import dataclass

EAR_LATE_S = 10.0
"""A sound server that wakes its devices up takes a second or two, and it is waited for in the ear's thread."""

BACK_OFF_S = 60.0
"""The longest rest of an engine between two starts."""

UNLIT = "deaf: no lamp shows that the microphone is open"
"""Its owner wants a lamp, has not muted it, and no lamp's program gives its word."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """What was seen at one look."""

    ear_s: float
    """Since the ear's thread last went round."""
    away_s: Mapping[str, float]
    """Engines that are not ready, and for how long."""


def complaint(seen: Vitals, start_timeout_s: float) -> str:
    """Return what is dead, in words; nothing while the agent is alive."""
    if seen.ear_s > EAR_LATE_S:
        return f"the ear has stood still for {seen.ear_s:.0f} s"
    patience_s = 2 * (start_timeout_s + BACK_OFF_S)
    dead = [name for name, away_s in sorted(seen.away_s.items()) if away_s > patience_s]
    return f"no {' and no '.join(dead)} engine for {patience_s:.0f} s" if dead else ""


def status(seen: Vitals, state: str, start_timeout_s: float, *, muted: bool, unlit: bool, device_away: bool) -> str:
    """Return one line about how it goes, the worst first; `unlit` is closed for want of a lamp."""
    if found := complaint(seen, start_timeout_s):
        return f"ailing: {found}"
    if device_away:
        return "the audio device is gone; it is looked for"
    parts = ["muted" if muted else UNLIT if unlit else state]
    parts += [f"the {name} engine is being restarted" for name in sorted(seen.away_s)]
    return "; ".join(parts)
