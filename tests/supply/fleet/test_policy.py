"""Who takes which release: as told, at the edges, and in any order."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import InputError
from edge_agent.supply.fleet import policy
from edge_agent.supply.fleet.policy import WHOLE, Choice, Device, Pace, Policy, Signed, Step, Why, choose

START = 1_800_000_000
HOUR = 3600


def sha(counter):
    return f"{counter:064x}"


def signed(*counters, barriers=()):
    return {sha(n): Signed(sha(n), n, n in barriers, f"releases/r-{n}.json", 1000) for n in counters}


def pace(counter, *steps, **more):
    steps = tuple(Step(*step) for step in steps or [(0, WHOLE)])
    return Pace(sha(counter), more.pop("salt", f"{counter:016x}"), more.pop("start", START), steps, **more)


def chosen(counter, all_):
    return Choice(Why.CHOSEN, all_[sha(counter)])


def test_the_newest_that_has_reached_this_device_is_taken():
    known = signed(1, 2, 3)
    paces = (pace(1), pace(2), pace(3, (0, 0), (HOUR, WHOLE)))
    told = Policy("stable", paces=paces)
    assert choose(told, known, Device("a"), START) == chosen(2, known)
    assert choose(told, known, Device("a", counter=2), START) == Choice(Why.WAITING)
    assert choose(told, known, Device("a", counter=2), START + HOUR) == chosen(3, known)
    assert choose(told, known, Device("a", counter=3), START + HOUR) == Choice(Why.NOTHING_NEWER)


def test_nobody_goes_past_a_barrier():
    known = signed(1, 2, 3, 4, barriers={2})
    told = Policy("stable", paces=(pace(1), pace(2), pace(3), pace(4)))
    assert choose(told, known, Device("a"), START) == chosen(2, known)
    assert choose(told, known, Device("a", counter=2), START) == chosen(4, known)


def test_a_barrier_that_the_policy_leaves_out_still_stands():
    known = signed(1, 2, 3, barriers={2})
    assert choose(Policy("stable", paces=(pace(3),)), known, Device("a", counter=1), START) == Choice(Why.BARRIER)
    assert choose(Policy("stable", paces=(pace(1), pace(3))), known, Device("a"), START) == chosen(1, known)


def test_a_barrier_that_was_bad_is_replaced_by_the_next():
    known = signed(1, 2, 3, 4, 5, barriers={2, 4})
    told = Policy("stable", deny=(sha(2),), paces=tuple(pace(n) for n in (1, 2, 3, 4, 5)))
    assert choose(told, known, Device("a", counter=1), START) == chosen(4, known)
    told = replace(told, deny=(sha(2), sha(4)))
    assert choose(told, known, Device("a", counter=1), START) == Choice(Why.BARRIER)


def test_a_barrier_that_has_not_reached_this_device_holds_it():
    known = signed(1, 2, 3, barriers={2})
    told = Policy("stable", paces=(pace(2, (0, 0)), pace(3)))
    assert choose(told, known, Device("a", counter=1), START) == Choice(Why.BARRIER)


def test_paused_and_denied_and_failed_here():
    known = signed(1)
    told = Policy("stable", paces=(pace(1, paused=True),))
    assert choose(told, known, Device("a"), START) == Choice(Why.PAUSED)
    told = Policy("stable", deny=(sha(1),), paces=(pace(1),))
    assert choose(told, known, Device("a"), START) == Choice(Why.DENIED)
    told = Policy("stable", paces=(pace(1),))
    assert choose(told, known, Device("a", denied=frozenset({sha(1)})), START) == Choice(Why.DENIED)


def test_below_the_least_counter_nothing_is_taken_whatever_a_policy_says():
    known = signed(1, 2, 3)
    told = Policy("stable", paces=(pace(1), pace(2)))
    assert choose(told, known, Device("a"), START, floor=3) == Choice(Why.NOTHING_NEWER)
    assert choose(replace(told, min_counter=2), known, Device("a"), START) == chosen(2, known)
    back = replace(told, roll_back_to=sha(1), roll_back_from=3)
    assert choose(back, known, Device("a", counter=3), START, floor=2) == Choice(Why.DENIED)


def test_the_operator_takes_a_release_back():
    known = signed(1, 2, 3)
    told = Policy("stable", roll_back_to=sha(1), roll_back_from=3, paces=(pace(1), pace(2), pace(3)))
    assert choose(told, known, Device("a", counter=3), START) == Choice(Why.ROLLED_BACK, known[sha(1)])
    assert choose(told, known, Device("a", counter=1), START) == Choice(Why.DENIED)
    assert choose(told, known, Device("new"), START) == chosen(1, known)


def test_after_a_release_was_taken_back_the_next_goes_out():
    known = signed(1, 2, 3, 4)
    told = Policy("stable", roll_back_to=sha(1), roll_back_from=3, paces=(pace(1), pace(2), pace(3), pace(4, (0, 0))))
    assert choose(told, known, Device("a", counter=3), START) == Choice(Why.ROLLED_BACK, known[sha(1)])
    assert choose(told, known, Device("a", counter=1), START) == Choice(Why.WAITING)
    there = replace(told, paces=(*told.paces[:3], pace(4)))
    assert choose(there, known, Device("a", counter=1), START) == chosen(4, known)
    assert choose(there, known, Device("new"), START) == chosen(4, known)
    assert choose(there, known, Device("a", counter=4), START) == Choice(Why.NOTHING_NEWER)


def test_canaries_come_first_and_cohorts_can_be_all():
    known = signed(1)
    told = Policy("stable", paces=(pace(1, (0, 0), (HOUR, WHOLE), canaries=("canary",)),))
    assert choose(told, known, Device("a", frozenset({"canary"})), START) == chosen(1, known)
    assert choose(told, known, Device("a", frozenset({"other"})), START).why is Why.WAITING
    told = Policy("stable", paces=(pace(1, only=("kiosk",)),))
    assert choose(told, known, Device("a", frozenset({"kiosk"})), START) == chosen(1, known)
    assert choose(told, known, Device("a"), START + 9 * HOUR).why is Why.WAITING


def test_a_share_grows_by_steps_or_evenly():
    steps = [(0, 10_000), (HOUR, 50_000), (2 * HOUR, WHOLE)]
    told = [policy.share(pace(1, *steps), START + at) for at in (-1, 0, HOUR - 1, HOUR, 9 * HOUR)]
    assert told == [0, 10_000, 10_000, 50_000, WHOLE]
    even = pace(1, *steps, linear=True)
    told = [policy.share(even, START + at) for at in (-1, 0, HOUR // 2, HOUR, 3 * HOUR // 2, 2 * HOUR, 9 * HOUR)]
    assert told == [0, 10_000, 30_000, 50_000, 525_000, WHOLE, WHOLE]


def test_the_edges_are_nobody_and_everybody():
    ids = [f"device-{number}" for number in range(2000)]
    assert not any(policy.is_eligible(pace(1, (0, 0)), Device(id_), START) for id_ in ids)
    assert all(policy.is_eligible(pace(1, (0, WHOLE)), Device(id_), START) for id_ in ids)
    # The very last place of all is below the whole, and one below the millionth part that it is short of.
    assert (2**64 - 1) * WHOLE < WHOLE << 64
    assert not (2**64 - 1) * WHOLE < (WHOLE - 1) << 64


def test_another_salt_begins_with_other_devices():
    first, second = pace(1, (0, 100_000), salt="0" * 16), pace(1, (0, 100_000), salt="1" * 16)
    ids = [f"device-{number}" for number in range(10_000)]
    both = [
        policy.is_eligible(first, Device(id_), START) and policy.is_eligible(second, Device(id_), START) for id_ in ids
    ]
    expected, spread = 100, 4 * math.sqrt(10_000 * 0.01 * 0.99)
    assert abs(sum(both) - expected) < spread


COUNTERS = st.integers(1, 8)
STEPS = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, WHOLE)), min_size=1, max_size=5, unique_by=lambda step: step[0]
)


@st.composite
def paces(draw):
    steps = sorted(draw(STEPS))
    shares = sorted(share for _, share in steps)
    steps = [(after * 100, share) for (after, _), share in zip(steps, shares, strict=True)]
    more = {
        "linear": draw(st.booleans()),
        "paused": draw(st.booleans()),
        "canaries": ("canary",) if draw(st.booleans()) else (),
    }
    return pace(draw(COUNTERS), *steps, start=START + draw(st.integers(0, 1000)), **more)


POLICIES = st.builds(
    Policy,
    channel=st.just("stable"),
    min_counter=st.integers(0, 8),
    deny=st.lists(COUNTERS.map(sha), max_size=3).map(tuple),
    roll_back_to=st.one_of(st.just(""), COUNTERS.map(sha)),
    roll_back_from=st.integers(0, 8),
    paces=st.lists(paces(), max_size=6, unique_by=lambda one: one.sha256).map(tuple),
)
DEVICES = st.builds(
    Device,
    id=st.sampled_from([f"device-{number}" for number in range(30)]),
    cohorts=st.sampled_from([frozenset(), frozenset({"canary"})]),
    counter=st.integers(0, 8),
    denied=st.frozensets(COUNTERS.map(sha), max_size=3),
)


RELEASES = st.tuples(st.sets(COUNTERS), st.sets(COUNTERS))


@given(POLICIES, DEVICES, RELEASES, st.integers(0, 9), st.integers(-100, 9000))
def test_whatever_the_policy_says(told, device, releases, floor, after):
    counters, barriers = releases
    known = signed(*counters, barriers=barriers)
    choice = choose(told, known, device, START + after, floor)
    assert choice == choose(told, known, device, START + after, floor)
    if choice.release is None:
        return
    release = choice.release
    assert release.sha256 in known, "only what the release keys signed"
    assert release.counter >= max(told.min_counter, floor)
    denied = device.denied | set(told.deny)
    assert release.sha256 not in denied
    if choice.why is Why.ROLLED_BACK:
        assert release.sha256 == told.roll_back_to
        assert release.counter < device.counter <= told.roll_back_from
        return
    assert release.counter > device.counter
    if back := known.get(told.roll_back_to):
        denied |= {sha(n) for n in range(back.counter + 1, told.roll_back_from + 1)}
        assert release.sha256 not in denied
    between = [n for n in barriers & counters if device.counter < n < release.counter]
    assert all(sha(n) in denied for n in between), "no barrier is passed"
    assert not between or release.barrier


@given(
    paces(), st.sampled_from([f"device-{number}" for number in range(50)]), st.integers(0, 9000), st.integers(0, 9000)
)
def test_whoever_was_eligible_stays_it(one, id_, at, later):
    if policy.is_eligible(one, Device(id_), START + at):
        assert policy.is_eligible(one, Device(id_), START + at + later)


@given(POLICIES)
def test_a_policy_has_one_spelling(told):
    data = policy.encode(told)
    assert policy.parse(data, "stable") == told
    with pytest.raises(InputError, match="canonical"):
        policy.parse(json.dumps(json.loads(data), indent=1).encode(), "stable")


GOOD = json.loads(policy.encode(Policy("stable", paces=(pace(1, (0, 1), (5, 2)),))))


def changed(**changes):
    table = json.loads(json.dumps(GOOD))
    for path, value in changes.items():
        where = table
        *folders, last = path.split("__")
        for name in folders:
            where = where[int(name[1:])] if name.startswith("n") and name[1:].isdecimal() else where[name]
        where[last] = value
    return policy.canonical(table)


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": 2}, {"channel": "../x"}, {"channel": "beta"}, {"min_counter": -1}, {"min_counter": "1"},
        {"min_counter": 1.0}, {"min_counter": True}, {"deny": ["x"]}, {"deny": [sha(1)] * 2000}, {"roll_back_to": "x"},
        {"roll_back_from": -1},
        {"unknown": 1}, {"paces": "x"}, {"paces": [1]}, {"paces": GOOD["paces"] * 2}, {"paces__n0__sha256": "A" * 64},
        {"paces__n0__salt": "short"}, {"paces__n0__start": -1}, {"paces__n0__start": 1 << 50}, {"paces__n0__steps": []},
        {"paces__n0__steps": [{"after_s": 0, "share_ppm": WHOLE + 1}]}, {"paces__n0__paused": 0},
        {"paces__n0__steps": [{"after_s": 0, "share_ppm": 5}, {"after_s": 9, "share_ppm": 4}]},
        {"paces__n0__steps": [{"after_s": 9, "share_ppm": 5}, {"after_s": 9, "share_ppm": 6}]},
        {"paces__n0__canaries": ["A B"]}, {"paces__n0__budget": {}}, {"paces__n0__extra": 1},
    ],
    ids=str,
)  # fmt: skip
def test_a_policy_that_is_none_is_refused(changes):
    with pytest.raises(InputError, match="no rollout policy"):
        policy.parse(changed(**changes), "stable")


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"nul", b"{" * 100_000, b'{"schema":1,"schema":1}', b"\xff", b" " * (1 << 20)]
)
def test_bytes_that_are_no_policy_are_refused(data):
    with pytest.raises(InputError, match="no rollout policy"):
        policy.parse(data, "stable")
