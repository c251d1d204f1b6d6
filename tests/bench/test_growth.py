"""What a long run shows: what counts as growth, as a lost turn, as later."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.bench.growth import Counted, End, Record, Turn, judged, line, read


def counted(*values, name="agent mb"):
    return [Counted(2.0 * number, {name: value}) for number, value in enumerate(values)]


def turns(*waits, kind="typed, skill", end=End.ANSWERED, faulty=False):
    return [Turn(float(number), kind, end, waited_s, faulty) for number, waited_s in enumerate(waits)]


def noisy(level, noise, count, seed=1):
    chance = random.Random(seed)
    return [level + chance.uniform(-noise, noise) for _ in range(count)]


def test_a_run_in_which_nothing_happens_is_all_right():
    told = judged(Record(turns(*[0.3] * 30), counted(*[120.0] * 30)))
    assert (told["ok"], told["turns"], told["answered"], told["leaks"], told["later"]) == (True, 30, 30, [], [])


def test_no_turn_at_all_proves_nothing():
    assert not judged(Record())["ok"]


def test_what_fills_at_the_beginning_is_no_growth():
    assert judged(Record(turns(0.3), counted(*range(100, 130), *[130.0] * 70)))["ok"]


@given(st.floats(12, 1000))
def test_a_steady_rise_is_told_with_its_size(rise):
    values = [100 + rise * number / 99 for number in range(100)]
    told = judged(Record(turns(0.3), counted(*values)))
    assert told["leaks"] == ["agent mb"]
    assert told["rises"]["agent mb"]["rise"] == pytest.approx(0.7 * rise, rel=0.05)
    assert not told["ok"]


@given(st.integers(0, 1000))
def test_noise_is_no_growth(seed):
    assert judged(Record(turns(0.3), counted(*noisy(200, 10, 500, seed))))["leaks"] == []


def test_two_threads_more_are_a_leak_and_two_megabytes_are_not():
    steps = [10 + 2 * number / 49 for number in range(50)]
    assert judged(Record(turns(0.3), counted(*steps, name="llm threads")))["leaks"] == ["llm threads"]
    assert judged(Record(turns(0.3), counted(*steps, name="llm mb")))["leaks"] == []


@pytest.mark.parametrize(("end", "ok"), [(End.ANSWERED, True), (End.APOLOGISED, True), (End.LOST, False)])
def test_an_apology_is_an_end_and_silence_is_a_loss(end, ok):
    told = judged(Record([*turns(*[0.3] * 9), *turns(0.3, end=end)]))
    assert (told["ok"], told[end]) == (ok, 10 if end is End.ANSWERED else 1)


def test_answers_that_come_ever_later_are_told():
    told = judged(Record(turns(*noisy(0.3, 0.1, 300), *noisy(0.6, 0.1, 300, seed=2))))
    assert (told["ok"], told["later"]) == (False, ["typed, skill"])


@given(st.integers(0, 1000))
def test_noise_is_not_later(seed):
    assert judged(Record(turns(*noisy(0.3, 0.2, 300, seed))))["later"] == []


def test_more_questions_for_the_model_towards_the_end_make_no_kind_later():
    quick, slow = turns(*[0.1] * 90), turns(*[2.0] * 30, kind="typed, local")
    told = judged(Record([*quick[:60], *slow[:5], *quick[60:], *slow[5:]]))
    assert (told["ok"], set(told["latencies"])) == (True, {"typed, skill", "typed, local"})


def test_a_broken_turn_and_an_apologys_time_say_nothing():
    late = [*turns(*[9.0] * 10, faulty=True), *turns(*[9.0] * 10, end=End.APOLOGISED)]
    told = judged(Record([*turns(*[0.3] * 60), *late]))
    assert (told["later"], told["latencies"]["typed, skill"]["turns"], told["faults"]) == ([], 60, 10)


@given(
    st.lists(
        st.one_of(
            st.builds(Turn, st.floats(0, 1e5), st.text(), st.sampled_from(End), st.floats(0, 40), st.booleans()),
            st.builds(Counted, st.floats(0, 1e5), st.dictionaries(st.text(), st.floats(0, 1e5), max_size=3)),
        ),
        max_size=5,
    )
)
def test_a_record_comes_back_from_its_file_and_half_a_line_is_left_out(entries):
    record = read([*map(line, entries), '{"turn": {"s": 3'])
    assert record.turns == [entry for entry in entries if isinstance(entry, Turn)]
    assert record.counted == [entry for entry in entries if isinstance(entry, Counted)]
