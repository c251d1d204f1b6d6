"""Who is heard, the cloud or the device, and what holds the floor meanwhile. Pure; time (s, monotonic) is passed in.

1. Both begin at once. The first phrase of the cloud wins, and the other is dropped. The device's is kept until the
   cloud has failed or the deadline has passed; then the cloud is dropped. So nobody ever hears two.
2. In a hedge the device's answer is as good. Otherwise it is said to be a guess first or, if the owner wants that,
   there is none, and that is said.
3. When the turn is committed and it has been silent for `hold_s`, a holding line is said; after `GAP_S` of silence
   another. Not when the answer is about to come: its first token is there, or due.
4. An answer that stops in the middle is held for in the same way, `STALLS_MAX` times; after that it has broken off.
   So it has when the cloud fails. Then that is said, and what was heard is what was answered.
5. Every state but the last has something that ends it: the deadline, a stall, the runners' own ends.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

GAP_S: Final = 0.9
"""Silence after the last sound, after which the next line is due. With what it takes to say it this stays below the
1.5 s at which people ask whether anybody is there."""

ABOUT_S: Final = 0.35
"""From a first token to the first sound: the rest of a phrase, and the voice."""

STALLS_MAX: Final = 2


class Side(Enum):
    """Who runs."""

    CLOUD = "cloud"
    LOCAL = "local"


class Progress(Enum):
    """How far a runner is."""

    RUNNING = "running"
    STIRRED = "stirred"  # its first token is there
    READY = "ready"  # its first phrase is there
    OVER = "over"  # all of its answer is there
    FAILED = "failed"  # or it had nothing to say


GOOD: Final = (Progress.READY, Progress.OVER)


class Do(Enum):
    """What the driver is to do, at once and in this order."""

    HEAR_CLOUD = "hear the cloud"  # let its phrases out
    HEAR_LOCAL = "hear the device"
    DROP_CLOUD = "drop the cloud"  # cancel it
    DROP_LOCAL = "drop the device"
    HOLD = "hold"  # say a holding line, the first
    HOLD_AGAIN = "hold again"  # say another
    SAY_GUESS = "say that it is a guess"
    SAY_UNREACHABLE = "say that nobody can be reached"
    SAY_BROKE_OFF = "say that it broke off"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the race is run for."""

    hold_s: float
    deadline_s: float
    """Both from the end of the question."""
    hedge: bool = False
    """Whether the device's answer is as good."""
    stand_in: bool = True
    """Whether the device's answer is wanted at all."""
    holds: bool = True
    """Whether holding lines are said."""
    expected_s: float | None = None
    """From the end of the question to the cloud's first token, as far as that can be known."""


@dataclass(frozen=True, slots=True)
class Race:
    """Where it stands."""

    terms: Terms
    asked: float
    """When the question ended."""
    quiet_since: float
    """When the last sound ended, or will end."""
    cloud: Progress = Progress.RUNNING
    local: Progress = Progress.RUNNING
    heard: Side | None = None
    committed: bool = False
    stirred_at: float | None = None
    """When the cloud's first token came."""
    holds: int = 0
    stalls: int = 0
    over: bool = False


Step = tuple[Race, tuple[Do, ...]]


def begin(terms: Terms, asked: float) -> Race:
    """Return a race for a question that ended at `asked`."""
    return Race(terms, asked, quiet_since=asked)


def progress(race: Race, side: Side, reached: Progress, now: float) -> Race:
    """A runner got somewhere. To be followed by `step`."""
    if side is Side.LOCAL:
        return replace(race, local=reached)
    stirred_at = now if race.stirred_at is None and reached is Progress.STIRRED else race.stirred_at
    return replace(race, cloud=reached, stirred_at=stirred_at)


def committed(race: Race) -> Race:
    """The turn was committed. To be followed by `step`."""
    return replace(race, committed=True)


def step(race: Race, now: float, left_s: float) -> Step:
    """Return what is to be done now; `left_s` is how long the loudspeaker still has something to say.

    Call it when a runner got somewhere, when the turn was committed, and at `wake_at`.
    """
    if left_s > 0:
        race = replace(race, quiet_since=now + left_s)
    if race.over:
        return race, ()
    if race.heard is None:
        race, decided = _decide(race, now)
        if decided:
            return race, decided
    else:
        race = _ended(race)
        if race.heard is Side.CLOUD and race.cloud is Progress.FAILED:
            return replace(race, over=True), (Do.SAY_BROKE_OFF,)
    return (race, ()) if race.over else _hold(race, now)


def wake_at(race: Race) -> float | None:
    """Return when `step` is to be called if nothing happens before; None if that is not needed."""
    if race.over:
        return None
    times = [_hold_at(race)] if race.committed and race.terms.holds else []
    if race.heard is None and race.cloud in (Progress.RUNNING, Progress.STIRRED):
        times.append(_deadline(race))
    return min(times) if times else None


def _decide(race: Race, now: float) -> Step:
    if race.cloud in GOOD:
        return _ended(replace(race, heard=Side.CLOUD)), (Do.HEAR_CLOUD, Do.DROP_LOCAL)
    late = now >= _deadline(race)
    if race.cloud is not Progress.FAILED and not late:
        return race, ()
    dropped = (Do.DROP_CLOUD,) if race.cloud is not Progress.FAILED else ()
    race = replace(race, cloud=Progress.FAILED)
    if not race.terms.stand_in or race.local is Progress.FAILED:
        return replace(race, over=True), (*dropped, Do.DROP_LOCAL, Do.SAY_UNREACHABLE)
    said = () if race.terms.hedge else (Do.SAY_GUESS,)
    return _ended(replace(race, heard=Side.LOCAL)), (*dropped, *said, Do.HEAR_LOCAL)


def _deadline(race: Race) -> float:
    """When the cloud has lost. What has just begun to come is waited for a moment longer."""
    deadline = race.asked + race.terms.deadline_s
    return deadline if race.stirred_at is None else max(deadline, min(race.stirred_at, deadline) + ABOUT_S)


def _ended(race: Race) -> Race:
    """Whoever is heard may have said all."""
    whose = race.cloud if race.heard is Side.CLOUD else race.local
    return replace(race, over=whose is Progress.OVER or (race.heard is Side.LOCAL and whose is Progress.FAILED))


def _hold(race: Race, now: float) -> Step:
    if not race.committed or not race.terms.holds or now < _hold_at(race):
        return race, ()
    if race.heard is Side.CLOUD:
        if race.stalls == STALLS_MAX:
            return replace(race, over=True, cloud=Progress.FAILED), (Do.DROP_CLOUD, Do.SAY_BROKE_OFF)
        race = replace(race, stalls=race.stalls + 1)
    said = Do.HOLD_AGAIN if race.holds or race.heard else Do.HOLD
    return replace(race, holds=race.holds + 1, quiet_since=now), (said,)


def _hold_at(race: Race) -> float:
    """When the next holding line is due, if nothing is heard before."""
    if race.holds or race.heard:
        return race.quiet_since + GAP_S
    due = race.asked + race.terms.hold_s
    if race.stirred_at is not None:
        return max(due, race.stirred_at + ABOUT_S)
    expected = None if race.terms.expected_s is None else race.asked + race.terms.expected_s
    about_to_come = expected is not None and expected - ABOUT_S <= due < expected + ABOUT_S
    return expected + ABOUT_S if expected is not None and about_to_come else due
