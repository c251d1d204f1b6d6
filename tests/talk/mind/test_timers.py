import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.mind.skills import CancelTimers, RestoreTimers, SetTimer, SetVolume, State, Timers, apply
from edge_agent.talk.mind.skills.timers import length


def test_a_timer_rings_once_when_it_is_due():
    timers, pasta = Timers().add(600, "pasta", now=100.0)
    assert timers.next_due == 700.0
    assert timers.due(699.9) == (timers, ())
    timers, rung = timers.due(700.0)
    assert rung == (pasta,)
    assert pasta.ring_text == "Your pasta timer is done."
    assert timers.due(800.0)[1] == ()
    assert timers.next_due is None


def test_a_timer_without_a_name_is_called_by_its_length():
    assert Timers().add(90, "", now=0)[1].ring_text == "Your 1 minute 30 second timer is done."


def test_timers_ring_in_the_order_of_their_ends():
    timers, _ = Timers().add(60, "late", now=0)
    timers, _ = timers.add(10, "early", now=5)
    assert [timer.name for timer in timers.due(100)[1]] == ["early", "late"]


def test_what_is_left_is_told_in_whole_seconds_and_never_as_nothing():
    timers, _ = Timers().add(60, "", now=0)
    assert [running.left_s for running in timers.running(12.4)] == [48]
    assert [running.left_s for running in timers.running(59.9)] == [1]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "1 second"),
        (60, "1 minute"),
        (120, "2 minutes"),
        (3600, "1 hour"),
        (5400, "1 hour and 30 minutes"),
        (7265, "2 hours and 1 minute and 5 seconds"),
    ],
)
def test_lengths_read_well(seconds, text):
    assert length(seconds) == text


def test_a_timer_that_was_set_for_a_dropped_turn_is_undone():
    before = State(0.5)
    after, undo = apply(before, SetTimer(60, "tea"), now=10.0)
    assert [timer.name for timer in after.timers.timers] == ["tea"]
    assert apply(after, undo, now=11.0)[0].timers.timers == ()


def test_a_timer_that_was_cancelled_for_a_dropped_turn_rings_when_it_would_have():
    before, set_undo = apply(State(0.5), SetTimer(60, "tea"), now=10.0)
    assert isinstance(set_undo, CancelTimers)
    after, undo = apply(before, set_undo, now=20.0)
    assert isinstance(undo, RestoreTimers)
    assert apply(after, undo, now=30.0)[0] == before


def test_a_number_is_never_used_again():
    state, undo = apply(State(0.5), SetTimer(60), now=0.0)
    state, _ = apply(state, undo, now=1.0)
    state, again = apply(state, SetTimer(60), now=2.0)
    assert again != undo


def test_undoing_does_not_touch_a_timer_that_rang_or_began_in_between():
    state, undo = apply(State(0.5), SetTimer(60, "wrong"), now=0.0)
    state, _ = apply(state, SetTimer(5, "other"), now=0.0)
    state, _ = apply(state, undo, now=1.0)
    assert [timer.name for timer in state.timers.timers] == ["other"]


effects = st.one_of(
    st.builds(SetTimer, st.integers(1, 1000), st.sampled_from(["", "tea"])),
    st.builds(CancelTimers, st.lists(st.integers(0, 5), max_size=3).map(tuple)),
    st.builds(SetVolume, st.floats(0, 1)),
)


@given(st.lists(effects, max_size=6), effects)
def test_every_effect_can_be_undone(history, effect):
    state = State(0.5)
    for past in history:
        state, _ = apply(state, past, now=0.0)
    changed, undo = apply(state, effect, now=1.0)
    restored, _ = apply(changed, undo, now=2.0)
    assert (restored.volume, restored.timers.timers) == (state.volume, state.timers.timers)
