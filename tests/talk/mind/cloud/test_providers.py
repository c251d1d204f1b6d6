"""Whom a question is sent to, in which order, and for how long."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.mind.cloud import providers
from edge_agent.talk.mind.cloud.breaker import COOL_MIN_S
from edge_agent.talk.mind.cloud.failures import BUSY_MAX_S, REFUSED_S, Failure, ProviderError
from edge_agent.talk.mind.cloud.providers import Health, following, patience_s

NAMES = ["first", "second", "third"]


def healths(**failing):
    """Each of the named ones has failed so often, at 0."""
    return {name: failed(times=failing.get(name, 0)) for name in NAMES}


def failed(failure=Failure.BROKEN, times=2, retry_after_s=None):
    health = Health()
    for _ in range(times):
        health = health.failed(ProviderError("any", failure, retry_after_s=retry_after_s), 0.0)
    return health


def test_they_are_asked_in_the_owners_order_and_one_that_recovers_is_at_its_place_again():
    assert providers.usable(healths(), 0) == NAMES
    broken = healths(first=2)
    assert providers.usable(broken, 0) == ["second", "third"]
    assert providers.usable(broken, COOL_MIN_S) == ["second", "third", "first"]
    assert providers.usable({**broken, "first": broken["first"].reached()}, 0) == NAMES


def test_a_question_that_was_rejected_says_nothing_about_the_provider():
    assert failed(Failure.REJECTED, 5).breaker.failures == 0


def test_who_is_busy_is_left_alone_for_as_long_as_it_asked_but_not_for_ever():
    assert failed(Failure.BUSY, 1, 7).breaker.open_until == 7
    assert failed(Failure.BUSY, 1, 1e9).breaker.open_until == BUSY_MAX_S
    assert failed(Failure.REFUSED, 1).breaker.open_until == REFUSED_S


def test_the_expected_time_is_that_of_the_last_answers():
    health = Health()
    assert health.first_word_s(0.5) is None
    for _ in range(providers.TIMES_KEPT):
        health = health.began(3.0)
    for _ in range(providers.TIMES_KEPT):
        health = health.began(0.25)
    assert health.first_word_s(0.5) == health.first_word_s(0.95) == 0.25
    assert len(health.first_token_s) == providers.TIMES_KEPT


def test_after_all_others_an_accident_is_tried_once_more():
    assert following(NAMES, []) == "first"
    story = []
    for name, failure in (("first", Failure.BROKEN), ("second", Failure.SLOW), ("third", Failure.UNREACHABLE)):
        assert following(NAMES, story) == name
        story.append((name, failure))
    assert following(NAMES, story) == "first"
    story.append(("first", Failure.BROKEN))
    assert following(NAMES, story) == "third"
    assert following(NAMES, [*story, ("third", Failure.BROKEN)]) is None


@given(st.lists(st.sampled_from(list(Failure)), min_size=9, max_size=9))
def test_nobody_is_asked_more_than_twice(failures):
    story = []
    while name := following(NAMES, story):
        story.append((name, failures[len(story)]))
        assert len(story) <= 2 * len(NAMES)
    assert {name for name, _ in story} == set(NAMES)


def test_the_time_until_the_deadline_is_shared():
    assert patience_s(4, 0, 60) == 4
    assert patience_s(4, 1, 60) == 2
    assert patience_s(4, 0, 1) == 1
    assert patience_s(-1, 0, 60) == providers.PATIENCE_MIN_S


def test_errors_are_counted_by_kind():
    health = replace(failed(Failure.SLOW, 2)).failed(ProviderError("any", Failure.CUT), 1)
    assert dict(health.errors) == {Failure.SLOW: 2, Failure.CUT: 1}
