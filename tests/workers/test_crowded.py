"""Where others hold the processor, threads that wait for each other give way to one that does not."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.workers.crowded import ALONE_STEPS, BRIEF_S, Crowded


def test_threads_that_get_their_cores_stay():
    crowded = Crowded(2)
    for _ in range(100):
        crowded.took(0.01, 0.019)
        assert crowded.threads == 2


def test_one_thread_works_alone_after_another_was_kept_waiting_and_all_are_tried_again():
    crowded = Crowded(2)
    crowded.took(1.0, 0.3)
    for _ in range(ALONE_STEPS):
        assert crowded.threads == 1
        crowded.took(0.02, 0.02)
    assert crowded.threads == 2


@given(st.floats(0, BRIEF_S), st.floats(0, 1))
def test_a_brief_step_proves_nothing(seconds, processor_s):
    crowded = Crowded(2)
    crowded.took(seconds, processor_s)
    assert crowded.threads == 2


@given(st.integers(1, 8), st.lists(st.tuples(st.floats(0, 10), st.floats(0, 80))))
def test_there_are_never_none_and_never_more_than_there_were(threads, steps):
    crowded = Crowded(threads)
    for seconds, processor_s in steps:
        crowded.took(seconds, processor_s)
        assert crowded.threads in (1, threads)
