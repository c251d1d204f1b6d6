"""What doctor says of the service."""

import pytest

from edge_agent.host.check import Verdict
from edge_agent.host.service_check import Seen, judge_service, seen


@pytest.mark.parametrize(
    ("looked", "verdict", "said"),
    [
        (Seen(manager=False), Verdict.SKIPPED, "systemd does not run"),
        (Seen(), Verdict.OK, "not installed"),
        (Seen(system=True), Verdict.OK, "installed"),
        (Seen(session=True, lingers=True, sound_server=True), Verdict.OK, "for this user"),
        (Seen(session=True), Verdict.WARNED, "while you are logged in"),
        (Seen(system=True, sound_server=True), Verdict.WARNED, "holds the cards"),
        (Seen(system=True, hears=False, sound_server=True), Verdict.FAILED, "may not use sound cards"),
        (Seen(system=True, session=True), Verdict.FAILED, "twice"),
    ],
)
def test_what_keeps_a_service_from_a_sound_card_is_named_with_its_remedy(looked, verdict, said):
    check = judge_service(looked)
    assert (check.id, check.verdict) == ("service", verdict)
    assert said in check.message
    assert bool(check.fix) == (verdict in (Verdict.WARNED, Verdict.FAILED))


def test_looking_asks_nobody_and_always_comes_to_something():
    assert judge_service(seen()).message
