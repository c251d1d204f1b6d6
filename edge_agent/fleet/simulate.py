"""A hundred thousand devices that are only numbers: what a policy would do to them, before it does.

1. A device here is what it is in `policy.py`: an id. Whether it is eligible is asked of the very function that it asks.
2. Each device polls every `poll_s` on the average, with jitter, and starts at the first poll that finds it eligible.
3. Bounds are those of the binomial distribution, five standard deviations wide: a share outside of them is no chance.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from edge_agent.fleet import pacing
from edge_agent.fleet.reported import Tally
from edge_agent.supply.fleet import policy as rollout
from edge_agent.supply.fleet.policy import Device, Pace

FloatArray = npt.NDArray[np.float64]

SIGMAS = 5
TIMESTAMP_BYTES = 1000
"""Of a timestamp and the answer's head: what a poll costs that finds nothing new."""
REFRESH_BYTES = 12_000
"""What else a poll costs that finds something new: root (not there), snapshot, releases, rollout, policy."""
TAKES_S = 1800
"""From the start of an update to its report: download, canary, probation."""
JUDGED_EVERY_S = 300
"""How often the publisher's timer looks at the reports."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many devices were eligible at one step, and how many might have been."""

    after_s: int
    share_ppm: int
    eligible: int
    least: int
    most: int

    @property
    def ok(self) -> bool:
        """Whether it is as many as it should be."""
        return self.least <= self.eligible <= self.most


@dataclass(frozen=True, slots=True)
class Load:
    """What devices ask of the servers."""

    mean_per_s: float
    busiest_minute_per_s: float
    busiest_second: int
    metadata_gb_per_day: float
    """With one change a day."""


@dataclass(frozen=True, slots=True)
class Stop:
    """An emergency stop in the middle of a rollout."""

    started_before: int
    started_after: int
    """Of those that polled after the stop: none, or the stop does not work."""
    would_have: int
    """Of those that would have started had nobody stopped it."""
    last_told_s: int
    """When the last device has heard of it, seconds after the stop."""


@dataclass(frozen=True, slots=True)
class Damage:
    """What a release that fails on some devices does until its error budget stops it."""

    stopped_after_s: int | None
    """None where it never was."""
    took: int
    """Devices that had started by then."""
    failed: int
    """Of those, the ones on which it fails: they go back by themselves."""


def ids(devices: int) -> list[str]:
    """Return the names of the devices."""
    return [f"device-{number}" for number in range(devices)]


def shares(pace: Pace, devices: Sequence[str]) -> list[Share]:
    """Return how the devices are shared out at every step."""
    found: list[Share] = []
    for step in pace.steps:
        now = pace.start + step.after_s
        part = rollout.share(pace, now) / rollout.WHOLE
        eligible = sum(rollout.is_eligible(pace, Device(device), now) for device in devices)
        mean, spread = len(devices) * part, SIGMAS * math.sqrt(len(devices) * part * (1 - part))
        found.append(Share(step.after_s, step.share_ppm, eligible, math.floor(mean - spread), math.ceil(mean + spread)))
    return found


def polls(devices: int, poll_s: int, until_s: int) -> FloatArray:
    """Return when each device polls, up to `until_s` at least: a row of seconds for each.

    As a device does it: from one poll to the next it waits half as long to half as long again, by chance.
    """
    chance = np.random.default_rng(0)
    first = chance.uniform(0, poll_s, (devices, 1))
    waits = chance.uniform(0.5, 1.5, (devices, 2 * until_s // poll_s + 3)) * poll_s
    return np.hstack([first, first + np.cumsum(waits, axis=1)])


def load(devices: int, poll_s: int) -> Load:
    """Return what a day of polling costs the servers while nothing changes."""
    day = 86_400
    moments = polls(devices, poll_s, day + poll_s) - poll_s
    per_second = np.bincount(moments[(moments >= 0) & (moments < day)].astype(int), minlength=day)
    minutes = per_second.reshape(-1, 60).mean(axis=1)
    bytes_ = per_second.sum() * TIMESTAMP_BYTES + devices * REFRESH_BYTES
    return Load(float(per_second.mean()), float(minutes.max()), int(per_second.max()), float(bytes_ / 1e9))


def stop(pace: Pace, devices: Sequence[str], poll_s: int, after_s: int) -> Stop:
    """Pause the rollout `after_s` after its start, and say who started when."""
    ended = replace(pace, paused=True)
    moments = polls(len(devices), poll_s, pace.steps[-1].after_s + 2 * poll_s)
    begins = _begins(pace, devices, moments)
    # Whoever polls after the stop reads the policy that says so.
    late = [(name, at) for name, at in zip(devices, begins, strict=True) if after_s <= at < math.inf]
    started = sum(rollout.is_eligible(ended, Device(name), pace.start + math.ceil(at)) for name, at in late)
    told = np.take_along_axis(moments, (moments < after_s).sum(axis=1, keepdims=True), axis=1) - after_s
    return Stop(int((begins < after_s).sum()), started, len(late), math.ceil(told.max()))


def damage(pace: Pace, devices: Sequence[str], poll_s: int, failing_ppm: int) -> Damage:
    """Roll out a release that fails on so many of a million devices, with a timer that reads the reports."""
    until = pace.steps[-1].after_s + 2 * poll_s + TAKES_S
    begins = _begins(pace, devices, polls(len(devices), poll_s, until))
    fails = np.random.default_rng(1).random(len(devices)) < failing_ppm / rollout.WHOLE
    for at in range(JUDGED_EVERY_S, until, JUDGED_EVERY_S):
        told = begins + TAKES_S <= at
        counted = Tally(good=int((told & ~fails).sum()), bad=int((told & fails).sum()))
        if pacing.judged(counted, pace.budget) is pacing.Verdict.STOP:
            took = begins <= at
            return Damage(at, int(took.sum()), int((took & fails).sum()))
    took = begins < math.inf
    return Damage(None, int(took.sum()), int((took & fails).sum()))


def egress_gb_per_s(pace: Pace, devices: int, release_bytes: int) -> list[tuple[int, float]]:
    """Return for each step until when it lasts (seconds after the start) and what the servers send meanwhile, GB/s."""
    found: list[tuple[int, float]] = []
    for step, next_ in zip(pace.steps, [*pace.steps[1:], None], strict=True):
        shared = rollout.share(pace, pace.start + step.after_s) - rollout.share(pace, pace.start + step.after_s - 1)
        lasts = (next_.after_s if next_ else step.after_s + 86_400) - step.after_s
        found.append((step.after_s + lasts, devices * shared / rollout.WHOLE * release_bytes / lasts / 1e9))
    return found


def _begins(pace: Pace, devices: Sequence[str], moments: FloatArray) -> FloatArray:
    """Return at which of its polls each device starts, seconds after the rollout's start; infinity for never."""
    since = [_eligible_since(pace, Device(name)) for name in devices]
    found = [math.inf if at is None else row[np.searchsorted(row, at)] for at, row in zip(since, moments, strict=True)]
    return np.array(found)


def _eligible_since(pace: Pace, device: Device) -> int | None:
    """Return how many seconds after the start a device becomes eligible, found by halving: eligibility never ends."""
    low, high = 0, pace.steps[-1].after_s
    if not rollout.is_eligible(pace, device, pace.start + high):
        return None
    while low < high:
        middle = (low + high) // 2
        if rollout.is_eligible(pace, device, pace.start + middle):
            high = middle
        else:
            low = middle + 1
    return low
