from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.workers.supervise import (
    HOPES,
    Exited,
    GoOn,
    GoOnAsked,
    JobOverdue,
    Kill,
    NonsenseCame,
    Ping,
    Policy,
    Pong,
    ReadyCame,
    RenewAsked,
    Rest,
    RestAsked,
    Spawn,
    StartAsked,
    State,
    StopAsked,
    Supervised,
    Tick,
    back_off_s,
    step,
)

POLICY = Policy(
    start_timeout_s=60, ping_every_s=5, pong_late_s=2, suspect_s=3, back_off_s=0.5, back_off_max_s=8, steady_s=30
)
S = State


def play(*told, worker=None):
    """Tell a worker's supervisor what happens when; return it and all its commands with their times."""
    worker, commands = worker or Supervised(), []
    for now, event in told:
        worker, asked = step(worker, event, now, POLICY)
        check(worker)
        commands += [(now, command) for command in asked]
    return worker, commands


def check(worker):
    """What holds of every supervised worker, always."""
    assert worker.life >= 0
    assert worker.failures >= 0
    match worker.state:
        case S.STOPPED:
            assert worker.wake_at is None
            assert worker.failures == 0
        case S.RENEWING:
            assert worker.wake_at is None
        case S.BACKING_OFF:
            assert worker.failures >= 1
        case _:
            assert worker.wake_at is not None, "something must bring it on if the process never speaks again"
    assert worker.rests_since is None or worker.state in (S.STARTING, S.READY, S.SUSPECT)
    assert not worker.asked or worker.state is S.READY
    assert (worker.ready_at is not None) == (worker.state in (S.READY, S.SUSPECT))
    will_be_soon = is_dying(worker) or (worker.state is S.BACKING_OFF and worker.failures <= HOPES)
    assert worker.has_future == (worker.state in (S.STARTING, S.READY, S.SUSPECT) or will_be_soon)


def is_dying(worker):
    return worker.state is S.RENEWING or (worker.state is S.BACKING_OFF and worker.wake_at is None)


READY = Supervised(S.READY, life=3, wake_at=105.0, ready_at=100.0)

# Stories.


def test_a_worker_counts_from_the_moment_it_says_that_it_is_ready():
    worker, commands = play((0, StartAsked()))
    assert worker.state is S.STARTING
    assert commands == [(0, Spawn(1))]
    worker, commands = play((2.5, ReadyCame(1)), worker=worker)
    assert worker.state is S.READY
    assert commands == []


def test_a_start_that_takes_too_long_is_ended_and_tried_again_when_it_is_gone():
    worker, commands = play((0, StartAsked()), (59.9, Tick()), (60, Tick()))
    assert is_dying(worker)
    assert commands[1:] == [(60, Kill(1))]
    worker, commands = play((60.1, Exited(1)), worker=worker)
    assert worker.state is S.STARTING
    assert commands == [(60.1, Spawn(2))]


def test_it_is_asked_at_intervals_and_an_answer_contents_us():
    worker, commands = play((104.9, Tick()), (105, Tick()), (105.1, Pong(3)), (110, Tick()), worker=READY)
    assert worker.state is S.READY
    assert commands == [(105, Ping(3))]
    worker, commands = play((110.1, Tick()), worker=worker)
    assert commands == [(110.1, Ping(3))]


def test_no_answer_makes_it_suspect_and_a_late_one_clears_it():
    worker, _ = play((105, Tick()), (106.9, Tick()), worker=READY)
    assert worker.state is S.READY
    worker, commands = play((107, Tick()), worker=worker)
    assert worker.state is S.SUSPECT
    assert commands == []
    worker, _ = play((108, Pong(3)), worker=worker)
    assert worker.state is S.READY
    assert worker.wake_at == 113


def test_no_answer_at_all_ends_it():
    worker, commands = play((105, Tick()), (107, Tick()), (109.9, Tick()), (110, Tick()), worker=READY)
    assert is_dying(worker)
    assert commands == [(105, Ping(3)), (110, Kill(3))]


def test_an_agent_that_was_held_up_itself_reads_before_it_judges():
    # All of these ticks come late and together: it may not be killed before it had a moment to answer.
    worker, commands = play((500, Tick()), (500, Tick()), (500, Tick()), worker=READY)
    assert worker.state is S.READY
    assert commands == [(500, Ping(3))]


@pytest.mark.parametrize("event", [JobOverdue(3), NonsenseCame(3)])
def test_an_overdue_job_or_nonsense_ends_it_at_once(event):
    worker, commands = play((101, event), worker=READY)
    assert is_dying(worker)
    assert commands == [(101, Kill(3))]


def test_the_first_crash_costs_no_wait_and_the_next_ones_ever_more():
    worker, commands = play((0, StartAsked()), (1, ReadyCame(1)), (10, Exited(1)))
    assert commands[-1] == (10, Spawn(2))
    waits, now = [], 10.0
    for _ in range(7):
        now += 1
        worker, commands = play((now, Exited(worker.life)), worker=worker)
        assert commands == []
        waits.append(worker.wake_at - now)
        now = worker.wake_at
        worker, commands = play((now - 0.01, Tick()), (now, Tick()), worker=worker)
        assert commands == [(now, Spawn(worker.life))]
    assert waits == [0.5, 1, 2, 4, 8, 8, 8]


def test_a_job_waits_for_the_first_few_who_come_after_and_then_no_longer():
    worker, _ = play((0, StartAsked()), (1, ReadyCame(1)))
    hoped = []
    for failure in range(1, 6):
        worker, _ = play((failure * 10, Exited(worker.life)), worker=worker)
        hoped.append(worker.has_future)
        if worker.state is S.BACKING_OFF:
            worker, _ = play((worker.wake_at, Tick()), worker=worker)
    assert hoped == [True, True, True, False, False]


def test_having_worked_for_a_while_its_failures_are_forgiven():
    flaky = replace(READY, failures=5)
    worker, commands = play((129.9, Exited(3)), worker=flaky)
    assert worker.state is S.BACKING_OFF
    worker, commands = play((130, Exited(3)), worker=flaky)
    assert worker.failures == 1
    assert commands == [(130, Spawn(4))]


def test_two_copies_never_live_at_once():
    worker, commands = play((101, JobOverdue(3)), (105, Tick()), (500, Tick()), worker=READY)
    assert is_dying(worker)
    assert commands == [(101, Kill(3))]
    worker, commands = play((501, Exited(3)), worker=worker)
    assert commands == [(501, Spawn(4))]


def test_stopping_ends_the_process_and_nothing_starts_it_again():
    worker, commands = play((101, StopAsked()), (101.1, Exited(3)), (500, Tick()), worker=READY)
    assert worker.state is S.STOPPED
    assert commands == [(101, Kill(3))]


def test_started_again_it_has_a_clean_sheet_and_a_new_life():
    worker, _ = play((101, StopAsked()), worker=replace(READY, failures=9))
    worker, commands = play((200, StartAsked()), worker=worker)
    assert worker.failures == 0
    assert commands == [(200, Spawn(4))]


def test_stopping_while_it_waits_kills_nobody_but_while_it_dies_makes_sure():
    waiting = Supervised(S.BACKING_OFF, 3, wake_at=200.0, failures=2)
    assert play((101, StopAsked()), worker=waiting)[1] == []
    assert play((101, StopAsked()), worker=replace(waiting, wake_at=None))[1] == [(101, Kill(3))]


def test_one_that_has_grown_is_replaced_without_a_failure_or_a_wait():
    worker, commands = play((101, RenewAsked()), (102, Tick()), (500, RenewAsked()), worker=replace(READY, failures=1))
    assert worker.state is S.RENEWING
    assert commands == [(101, Kill(3))]
    worker, commands = play((501, Exited(3)), worker=worker)
    assert (worker.state, worker.failures) == (S.STARTING, 1)
    assert commands == [(501, Spawn(4))]


def test_one_that_rests_is_not_judged_and_has_its_time_left_afterwards():
    worker, commands = play((0, StartAsked()), (10, RestAsked()), (70, Tick()), (75, RestAsked()))
    assert worker.state is S.STARTING
    assert worker.alarm is None
    assert commands == [(0, Spawn(1)), (10, Rest(1))]
    worker, commands = play((500, GoOnAsked()), (501, GoOnAsked()), (549, Tick()), worker=worker)
    assert worker.alarm == 550
    assert commands == [(500, GoOn(1))]
    assert is_dying(play((550, Tick()), worker=worker)[0])


def test_what_it_said_before_it_rested_counts():
    worker, _ = play((0, StartAsked()), (10, RestAsked()), (10.1, ReadyCame(1)))
    assert worker.state is S.READY
    assert worker.alarm is None


def test_one_that_dies_at_rest_is_followed_by_one_that_works():
    worker, commands = play((10, RestAsked()), (11, Exited(3)), worker=READY)
    assert commands == [(10, Rest(3)), (11, Spawn(4))]
    assert worker.alarm == 71


# Every pair of state and event, from any legal worker.

NOW = 1000.0
DUE, EARLY = NOW - 1, NOW + 1
times = st.sampled_from([DUE, NOW, EARLY])
lives = st.integers(1, 5)
failures = st.integers(0, 2000)
past = st.floats(0, NOW)
rests = st.none() | past
WORKERS = {
    S.STOPPED: st.builds(Supervised, st.just(S.STOPPED), lives),
    S.STARTING: st.builds(Supervised, st.just(S.STARTING), lives, times, failures=failures, rests_since=rests),
    S.READY: st.builds(Supervised, st.just(S.READY), lives, times, st.booleans(), failures, past, rests),
    S.SUSPECT: st.builds(
        Supervised, st.just(S.SUSPECT), lives, times, failures=failures, ready_at=past, rests_since=rests
    ),
    S.RENEWING: st.builds(Supervised, st.just(S.RENEWING), lives, failures=failures),
    S.BACKING_OFF: st.builds(
        Supervised, st.just(S.BACKING_OFF), lives, times | st.none(), failures=st.integers(1, 2000)
    ),
}
OF_A_LIFE = (ReadyCame, Pong, JobOverdue, NonsenseCame, Exited)
EVENTS = (StartAsked, StopAsked, RenewAsked, RestAsked, GoOnAsked, Tick, *OF_A_LIFE)

NEWS = {
    (S.STOPPED, StartAsked),
    *((state, StopAsked) for state in S if state is not S.STOPPED),
    *((state, Tick) for state in S if state not in (S.STOPPED, S.RENEWING)),
    *((state, Exited) for state in S if state is not S.STOPPED),
    *((state, event) for state in (S.STARTING, S.READY, S.SUSPECT) for event in (RestAsked, GoOnAsked)),
    (S.STARTING, ReadyCame),
    (S.READY, Pong),
    (S.READY, RenewAsked),
    (S.SUSPECT, Pong),
    *((state, event) for state in (S.STARTING, S.READY, S.SUSPECT) for event in (JobOverdue, NonsenseCame)),
}


def of(kind, worker):
    return kind(worker.life) if kind in OF_A_LIFE else kind()


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("state", S, ids=lambda state: state.name)
@given(data=st.data())
def test_one_step_from_any_legal_worker_leads_to_a_legal_one(state, kind, data):
    before = data.draw(WORKERS[state])
    check(before)
    after, commands = step(before, of(kind, before), NOW, POLICY)
    check(after)
    gone_already = state is S.BACKING_OFF and not is_dying(before) and kind is Exited
    if (state, kind) not in NEWS or gone_already:
        assert (after, commands) == (before, [])
    assert after.life - before.life == sum(isinstance(command, Spawn) for command in commands)
    for command in commands:
        assert command.life == after.life
    if any(isinstance(command, Spawn) for command in commands):
        assert commands == [Spawn(after.life)]
        assert after.state is S.STARTING
        assert state in (S.STOPPED, S.BACKING_OFF) or kind is Exited, "the old process may still be there"
        assert not is_dying(before) or kind is Exited
    if any(isinstance(command, Kill) for command in commands):
        assert after.state is S.STOPPED or is_dying(after)
    if after.alarm is not None and after != before and kind is not GoOnAsked:
        assert after.alarm > NOW, "a timer in the past would spin"


@pytest.mark.parametrize("state", S, ids=lambda state: state.name)
@given(data=st.data())
def test_a_tick_before_its_time_changes_nothing(state, data):
    before = data.draw(WORKERS[state])
    if before.alarm == EARLY or before.alarm is None:
        assert step(before, Tick(), NOW, POLICY) == (before, [])


@pytest.mark.parametrize("kind", OF_A_LIFE, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_news_of_an_older_life_changes_nothing(kind, data):
    before = data.draw(st.one_of(*WORKERS.values()))
    assert step(before, kind(before.life - 1), NOW, POLICY) == (before, [])


@pytest.mark.parametrize("state", [state for state in S if state is not S.STOPPED], ids=lambda state: state.name)
@given(data=st.data())
def test_without_a_word_from_anybody_it_ends_up_starting_again(state, data):
    worker, now = data.draw(WORKERS[state]), NOW
    worker, _ = step(worker, GoOnAsked(), now, POLICY)
    for _ in range(8):
        if is_dying(worker):
            worker, commands = step(worker, Exited(worker.life), now, POLICY)
        else:
            now = max(now, worker.wake_at)
            worker, commands = step(worker, Tick(), now, POLICY)
        if Spawn(worker.life) in commands:
            return
    raise AssertionError(f"it is stuck: {worker}")


@given(st.integers(0, 10**9))
def test_the_wait_grows_never_shrinks_and_has_a_limit(count):
    assert 0 <= back_off_s(count, POLICY) <= back_off_s(count + 1, POLICY) <= POLICY.back_off_max_s
