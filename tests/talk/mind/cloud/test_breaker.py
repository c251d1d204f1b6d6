"""When a provider is asked, and when it is left alone."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.mind.cloud.breaker import COOL_MAX_S, COOL_MIN_S, FAILURES_MAX, FRESH, State


def broken(now=0.0):
    breaker = FRESH
    for _ in range(FAILURES_MAX):
        breaker = breaker.failed(now)
    return breaker


def test_one_failure_is_an_accident_and_a_few_in_a_row_are_none():
    assert FRESH.failed(0).state(0) is State.CLOSED
    assert broken().state(0) is State.OPEN


def test_an_answer_in_between_begins_the_count_anew():
    assert FRESH.failed(0).answered().failed(0).state(0) is State.CLOSED


def test_after_its_time_it_is_half_open_and_a_probe_closes_it_on_probation():
    breaker = broken()
    assert breaker.state(COOL_MIN_S - 0.1) is State.OPEN
    assert breaker.state(COOL_MIN_S) is State.HALF_OPEN
    reached = breaker.reached()
    assert reached.state(COOL_MIN_S) is State.CLOSED
    again = reached.failed(10)
    assert again.state(10 + 1.9 * COOL_MIN_S) is State.OPEN
    assert again.state(10 + 2 * COOL_MIN_S) is State.HALF_OPEN
    assert reached.answered() == FRESH


def test_what_the_provider_asked_for_is_kept():
    breaker = FRESH.failed(0, rest_s=30)
    assert breaker.state(29) is State.OPEN
    assert not breaker.probe_now(29)
    assert not breaker.failed(1).probe_now(29)
    assert breaker.failed(31).probe_now(32)
    assert broken().probe_now(1)
    assert not broken().probe_now(COOL_MIN_S)  # Its probe is due anyway.


@given(st.lists(st.tuples(st.floats(0, 1000), st.sampled_from(["failed", "reached", "answered", "busy"]))))
def test_it_is_never_open_for_longer_than_is_said(story):
    breaker, now = FRESH, 0.0
    for passed, what in story:
        now += passed
        match what:
            case "failed":
                breaker = breaker.failed(now)
            case "busy":
                breaker = breaker.failed(now, rest_s=5)
            case _:
                breaker = getattr(breaker, what)()
        assert breaker.state(now + COOL_MAX_S) is not State.OPEN
        assert (breaker.state(now) is State.CLOSED) == (breaker.open_until is None)
