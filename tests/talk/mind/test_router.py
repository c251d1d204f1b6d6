"""The router's policy: what it may never do, in any situation, and what it does in the plain ones."""

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.settings_cloud import CloudSettings
from edge_agent.talk.mind.learned import learned
from edge_agent.talk.mind.notes import Grounding
from edge_agent.talk.mind.router import ASK, Cloud, Kind, Privacy, Route, Situation, plan, route
from edge_agent.talk.mind.router.policy import BUSY, HASTE_S, PATIENCE_S, SLACK
from edge_agent.talk.mind.skills import Skills, Understood

HANDED = (Route.CLOUD, Route.HEDGE)
QUICK = Cloud(first_word_s=0.4, first_word_p95_s=0.9)
HARD = "Compare renewable energy with nuclear power and explain which is the better choice for a small country."

shares = st.floats(0, 1)
seconds = st.one_of(st.none(), st.floats(0.01, 30))
clouds = st.builds(Cloud, st.booleans(), seconds, seconds)
understood = st.just(Understood("Time", MappingProxyType({}), 1.0))
situations = st.builds(
    Situation,
    words=st.text(max_size=60),
    understood=st.one_of(st.none(), understood),
    cloud=st.one_of(st.none(), clouds),
    budget=shares,
    privacy=st.sampled_from(Privacy),
    ask_from=shares,
    load=shares,
    answered_by=st.one_of(st.none(), st.sampled_from(Route)),
    refuses=st.booleans(),
    grounding=st.one_of(st.none(), st.builds(Grounding, st.just("a.md"), st.just("At noon."), st.booleans())),
    notes=st.booleans(),
)


@st.composite
def any_odds(draw):
    weights = [draw(st.floats(0.001, 1)) ** 4 for _ in Kind]
    return {kind: weight / sum(weights) for kind, weight in zip(Kind, weights, strict=True)}


def surely(kind, odds=0.96):
    return {one: odds if one is kind else (1 - odds) / (len(Kind) - 1) for one in Kind}


def handed(situation, odds):
    return plan(situation, odds).route in HANDED


def test_a_question_to_a_house_with_notes_is_no_small_talk():
    odds = surely(Kind.CHITCHAT)
    for words, unknown in {"Do you have surfboards?": True, "Are there sharks?": True, "How are you?": False}.items():
        assert plan(Situation(words, notes=True), odds).unknown is unknown
        assert not plan(Situation(words), odds).unknown


def test_a_question_to_a_house_with_notes_is_no_command_and_a_command_is_none_to_the_notes():
    odds = surely(Kind.TOOL)
    asked, told = (plan(Situation(words, notes=True), odds) for words in ("Are you open today?", "Open the blinds."))
    assert (asked.unknown, asked.unable) == (True, False)
    assert (told.unknown, told.unable) == (False, True)


# In any situation


@given(situations, any_odds())
def test_what_the_notes_say_is_said_by_them(situation, odds):
    made, noted = plan(situation, odds), situation.grounding
    if made.route is Route.NOTES:
        assert noted is not None
    if situation.understood is None and noted is not None and noted.sure:
        assert made.route is Route.NOTES


@given(situations, any_odds())
def test_who_keeps_notes_is_told_nothing_that_a_small_model_made_up(situation, odds):
    made = plan(replace(situation, notes=True), odds)
    likeliest = max(odds, key=lambda kind: odds[kind])
    if made.route is Route.LOCAL and situation.refuses and likeliest is not Kind.CHITCHAT:
        assert made.unable or made.unknown


@given(situations, any_odds())
def test_what_a_skill_understood_never_leaves_the_device(situation, odds):
    assert (plan(situation, odds).route is Route.SKILL) == (situation.understood is not None)


@given(situations, any_odds())
def test_nothing_is_handed_over_that_may_not_be(situation, odds):
    barred = [
        replace(situation, cloud=None),
        replace(situation, cloud=Cloud(open=False)),
        replace(situation, privacy=Privacy.LOCAL_ONLY),
        replace(situation, budget=0.0),
        replace(situation, cloud=Cloud(first_word_s=PATIENCE_S + 0.1)),
    ]
    assert not any(handed(one, odds) for one in barred)


@given(situations, any_odds(), shares)
def test_who_wants_less_handed_over_hands_over_nothing_more(situation, odds, more):
    stricter = replace(situation, ask_from=situation.ask_from + (1 - situation.ask_from) * more)
    assert not handed(stricter, odds) or handed(situation, odds)


@given(situations, any_odds(), shares)
def test_less_budget_hands_over_nothing_more(situation, odds, share):
    assert not handed(replace(situation, budget=situation.budget * share), odds) or handed(situation, odds)


@given(situations, any_odds(), st.floats(0.01, 10), st.floats(0, 10))
def test_a_slower_cloud_gets_nothing_more(situation, odds, quick_s, slower_s):
    quick = replace(situation, cloud=Cloud(first_word_s=quick_s, first_word_p95_s=quick_s))
    slow = replace(situation, cloud=Cloud(first_word_s=quick_s + slower_s, first_word_p95_s=quick_s + slower_s))
    assert not handed(slow, odds) or handed(quick, odds)


@given(situations, any_odds(), shares)
def test_a_busier_device_keeps_nothing_that_it_would_have_handed_over(situation, odds, more):
    busier = replace(situation, load=situation.load + (1 - situation.load) * more)
    assert not handed(situation, odds) or handed(busier, odds)


@given(situations, any_odds(), shares)
def test_what_needs_the_cloud_more_is_not_kept_instead(situation, odds, more):
    harder = {kind: share * (1 - more) + more * (kind is Kind.CLOUD) for kind, share in odds.items()}
    assert not handed(situation, odds) or handed(situation, harder)


@given(situations, any_odds())
def test_a_busy_device_never_starts_both(situation, odds):
    assert plan(replace(situation, load=1.0), odds).route is not Route.HEDGE


@given(situations, any_odds())
def test_the_cloud_is_waited_for_within_bounds_where_it_is_asked_and_only_there(situation, odds):
    decided = plan(situation, odds)
    if decided.route in HANDED:
        assert HASTE_S <= decided.deadline_s <= PATIENCE_S
        assert not decided.unable
    else:
        assert decided.deadline_s is None
        assert not decided.hold


@given(situations, any_odds())
def test_who_does_not_refuse_leaves_commands_to_the_model(situation, odds):
    assert not plan(replace(situation, refuses=False), odds).unable


@given(situations)
def test_the_same_situation_is_decided_alike_and_with_a_reason(situation):
    decided = route(situation, learned())
    assert decided == route(situation, learned())
    assert decided.reason


# In the plain ones


@pytest.mark.parametrize(
    ("ask_from", "to_the_cloud"),
    [
        (1.0, set()),
        (ASK, {Kind.CLOUD}),
        (0.35, {Kind.CLOUD, Kind.KNOWLEDGE}),
        (0.0, {Kind.CLOUD, Kind.KNOWLEDGE, Kind.OOS, Kind.CHITCHAT}),
    ],
)
def test_how_much_is_handed_over_is_the_owners_choice_and_commands_stay(ask_from, to_the_cloud):
    situation = Situation("words", cloud=QUICK, ask_from=ask_from)
    assert {kind for kind in Kind if handed(situation, surely(kind))} == to_the_cloud


def test_an_owner_who_chose_nothing_gets_what_was_measured():
    assert CloudSettings().ask_from == ASK == Situation("words").ask_from


def test_a_command_is_answered_by_the_skill_that_understood_it():
    text = "What time is it?"
    decided = route(Situation(text, Skills().understand(text), QUICK), learned())
    assert decided.route is Route.SKILL
    assert "Time" in decided.reason


def test_a_hard_question_goes_to_a_quick_cloud():
    decided = route(Situation(HARD, cloud=QUICK), learned())
    assert decided.route is Route.CLOUD
    assert decided.deadline_s == PATIENCE_S
    assert not decided.hold


def test_where_no_cloud_is_set_up_the_model_on_the_device_answers_and_the_plan_says_so():
    decided = route(Situation(HARD), learned())
    assert decided.route is Route.LOCAL
    assert "no cloud is set up" in decided.reason


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"cloud": Cloud(open=False)}, "can't be reached"),
        ({"budget": 0.0}, "budget is spent"),
        ({"privacy": Privacy.LOCAL_ONLY}, "stay on this device"),
        ({"cloud": Cloud(first_word_s=6.5)}, "6.5 s to its first word"),
    ],
)
def test_a_plan_that_keeps_a_hard_question_says_why(change, why):
    decided = plan(replace(Situation(HARD, cloud=QUICK), **change), surely(Kind.CLOUD, 1.0))
    assert decided.route is Route.LOCAL
    assert why in decided.reason


def test_a_cloud_that_was_never_measured_is_given_all_the_time_there_is():
    decided = plan(Situation(HARD, cloud=Cloud()), surely(Kind.CLOUD))
    assert decided.deadline_s == PATIENCE_S
    assert decided.hold


EITHER = {Kind.CLOUD: 0.55, Kind.KNOWLEDGE: 0.44, Kind.OOS: 0.01, Kind.CHITCHAT: 0.0, Kind.TOOL: 0.0}


def test_where_the_small_model_may_do_as_well_either_will_do():
    assert plan(Situation("why is that", cloud=QUICK), EITHER).route is Route.HEDGE


@pytest.mark.parametrize(("p95_s", "deadline_s"), [(None, PATIENCE_S), (0.1, HASTE_S), (1.6, 1.6 * SLACK)])
def test_there_the_cloud_is_waited_for_as_long_as_it_usually_takes(p95_s, deadline_s):
    cloud = Cloud(first_word_s=0.1, first_word_p95_s=p95_s)
    assert plan(Situation("why is that", cloud=cloud), EITHER).deadline_s == pytest.approx(deadline_s)


def test_the_floor_is_held_where_the_cloud_takes_a_while():
    slow = Cloud(first_word_s=1.5, first_word_p95_s=2.5)
    assert plan(Situation(HARD, cloud=slow), surely(Kind.CLOUD)).hold


@pytest.mark.parametrize("kind", [Kind.TOOL, Kind.CHITCHAT, Kind.KNOWLEDGE, Kind.OOS])
def test_other_kinds_of_turns_stay_here(kind):
    assert plan(Situation("words", cloud=QUICK), surely(kind)).route is Route.LOCAL


def test_the_last_of_the_budget_is_kept_for_those_who_need_it_most():
    doubtful = surely(Kind.CLOUD, 0.7)
    scarce = Situation("words", cloud=QUICK, budget=0.1)
    assert handed(replace(scarce, budget=1.0), doubtful)
    assert not handed(scarce, doubtful)
    assert handed(scarce, surely(Kind.CLOUD))


def test_a_busy_device_hands_over_a_question_for_a_fact():
    calm = Situation("words", cloud=QUICK)
    assert not handed(calm, surely(Kind.KNOWLEDGE))
    assert plan(replace(calm, load=BUSY), surely(Kind.KNOWLEDGE)).route is Route.CLOUD


@pytest.mark.parametrize("words", ["and what about the winter", "Why?", "Tell me more."])
def test_a_short_turn_goes_on_with_whoever_answered_the_last(words):
    odds = surely(Kind.CHITCHAT)
    assert handed(Situation(words, cloud=QUICK, answered_by=Route.CLOUD), odds)
    assert not handed(Situation(words, cloud=QUICK, answered_by=Route.LOCAL), odds)


def test_a_command_after_an_answer_of_the_cloud_is_still_one():
    after = Situation("and turn off the light in the kitchen", cloud=QUICK, answered_by=Route.CLOUD)
    assert route(after, learned()).route is Route.LOCAL


def test_a_command_that_nothing_here_can_carry_out_is_owned_up_to():
    decided = route(Situation("Dim the lights in the bedroom.", cloud=QUICK), learned())
    assert decided.route is Route.LOCAL
    assert decided.unable


@pytest.mark.parametrize("words", ["", "...", "!?"])
def test_where_there_are_no_words_nothing_is_handed_over(words):
    decided = route(Situation(words, cloud=QUICK), learned())
    assert decided.route is Route.LOCAL
    assert decided.need < ASK
