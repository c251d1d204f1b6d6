"""A rollout, changed by one word at a time: pure, from one policy to the next.

1. A release is started once; afterwards its share only grows, by its steps or by `advanced`.
2. `judged` says from what devices reported whether the release may go on: too few reports are no answer, and too many
   failures are one, whatever comes later.
"""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from edge_agent.base.errors import InputError
from edge_agent.fleet.reported import Tally
from edge_agent.supply.fleet import policy as rollout
from edge_agent.supply.fleet.policy import Budget, Pace, Policy, Signed, Step


class Verdict(StrEnum):
    """What the reports say about a release."""

    TOO_FEW = "too few reports"
    GO_ON = "within its error budget"
    STOP = "over its error budget"


def planned(steps: tuple[Step, ...]) -> Pace:
    """Return a pace that is nobody's yet, for a simulation."""
    return _checked(Pace("0" * 64, "0" * 16, 0, steps))


def started(policy: Policy, pace: Pace) -> Policy:
    """Begin to roll out a release."""
    if any(one.sha256 == pace.sha256 for one in policy.paces):
        raise InputError("this release was started already", hint="`edge-fleet rollout advance` or `resume` it.")
    return replace(policy, paces=(*policy.paces, _checked(pace)))


def advanced(policy: Policy, sha256: str, share_ppm: int, now: int) -> Policy:
    """Give a release to at least `share_ppm` of the devices from now on; what was planned beyond that stays."""
    pace = find(policy, sha256)
    after = max(now - pace.start, 0)
    if rollout.share(pace, now) > share_ppm:
        raise InputError("a share can't shrink", hint="`edge-fleet rollout pause` or `deny` stops a release.")
    past = [step for step in pace.steps if step.after_s < after]
    later = [step for step in pace.steps if step.after_s > after and step.share_ppm >= share_ppm]
    if pace.linear and past:
        past.append(Step(max(after - 1, past[-1].after_s + 1), rollout.share(pace, now)))
        past = [step for step in past if step.after_s < after]
    return _with(policy, replace(pace, steps=(*past, Step(after, share_ppm), *later)))


def paused(policy: Policy, sha256: str, stop: bool) -> Policy:
    """Stop offering a release, or go on."""
    return _with(policy, replace(find(policy, sha256), paused=stop))


def denied(policy: Policy, sha256: str) -> Policy:
    """Never offer a release again."""
    return policy if sha256 in policy.deny else replace(policy, deny=(*policy.deny, sha256))


def taken_back(policy: Policy, to: Signed, signed: Iterable[Signed]) -> Policy:
    """Send whoever runs one of these releases that is newer than `to` back to it; what is signed later may go out."""
    newest = max(one.counter for one in signed)
    return replace(policy, roll_back_to=to.sha256, roll_back_from=newest)


def find(policy: Policy, sha256: str) -> Pace:
    """Return how a release goes out."""
    for pace in policy.paces:
        if pace.sha256 == sha256:
            return pace
    raise InputError("this release was not started in this channel", hint="`edge-fleet rollout start` does that.")


def judged(counted: Tally, budget: Budget) -> Verdict:
    """Say whether a release may go on."""
    all_ = counted.good + counted.bad
    # Whatever the rest report, this many failures among the fewest that count are too many already.
    if counted.bad * rollout.WHOLE > budget.max_failed_ppm * max(all_, budget.min_reports):
        return Verdict.STOP
    return Verdict.GO_ON if all_ >= budget.min_reports else Verdict.TOO_FEW


def steps(said: str) -> tuple[Step, ...]:
    """Read `1%@0,5%@6h,25%@1d,100%@3d`."""
    units = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
    found: list[Step] = []
    try:
        for part in said.split(","):
            share, _, when = part.strip().partition("@")
            when = when or "0"
            unit = when[-1] if when[-1].isalpha() else ""
            found.append(Step(int(when.removesuffix(unit)) * units[unit], ppm(share)))
    except (ValueError, KeyError) as error:
        raise InputError(f"{said!r} are no steps", hint="Write them as 1%@0,5%@6h,25%@1d,100%@3d.") from error
    return tuple(found)


def ppm(share: str) -> int:
    """Read `2.5%` as parts per million."""
    try:
        parts = round(float(share.strip().removesuffix("%")) * 10_000)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{share!r} is no share", hint="Write it as 2.5%.") from error
    if not 0 <= parts <= rollout.WHOLE:
        raise InputError(f"{share!r} is no share", hint="It must be from 0% to 100%.")
    return parts


def _with(policy: Policy, pace: Pace) -> Policy:
    paces = tuple(_checked(pace) if one.sha256 == pace.sha256 else one for one in policy.paces)
    return replace(policy, paces=paces)


def _checked(pace: Pace) -> Pace:
    try:
        return rollout.checked(pace)
    except ValueError as error:
        raise InputError(f"these steps can't be: {error}") from error
