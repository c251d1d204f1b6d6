"""What a device does about a release, from hearing of it to living with it. Pure: no clock, no disk, no chance.

    IDLE → CHECK → RESERVE → DOWNLOAD → VERIFY → SEAL → CANARY → READY → TRIAL → PROBATION → COMMIT → IDLE
             │        └── later, no space, bad ──────────────┴────┘        └── bad ──┴─▶ ROLLBACK → IDLE
             └── nothing new → IDLE

`step(record, event, now, policy, chance)` returns the next record and what to do about it. The driver stores the record
before it does anything, so whatever ends the process, `Restarted` goes on from there. All work can be done twice.

1. What may work later (`Fault.LATER`) is tried later, from where it stopped, at intervals that are drawn by chance and
   grow for as long as nothing comes; a server that names a time is given that long. It never makes a release bad.
2. A full disk gives back what was reserved; the next check begins anew.
3. A bad release is denied on this device and never tried again, unless its owner forgives it. Bytes that are wrong, or
   an answer that is, may be this machine's mistake for once: the second time counts.
4. Nothing is changed about the models in use before TRIAL. From there on the only ways out are COMMIT and ROLLBACK, and
   both go on until they are done. Whoever finds that the boot guard went back in the meantime follows it.
5. A release in whose canary or trial this process dies again and again is bad: it may be what fells the machine. A
   process that dies before has run nothing of the release, and only waits longer.
6. Whoever goes in circles, whatever the reason, is stopped after `steps_max` changes of phase.
7. Every change of phase is told, once, under a number that never comes twice.
8. A clock that was wrong for a while costs nothing once it is right.
"""

from dataclasses import replace

from edge_agent.supply.fleet.words import (
    Chose,
    Discard,
    Do,
    Due,
    Event,
    Failed,
    Fault,
    Finished,
    Forgive,
    GoBack,
    Nothing,
    Outcome,
    Phase,
    Policy,
    Record,
    Restarted,
    Tell,
)

_NEXT = {
    Phase.RESERVE: Phase.DOWNLOAD,
    Phase.DOWNLOAD: Phase.VERIFY,
    Phase.VERIFY: Phase.SEAL,
    Phase.SEAL: Phase.CANARY,
    Phase.CANARY: Phase.READY,
    Phase.READY: Phase.TRIAL,
    Phase.TRIAL: Phase.PROBATION,
    Phase.PROBATION: Phase.COMMIT,
    Phase.COMMIT: Phase.IDLE,
    Phase.ROLLBACK: Phase.IDLE,
}

SWITCHED = frozenset({Phase.TRIAL, Phase.PROBATION})
"""The target may be what the agent runs."""

ENDING = frozenset({Phase.COMMIT, Phase.ROLLBACK})
"""There is only one way on."""

LONGEST_S = 2 * 24 * 3600.0
"""No server's Retry-After and no `fleet.hours` make anybody wait longer."""


def step(record: Record, event: Event, now: float, policy: Policy, chance: float) -> Outcome:
    """Return what becomes of the record, and what to do, in order. `chance` is from 0 to 1."""
    after, commands = _next(record, event, now, policy, chance)
    if after.phase is record.phase:
        return after, commands
    steps = 0 if after.phase is Phase.IDLE else record.steps + 1
    if steps > policy.steps_max and after.phase not in ENDING:
        return step(record, Failed(Fault.BAD, "it goes in circles"), now, replace(policy, doubts_max=0), chance)
    after = replace(after, steps=steps, since=now, restarts=0, serial=record.serial + 1)
    told = Tell(after.serial, now, record.phase, after.phase, after.sha256, after.counter, after.reason, _why(event))
    return after, (told, *commands)


def _why(event: Event) -> str:
    return event.why or event.fault.value if isinstance(event, Failed) else type(event).__name__.lower()


def is_due(record: Record, now: float, policy: Policy) -> bool:
    """Whether a resting device should check. A time further away than any wait was named by a clock that was wrong."""
    longest_s = max(LONGEST_S, policy.back_off_max_s, 1.5 * policy.poll_s)
    return not now < record.wake_at <= now + longest_s


def _next(record: Record, event: Event, now: float, policy: Policy, chance: float) -> Outcome:
    match event:
        case Due() if record.phase is Phase.IDLE:
            return _go(replace(record, reason="", fault=""), Phase.CHECK)
        case Nothing(reason) if record.phase is Phase.CHECK:
            wake_at = now + policy.poll_s * (0.5 + chance)
            return replace(record, phase=Phase.IDLE, wake_at=wake_at, failures=0, reason=reason), ()
        case Chose(target, sha256, counter) if record.phase is Phase.CHECK:
            return _chosen(record, target, sha256, counter)
        case Finished() if record.phase in _NEXT:
            return _finished(record, now, policy, chance)
        case Failed(fault, reason, retry_after_s) if record.phase is not Phase.IDLE:
            record = replace(record, failures=0) if event.moved else record
            return _failed(record, fault, reason, now + max(retry_after_s, _back_off_s(record, policy, chance)), policy)
        case Restarted(current, reason):
            again_at = now + _back_off_s(record, policy, chance)
            if record.phase is Phase.PROBATION:
                record = replace(record, since=now)  # nobody looked on, and the device may have been off
            return _restarted(record, current, reason, again_at, policy)
        case GoBack(target, sha256, counter, reason) if record.phase not in ENDING:
            asked = replace(record, target=target, sha256=sha256, counter=counter)
            return _go(_deny(asked, reason), Phase.ROLLBACK)
        case Forgive():
            return replace(record, denied={}, wake_at=now, failures=0), ()
    return record, ()


def _go(record: Record, phase: Phase) -> Outcome:
    return replace(record, phase=phase), (Do(phase),)


def _deny(record: Record, reason: str) -> Record:
    return replace(record, denied={**record.denied, record.sha256: reason}, reason=reason)


def _chosen(record: Record, target: str, sha256: str, counter: int) -> Outcome:
    fresh = target != record.target
    chosen = replace(record, target=target, sha256=sha256, counter=counter, reason="")
    leaving = (Discard(record.target),) if fresh and record.target else ()
    after, commands = _go(replace(chosen, doubts=0) if fresh else chosen, Phase.RESERVE)
    return after, (*leaving, *commands)


def _finished(record: Record, now: float, policy: Policy, chance: float) -> Outcome:
    phase = _NEXT[record.phase]
    if phase is not Phase.IDLE:
        failures = 0 if record.phase is Phase.DOWNLOAD else record.failures
        return _go(replace(record, failures=failures, reason=""), phase)
    committed = record.phase is Phase.COMMIT
    ended = replace(
        record,
        phase=phase,
        target="",
        doubts=0,
        failures=0,
        wake_at=now + policy.poll_s * (0.5 + chance),
        floor=max(record.floor, record.counter) if committed else record.floor,
    )
    return ended, () if committed else (Discard(record.target),)


def _failed(record: Record, fault: Fault, reason: str, again_at: float, policy: Policy) -> Outcome:
    record = replace(record, fault=fault.value)
    later = replace(record, failures=record.failures + 1, wake_at=again_at, reason=reason)
    if record.phase is Phase.COMMIT and fault is Fault.BAD:
        return _go(_deny(record, reason), Phase.ROLLBACK)
    if record.phase in ENDING:
        return later, (Do(record.phase),)
    if record.phase in SWITCHED:
        if fault is Fault.BAD:
            return _go(_deny(record, reason), Phase.ROLLBACK)
        if record.failures >= policy.restarts_max:
            return _go(replace(record, reason=reason), Phase.ROLLBACK)  # not its fault: it may come back
        return later, (Do(record.phase),)
    if record.phase is Phase.CHECK:
        return replace(later, phase=Phase.IDLE), ()
    # Wrong bytes on the disk are of no use; what failed otherwise is gone on from.
    spoilt = fault is Fault.SPACE or (fault is Fault.BAD and record.phase is not Phase.CANARY)
    if fault is Fault.BAD and record.doubts >= policy.doubts_max:
        denied = replace(_deny(record, reason), phase=Phase.IDLE, target="", doubts=0, wake_at=again_at)
        return denied, (Discard(record.target),)
    idle = replace(later, phase=Phase.IDLE, doubts=record.doubts + (fault is Fault.BAD))
    return idle, (Discard(record.target),) if spoilt and record.target else ()


def _restarted(record: Record, current: str, reason: str, again_at: float, policy: Policy) -> Outcome:
    again = replace(record, restarts=record.restarts + 1)
    died = f"the updater ended {again.restarts} times in {record.phase}"
    match record.phase:
        case Phase.IDLE:
            return record, ()
        case Phase.PROBATION | Phase.COMMIT if current != record.target:
            return _go(_deny(record, reason or "the device went back by itself"), Phase.ROLLBACK)
        case Phase.PROBATION | Phase.COMMIT | Phase.ROLLBACK:
            return record, (Do(record.phase),)
        case Phase.TRIAL if again.restarts > policy.restarts_max:
            return _go(_deny(record, died), Phase.ROLLBACK)
        case Phase.CANARY if again.restarts > policy.restarts_max:
            return _failed(record, Fault.BAD, died, again_at, replace(policy, doubts_max=0))
        case Phase.TRIAL | Phase.CANARY:
            return again, (Do(record.phase),)
    if again.restarts > policy.restarts_max:
        return _failed(record, Fault.LATER, died, again_at, policy)
    return again, (Do(record.phase),)


def _back_off_s(record: Record, policy: Policy, chance: float) -> float:
    """Draw from nothing to twice as long as the last time (full jitter), so that no two devices come back together."""
    longest: float = policy.back_off_s * 2 ** min(record.failures, 16)
    return chance * min(longest, policy.back_off_max_s)
