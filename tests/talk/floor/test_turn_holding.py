"""The turn machine as told, rule 4: what is said over the agent holds its answer, and the words decide."""

import pytest
from turn_world import ASKED, HOLDING, POLICY, SPOKEN_OVER, TO_ANSWERING, TO_HOLDING, TO_WEIGHING, WEIGHING, Told, play

from edge_agent.base.events import (
    DraftEmpty,
    EndJudged,
    Event,
    FloorTaken,
    Overheard,
    ReplyFailed,
    SpeechFinished,
    SpeechStarted,
    Tick,
    VoiceStarted,
    VoiceStopped,
)
from edge_agent.talk.floor.commands import (
    Cancel,
    CloseTurn,
    Commit,
    DropDraft,
    Duck,
    Hold,
    OpenTurn,
    Remember,
    Resume,
    Silence,
    StartDraft,
    Unduck,
)
from edge_agent.talk.floor.giving_way import MOMENT_S
from edge_agent.talk.floor.state import State

CUT_OFF = [Silence(), Cancel(1), Remember(1)]
ANSWER = "The moon and the sea."

# A voice that lasts.


def test_a_voice_that_lasts_makes_the_agent_silent_and_its_turn_begins_where_it_was_first_heard():
    turn, ordered = play(*HOLDING)
    assert ordered == TO_HOLDING
    assert (turn.state, turn.answer, turn.revision, turn.opened_at) == (State.HELD, 1, 0, 4.12)


def test_an_interruption_of_a_question_that_grew_is_a_turn_of_its_own():
    grown = (*ASKED, (2.3, VoiceStarted(36_800)), (3.0, VoiceStopped(46_400, 0.1)), (3.7, Tick()))
    answered = (*grown, (3.8, SpeechStarted(2, 60_800)), (4.5, Tick()))
    turn, _ = play(*answered, (5.0, VoiceStarted(80_000)), (5.2, Tick()))
    assert (turn.state, turn.revision) == (State.HELD, 0)


def test_a_voice_is_made_sure_of_for_as_long_as_the_policy_says():
    turn, ordered = play(*SPOKEN_OVER, (4.11, Tick()))
    assert ordered[-1] == Duck()
    assert (turn.state, turn.wake_at) == (State.DUCKED, pytest.approx(4.12))


def test_a_policy_may_hold_the_answer_for_any_voice():
    _, ordered = play(*SPOKEN_OVER, (4.0, Tick()), policy=POLICY.model_copy(update={"hold_ms": 0}))
    assert ordered == TO_HOLDING


def test_a_voice_that_lasts_long_is_an_interruption_whatever_it_says():
    turn, _ = play(*HOLDING)
    assert turn.wake_at == pytest.approx(5.0)
    turn, ordered = play((5.01, Tick()), turn=turn)
    assert ordered == CUT_OFF
    assert (turn.state, turn.revision, turn.opened_at, turn.wake_at) == (State.HEARING, 0, 4.12, 32.12)


def test_a_policy_that_confirms_sooner_than_it_holds_confirms_at_once():
    turn, _ = play(*HOLDING, policy=POLICY.model_copy(update={"confirm_ms": 50}))
    assert turn.wake_at == 4.12


# Words, while the voice goes on.


def test_words_that_are_an_interruption_take_the_floor_while_they_are_being_said():
    turn, ordered = play(*HOLDING, (4.6, Overheard("what about the sun", ANSWER)))
    assert ordered == [*TO_HOLDING, *CUT_OFF]
    assert (turn.state, turn.answer) == (State.HEARING, 0)


@pytest.mark.parametrize("text", ["mm-hm", "what"])
def test_a_glance_at_a_backchannel_or_at_a_single_word_decides_nothing(text: str):
    turn, _ = play(*HOLDING)
    assert play((4.6, Overheard(text, ANSWER)), turn=turn) == (turn, [])


def test_an_interruption_is_a_turn_like_any_other():
    said = ((4.6, Overheard("what about the sun", ANSWER)), (5.0, VoiceStopped(78_400, 0.1)), (5.61, Tick()))
    turn, ordered = play(*HOLDING, *said)
    assert ordered[-2:] == [StartDraft(2), Commit(2)]
    assert (turn.state, turn.draft, turn.answer) == (State.THINKING, 2, 2)


# Words, when the voice has stopped.


def test_when_the_voice_stops_an_answer_to_it_is_begun_while_the_first_is_held():
    turn, ordered = play(*WEIGHING)
    assert ordered == TO_WEIGHING
    assert (turn.state, turn.draft, turn.answer) == (State.WEIGHED, 2, 1)
    assert (turn.silent_since, turn.wake_at) == (pytest.approx(4.4), pytest.approx(6.1))


def test_words_that_are_an_interruption_end_the_held_answer_and_the_pause_goes_on():
    turn, ordered = play(*WEIGHING, (4.6, Overheard("What about the sun?", ANSWER, draft=2)))
    assert ordered == [*TO_WEIGHING, *CUT_OFF]
    assert (turn.state, turn.draft, turn.answer, turn.wake_at) == (State.PAUSED, 2, 0, pytest.approx(5.1))
    turn, ordered = play((4.65, EndJudged(2, 0.25)), (4.66, Tick()), turn=turn)
    assert ordered == [Commit(2)]


def test_a_yes_is_an_answer_where_something_was_asked_and_a_backchannel_where_nothing_was():
    assert play(*WEIGHING, (4.6, Overheard("Yes.", "Do you like it?", draft=2)))[0].state is State.PAUSED
    assert play(*WEIGHING, (4.6, Overheard("Yes.", ANSWER, draft=2)))[0].state is State.SPEAKING


@pytest.mark.parametrize(
    "nothing",
    [Overheard("Mm-hm.", ANSWER, draft=2), DraftEmpty(2), ReplyFailed(2)],
    ids=lambda event: type(event).__name__,
)
def test_what_is_no_interruption_gives_the_floor_back(nothing: Event):
    turn, ordered = play(*WEIGHING, (4.51, nothing))
    assert ordered == [*TO_WEIGHING, Resume(again=False), DropDraft(2), CloseTurn()]
    assert (turn.state, turn.answer, turn.opened_at, turn.wake_at) == (State.SPEAKING, 1, None, pytest.approx(124.51))


def test_who_was_heard_and_not_understood_is_listened_to_and_not_answered():
    turn, ordered = play(*WEIGHING, (4.6, Overheard("", ANSWER, draft=2, doubted="whipped", voice_s=0.6)))
    assert ordered == [*TO_WEIGHING, *CUT_OFF, DropDraft(2), CloseTurn()]
    assert turn.state is State.LISTENING


@pytest.mark.parametrize(
    "told",
    [
        Overheard("", ANSWER, draft=2, doubted="whipped", voice_s=0.1),
        Overheard("", ANSWER, draft=2, doubted="Hmm.", voice_s=0.6),
    ],
    ids=["a click", "a backchannel"],
)
def test_what_is_too_short_or_no_word_gives_the_floor_back(told: Event):
    assert play(*WEIGHING, (4.6, told))[0].state is State.SPEAKING


def test_words_that_never_come_give_the_floor_back():
    _, ordered = play(*WEIGHING, (6.11, Tick()))
    assert ordered[-3:] == [Resume(again=True), DropDraft(2), CloseTurn()]


def test_an_answer_that_was_held_for_more_than_a_moment_begins_its_clause_again():
    def again(now):
        return play(*WEIGHING, (now, DraftEmpty(2)))[1][-3]

    assert again(4.11 + MOMENT_S) == Resume(again=False)
    assert again(4.13 + MOMENT_S) == Resume(again=True)


def test_a_glance_that_comes_after_the_voice_decides_only_for_an_interruption():
    turn, _ = play(*WEIGHING)
    assert play((4.6, Overheard("mm-hm", ANSWER)), turn=turn) == (turn, [])
    assert play((4.6, Overheard("wait", ANSWER)), turn=turn)[1] == CUT_OFF


def test_a_voice_that_returns_while_its_words_are_made_out_is_the_same_turn():
    returned = (*WEIGHING, (4.55, VoiceStarted(72_000)))
    turn, ordered = play(*returned)
    assert ordered == [*TO_WEIGHING, DropDraft(2)]
    assert (turn.state, turn.revision, turn.opened_at, turn.wake_at) == (State.HELD, 1, 4.12, pytest.approx(5.55))
    late = Overheard("What about the sun?", ANSWER, draft=2)
    assert play((4.6, late), turn=turn) == (turn, [])
    _, ordered = play((4.9, VoiceStopped(77_000, 0.1)), (5.0, DraftEmpty(3)), turn=turn)
    assert ordered == [StartDraft(3), Resume(again=True), DropDraft(3), CloseTurn()]


# The answer that went on.


def test_an_answer_that_went_on_ends_and_is_remembered_under_its_own_number():
    gone_on = (*WEIGHING, (4.6, DraftEmpty(2)))
    turn, ordered = play(*gone_on, (6.0, SpeechFinished(1)))
    assert ordered[-1] == Remember(1)
    assert (turn.state, turn.draft, turn.answer) == (State.LISTENING, 2, 0)
    turn, _ = play(*gone_on)
    for late in (ReplyFailed(2), DraftEmpty(2), SpeechFinished(2), Overheard("wait", ANSWER, draft=2)):
        assert play((4.7, late), turn=turn) == (turn, [])


def test_an_answer_that_went_on_may_be_held_again():
    _, ordered = play(*WEIGHING, (4.6, DraftEmpty(2)), (5.0, VoiceStarted(80_000)), (5.2, Tick()), (5.3, FloorTaken()))
    assert ordered[-6:] == [Duck(), Hold(), OpenTurn(80_000), *CUT_OFF]


# In doubt.


@pytest.mark.parametrize("event", [FloorTaken(), ReplyFailed(1)])
@pytest.mark.parametrize("told", [HOLDING], ids=["held"])
def test_in_doubt_the_floor_is_the_users(told: Told, event: Event):
    turn, ordered = play(*told, (4.2, event))
    assert ordered[-3:] == CUT_OFF
    assert turn.state is State.HEARING


def test_an_answer_that_breaks_off_while_the_words_are_made_out_leaves_the_user_the_floor():
    turn, ordered = play(*WEIGHING, (4.6, ReplyFailed(1)))
    assert ordered == [*TO_WEIGHING, *CUT_OFF]
    assert (turn.state, turn.draft) == (State.PAUSED, 2)


def test_the_talk_key_ends_the_held_answer_and_the_interruption():
    turn, ordered = play(*WEIGHING, (4.6, FloorTaken()))
    assert ordered == [*TO_WEIGHING, *CUT_OFF, Commit(2)]
    assert (turn.state, turn.answer, turn.silent_since) == (State.THINKING, 2, None)


@pytest.mark.parametrize(("told", "state"), [(HOLDING, State.HEARING), (WEIGHING, State.PAUSED)])
def test_an_answer_that_was_over_when_it_was_held_was_heard(told: Told, state: State):
    turn, ordered = play(*told, (4.51, SpeechFinished(1)))
    assert ordered[-2:] == [Silence(), Remember(1)]
    assert turn.state is state


def test_a_short_voice_never_holds_the_answer():
    _, ordered = play(*SPOKEN_OVER, (4.1, VoiceStopped(63_000, 0.1)))
    assert ordered == [*TO_ANSWERING, Duck(), Unduck()]
