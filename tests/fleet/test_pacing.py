"""Rollouts word by word, and what reports do to them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import InputError
from edge_agent.fleet import pacing
from edge_agent.fleet.pacing import Verdict
from edge_agent.fleet.reported import Tally
from edge_agent.supply.fleet import policy as rollout
from edge_agent.supply.fleet.policy import WHOLE, Budget, Pace, Policy, Step

SHA = "a" * 64
DAY = 86_400


def policy(steps="1%@0,5%@6h,25%@1d,100%@3d", **more):
    return pacing.started(Policy("stable"), Pace(SHA, "0" * 16, 1000, pacing.steps(steps), **more))


def share(told, at):
    return rollout.share(pacing.find(told, SHA), at)


def test_steps_are_written_as_people_say_them():
    assert pacing.steps("1%, 2.5%@90m,100%@3d") == (Step(0, 10_000), Step(5400, 25_000), Step(3 * DAY, WHOLE))
    for wrong in ("", "x%", "1%@1w", "101%", "-1%", "inf%", "nan%"):
        with pytest.raises(InputError):
            pacing.steps(wrong)


def test_a_share_that_shrinks_is_refused():
    with pytest.raises(InputError, match="no share may shrink"):
        policy("5%@0,1%@1d")


def test_a_release_is_started_once():
    with pytest.raises(InputError, match="started already"):
        pacing.started(policy(), Pace(SHA, "0" * 16, 0, (Step(0, 1),)))


def test_a_share_is_raised_at_once_and_the_plan_beyond_it_stays():
    told = pacing.advanced(policy(), SHA, 100_000, 1000 + DAY // 2)
    assert [share(told, 1000 + at) for at in (0, DAY // 4, DAY // 2, DAY, 3 * DAY)] == [
        10_000,
        50_000,
        100_000,
        250_000,
        WHOLE,
    ]
    with pytest.raises(InputError, match="can't shrink"):
        pacing.advanced(told, SHA, 10_000, 1000 + DAY)


@given(
    st.lists(
        st.tuples(st.integers(0, 99), st.integers(0, WHOLE)), min_size=1, max_size=5, unique_by=lambda one: one[0]
    ),
    st.booleans(),
    st.integers(0, 12_000),
    st.integers(0, WHOLE),
)
def test_whoever_was_eligible_stays_it_through_an_advance(given_steps, linear, at, to):
    shares = sorted(share for _, share in given_steps)
    steps = tuple(Step(after * 100, one) for (after, _), one in zip(sorted(given_steps), shares, strict=True))
    before = pacing.started(Policy("stable"), Pace(SHA, "0" * 16, 1000, steps, linear=linear))
    now = 1000 + at
    if share(before, now) > to:
        return
    after = pacing.advanced(before, SHA, to, now)
    assert share(after, now) >= to
    for moment in range(now, now + 12_000, 499):
        assert share(after, moment) >= min(share(before, moment), to)
    assert rollout.parse(rollout.encode(after), "stable") == after


def test_pause_resume_and_deny():
    told = pacing.paused(policy(), SHA, True)
    assert pacing.find(told, SHA).paused
    assert pacing.paused(told, SHA, False) == policy()
    told = pacing.denied(told, SHA)
    assert pacing.denied(told, SHA) == told
    assert told.deny == (SHA,)
    with pytest.raises(InputError, match="was not started"):
        pacing.paused(told, "c" * 64, True)


BUDGET = Budget(min_reports=20, max_failed_ppm=50_000)


@pytest.mark.parametrize(
    ("good", "bad", "verdict"),
    [
        (0, 0, Verdict.TOO_FEW),
        (18, 1, Verdict.TOO_FEW),
        (19, 1, Verdict.GO_ON),
        (0, 1, Verdict.TOO_FEW),
        (0, 2, Verdict.STOP),
        (94, 6, Verdict.STOP),
        (95, 5, Verdict.GO_ON),
    ],
)
def test_a_budget(good, bad, verdict):
    assert pacing.judged(Tally(good, bad), BUDGET) is verdict


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 50), st.integers(0, WHOLE))
def test_a_failure_never_makes_a_verdict_better(good, bad, least, most):
    budget = Budget(least, most)
    order = [Verdict.GO_ON, Verdict.TOO_FEW, Verdict.STOP]
    now, worse = pacing.judged(Tally(good, bad), budget), pacing.judged(Tally(max(good - 1, 0), bad + 1), budget)
    if now is Verdict.STOP:
        assert worse is Verdict.STOP
    if good:
        assert order.index(worse) >= order.index(now)


def test_reports_stop_a_rollout_by_themselves(fleet, tmp_path):
    sha = fleet.released("1.0.0")["sha256"]
    reports = tmp_path / "reports.jsonl"

    def told(good, bad):
        ends = ["commit"] * good + ["rollback"] * bad
        reports.write_text(
            "\n".join(
                json.dumps({"key": str(n), "before": "probation", "after": end, "release": sha})
                for n, end in enumerate(ends)
            )
        )

    told(good=10, bad=0)
    assert (
        "too few" in fleet.rollout("advance", "spring-1.0.0", "--to", "100%", "--reports", reports, code=66)["message"]
    )
    assert not fleet.rollout("pause", "spring-1.0.0", "--reports", reports)["changed"]
    told(good=100, bad=1)
    assert not fleet.rollout("advance", "spring-1.0.0", "--to", "100%", "--reports", reports)["pace"]["paused"]
    told(good=100, bad=10)
    assert fleet.rollout("pause", "spring-1.0.0", "--reports", reports)["pace"]["paused"]
    fleet.publish()
    assert fleet.ask(fleet.device("device"))[0].policy.paces[0].paused
    assert not fleet.rollout("resume", "spring-1.0.0")["pace"]["paused"]
    assert fleet.rollout("advance", "spring-1.0.0", "--to", "100%", "--reports", reports)["pace"]["paused"]


def test_a_release_is_taken_back(fleet):
    first = fleet.released("1.0.0")["sha256"]
    fleet.released("1.1.0")
    fleet.rollout("deny", "spring-1.1.0", "--back-to", "spring-1.0.0")
    fleet.publish()
    known, _ = fleet.ask(fleet.device("device"))
    choice = rollout.choose(known.policy, known.signed, rollout.Device("d", counter=2), 1 << 40, known.floor)
    assert choice.release.sha256 == first
    third = fleet.released("1.2.0")["sha256"]
    known, _ = fleet.ask(fleet.device("later"))
    for counter, expected in ((2, first), (1, third), (0, third)):
        device = rollout.Device("d", counter=counter)
        choice = rollout.choose(known.policy, known.signed, device, 1 << 40, known.floor)
        assert choice.release.sha256 == expected
    assert [one["taken_back"] for one in fleet.say("status", "--fleet", fleet.space)["releases"]] == [
        False,
        True,
        False,
    ]
    assert "is not older" in fleet.say(
        "rollout", "deny", "spring-1.0.0", "--back-to", "spring-1.2.0", "--fleet", fleet.space, code=66
    )["message"]  # fmt: skip
    fleet.rollout("deny", "spring-1.0.0", "--shut")
    fleet.publish()
    assert fleet.ask(fleet.device("other"))[0].floor == 2
