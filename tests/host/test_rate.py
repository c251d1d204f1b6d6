"""How often a client may ask."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.host.rate import BURST, CLIENTS_MAX, PER_S, Rate


def test_after_a_burst_a_client_waits_and_others_do_not():
    rate = Rate()
    assert all(rate.allows("one", 1000.0) for _ in range(BURST))
    assert not rate.allows("one", 1000.0)
    assert rate.allows("another", 1000.0)
    assert rate.allows("one", 1000.0 + 1.01 / PER_S)


@given(st.lists(st.floats(0, 0.5), max_size=200))
def test_no_client_gets_more_than_a_burst_and_its_rate(gaps):
    rate, now, allowed = Rate(), 0.0, 0
    for gap in gaps:
        now += gap
        allowed += rate.allows("one", now)
    assert allowed <= BURST + PER_S * now + 1


def test_it_remembers_no_more_clients_than_it_says():
    rate = Rate()
    for number in range(10 * CLIENTS_MAX):
        rate.allows(number, 0.0)
    assert len(rate._buckets) == CLIENTS_MAX


def test_who_was_silent_longest_is_forgotten_first():
    rate = Rate()
    while rate.allows("eager", 0.0):
        pass
    for number in range(CLIENTS_MAX - 1):
        rate.allows(number, 0.0)
    assert not rate.allows("eager", 0.0)
    for number in range(CLIENTS_MAX):
        rate.allows(-1 - number, 0.0)
    assert rate.allows("eager", 0.0)
