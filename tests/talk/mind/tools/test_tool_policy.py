"""What may be called when: every combination there is."""

from itertools import product

import pytest

from edge_agent.talk.mind.tools.policy import Asker, Verdict, verdict
from edge_agent.talk.mind.tools.tool import Failure, Risk

SITUATIONS = [
    dict(zip(("listed", "committed", "untrusted", "confirmed"), bools, strict=True))
    for bools in product((False, True), repeat=4)
]
ALL = [(risk, asker, situation) for risk in Risk for asker in Asker for situation in SITUATIONS]


@pytest.mark.parametrize(("risk", "asker", "situation"), ALL)
def test_nothing_but_reading_happens_before_the_commit(risk, asker, situation):
    if verdict(risk, asker, **situation) is Verdict.NOW:
        assert risk is Risk.READ or situation["committed"]


@pytest.mark.parametrize(("risk", "asker", "situation"), ALL)
def test_what_cannot_be_taken_back_needs_a_yes_and_a_turn_without_foreign_text(risk, asker, situation):
    if risk is Risk.IRREVERSIBLE and verdict(risk, asker, **situation) in (Verdict.NOW, Verdict.AT_COMMIT):
        assert situation["confirmed"]
        assert not situation["untrusted"]
        assert asker is not Asker.CLOUD


@pytest.mark.parametrize(("risk", "asker", "situation"), ALL)
def test_a_model_calls_only_what_is_listed_for_it(risk, asker, situation):
    if asker is not Asker.PERSON and not situation["listed"]:
        assert verdict(risk, asker, **situation) is Failure.NOT_ALLOWED


@pytest.mark.parametrize(("risk", "asker", "situation"), ALL)
def test_untrusted_text_never_makes_more_possible(risk, asker, situation):
    if isinstance(verdict(risk, asker, **{**situation, "untrusted": False}), Failure):
        assert isinstance(verdict(risk, asker, **{**situation, "untrusted": True}), Failure)


@pytest.mark.parametrize(("risk", "asker", "situation"), ALL)
def test_nobody_is_asked_for_what_needs_no_yes(risk, asker, situation):
    if verdict(risk, asker, **situation) is Verdict.ASK:
        assert risk is Risk.IRREVERSIBLE


@pytest.mark.parametrize(("risk", "asker", "situation"), ALL)
def test_what_nothing_speaks_against_is_done(risk, asker, situation):
    """The person's own words need no list; what is only refused would satisfy all of the above."""
    allowed = asker is Asker.PERSON or situation["listed"]
    harmless = risk is not Risk.IRREVERSIBLE or not (situation["untrusted"] or asker is Asker.CLOUD)
    if not (allowed and harmless):
        return
    if risk is Risk.IRREVERSIBLE and not situation["confirmed"]:
        expected = Verdict.ASK
    elif risk is Risk.READ or situation["committed"]:
        expected = Verdict.NOW
    else:
        expected = Verdict.AT_COMMIT
    assert verdict(risk, asker, **situation) is expected
