"""The turn machine as told: what a voice costs the agent, by what it is doing (`rules.py`)."""

import pytest
from turn_world import ASKED, BEGINNING, COMMITTED, POLICY, TO_COMMITTED, Told, play

from edge_agent.base.events import (
    Announced,
    DraftEmpty,
    Event,
    FloorTaken,
    Muted,
    Overheard,
    ReplyFailed,
    SpeechFinished,
    SpeechStarted,
    Tick,
    Typed,
    VoiceStarted,
    VoiceStopped,
)
from edge_agent.talk.floor.commands import (
    Cancel,
    CloseMicrophone,
    CloseTurn,
    Commit,
    DropDraft,
    Duck,
    Hold,
    OpenTurn,
    Remember,
    Resume,
    Revoke,
    Silence,
    StartAnnouncement,
    StartDraft,
    StartTypedDraft,
)
from edge_agent.talk.floor.rules import APOLOGY
from edge_agent.talk.floor.state import State

ASKED_FOR = "Tell me about the sea."

# While it thinks, or a tool is running.

INTO_THINKING: Told = (*COMMITTED, (2.8, VoiceStarted(44_800)))
"""The voice must last until 3.4 s to mean, whatever its words, that the user was not done."""
COUGHED: Told = (*INTO_THINKING, (3.1, VoiceStopped(48_000, silence_s=0.1)))
"""Draft 2 is the question with the cough in it."""
TO_COUGHED = [*TO_COMMITTED, Hold(), StartDraft(2)]
GOES_ON = [Resume(again=False), DropDraft(2)]


def heard_again(words: str = "", draft: int | None = 2) -> Overheard:
    """Of the question and of what follows it."""
    return Overheard(f"{ASKED_FOR} {words}", heard="", draft=draft, asked=ASKED_FOR)


def test_a_voice_while_it_thinks_holds_the_answer_back_and_the_work_on_it_goes_on():
    turn, ordered = play(*INTO_THINKING)
    assert ordered == [*TO_COMMITTED, Hold()]
    assert (turn.state, turn.answer, turn.opened_at) == (State.HELD, 1, 1.0)


@pytest.mark.parametrize("nothing", [heard_again(), heard_again("Mm-hm."), DraftEmpty(2), ReplyFailed(2)], ids=repr)
def test_a_noise_while_it_thinks_costs_the_answer_no_more_than_it_takes_to_hear_that_it_is_one(nothing: Event):
    turn, ordered = play(*COUGHED, (3.15, nothing))
    assert ordered == [*TO_COUGHED, *GOES_ON]
    assert (turn.state, turn.answer, turn.draft, turn.opened_at) == (State.THINKING, 1, 2, 1.0)
    _, ordered = play((3.26, SpeechStarted(1, 0)), (4.0, Tick()), (5.0, SpeechFinished(1)), turn=turn)
    assert ordered == [CloseTurn(), Remember(1)]


def test_a_noise_whose_words_never_come_does_not_cost_the_answer_either():
    _, ordered = play(*COUGHED, (4.71, Tick()))
    assert ordered == [*TO_COUGHED, Resume(again=True), DropDraft(2)]


def test_an_answer_that_is_waited_for_again_is_waited_for_as_long_as_any():
    turn, _ = play(*COUGHED, (3.15, DraftEmpty(2)))
    assert turn.wake_at == pytest.approx(3.15 + POLICY.reply_timeout_s)


def test_words_that_the_question_did_not_have_take_the_answer_back_and_the_whole_is_answered():
    turn, ordered = play(*COUGHED, (3.15, heard_again("and of the moon")))
    assert ordered == [*TO_COUGHED, Silence(), Revoke(1)]
    assert (turn.state, turn.draft, turn.wake_at) == (State.PAUSED, 2, pytest.approx(3.0 + 0.7))


def test_words_that_are_added_take_it_back_while_they_are_being_said():
    glance = heard_again("and of the moon", draft=None)
    turn, ordered = play(*INTO_THINKING, (3.1, glance))
    assert ordered == [*TO_COMMITTED, Hold(), Silence(), Revoke(1)]
    assert turn.state is State.HEARING


def test_a_voice_that_lasts_takes_it_back_without_words_and_sooner_than_from_an_answer_that_is_heard():
    turn, _ = play(*INTO_THINKING)
    assert turn.wake_at == pytest.approx(3.4)
    turn, ordered = play((3.41, Tick()), turn=turn)
    assert ordered == [Silence(), Revoke(1)]
    assert (turn.state, turn.revision, turn.opened_at) == (State.HEARING, 1, 1.0)


def test_a_policy_that_is_quicker_than_that_is_followed():
    turn, _ = play(*INTO_THINKING, policy=POLICY.model_copy(update={"confirm_ms": 300}))
    assert turn.wake_at == pytest.approx(3.1)


def test_a_turn_that_proves_to_be_a_noise_while_its_answer_is_held_is_answered_by_nobody():
    turn, ordered = play(*INTO_THINKING, (2.9, DraftEmpty(1)))
    assert ordered[-2:] == [Silence(), Revoke(1)]
    assert turn.state is State.HEARING
    turn, ordered = play(*COUGHED, (3.12, DraftEmpty(1)), (3.15, DraftEmpty(2)))
    assert ordered == [*TO_COUGHED, Silence(), Revoke(1), DropDraft(2), CloseTurn()]
    assert turn.state is State.LISTENING


def test_the_talk_key_while_it_thinks_and_somebody_speaks_ends_the_whole_question():
    _, ordered = play(*COUGHED, (3.12, FloorTaken()))
    assert ordered == [*TO_COUGHED, Silence(), Revoke(1), Commit(2)]


def test_muting_does_not_cost_the_answer_that_is_held_back():
    turn, ordered = play(*INTO_THINKING, (3.0, Muted()))
    assert ordered[-2:] == [CloseMicrophone(), Resume(again=False)]
    assert turn.state is State.THINKING


def test_an_answer_to_what_was_typed_survives_a_cough_whose_sound_is_forgotten():
    typed = ((1.0, Typed("hello")), (1.1, VoiceStarted(17_600)), (1.4, VoiceStopped(20_800, 0.1)), (1.5, DraftEmpty(2)))
    turn, ordered = play(*typed)
    to_typed = [StartTypedDraft(1, "hello"), Commit(1), Hold(), OpenTurn(17_600), StartDraft(2)]
    assert ordered == [*to_typed, *GOES_ON, CloseTurn()]
    assert (turn.state, turn.answer, turn.opened_at) == (State.THINKING, 1, None)


def test_an_alarm_that_a_cough_comes_before_is_not_begun_anew():
    rung = (
        (5.0, Announced("tea")),
        (5.1, VoiceStarted(81_600)),
        (5.4, VoiceStopped(84_800, 0.1)),
        (5.45, DraftEmpty(2)),
    )
    turn, ordered = play(*rung)
    assert ordered[-3:] == [*GOES_ON, CloseTurn()]
    assert (turn.state, turn.announcing, turn.waiting) == (State.THINKING, "tea", ())


def test_an_alarm_that_was_held_back_for_a_typed_turn_comes_after_its_answer():
    rung = ((5.0, Announced("tea")), (5.1, VoiceStarted(81_600)), (5.2, Typed("hello")))
    turn, ordered = play(*rung)
    assert ordered[-5:] == [Silence(), Revoke(1), CloseTurn(), StartTypedDraft(2, "hello"), Commit(2)]
    assert turn.waiting == ("tea",)


# Just as its first sound comes.


def test_a_first_sound_that_slips_out_while_the_answer_is_held_may_be_taken_back_too():
    slipped = (*INTO_THINKING, (2.81, SpeechStarted(1, 0)))
    assert play(*slipped, (3.41, Tick()))[1][-2:] == [Silence(), Revoke(1)]
    turn, ordered = play(*slipped, *COUGHED[-1:], (3.15, DraftEmpty(2)))
    assert ordered[-2:] == GOES_ON
    assert (turn.state, turn.fresh_until, turn.wake_at) == (State.SPEAKING, pytest.approx(3.41), pytest.approx(3.41))


def test_where_no_answer_is_taken_back_once_it_sounds_one_that_slipped_out_is_cut_off():
    policy = POLICY.model_copy(update={"merge_ms": 0})
    _, ordered = play(*INTO_THINKING, (2.81, SpeechStarted(1, 0)), (3.41, Tick()), policy=policy)
    assert ordered[-3:] == [Silence(), Cancel(1), Remember(1)]


def test_a_cough_over_its_first_word_costs_a_moment_and_the_answer_may_still_be_taken_back_for_the_rest_of_its_time():
    coughed = ((2.85, VoiceStarted(45_600)), (2.98, Tick()), (3.1, VoiceStopped(48_000, 0.1)), (3.2, heard_again()))
    turn, ordered = play(*BEGINNING, *coughed)
    assert ordered == [*TO_COMMITTED, Duck(), Hold(), StartDraft(2), Resume(again=False), DropDraft(2)]
    assert (turn.state, turn.wake_at) == (State.SPEAKING, pytest.approx(3.4))


def test_a_cough_over_the_first_word_of_an_alarm_is_forgotten():
    rung = ((5.0, Announced("tea")), (5.1, SpeechStarted(1, 0)), (5.2, VoiceStarted(83_200)), (5.33, Tick()))
    turn, ordered = play(*rung, (5.4, VoiceStopped(84_800, 0.1)), (5.5, DraftEmpty(2)))
    assert ordered[-3:] == [*GOES_ON, CloseTurn()]
    assert (turn.state, turn.announcing, turn.opened_at) == (State.SPEAKING, "tea", None)


# An alarm, and an apology.


def said_over(told: Told, text: str) -> Told:
    """From a second after the first sound somebody says this; it is draft 3 at most."""
    began = told[-1][0]
    draft = 3 if told[0] in ASKED else 2
    return (
        *told, (began + 0.6, Tick()), (began + 1.0, VoiceStarted(96_000)), (began + 1.13, Tick()),
        (began + 1.4, VoiceStopped(99_200, 0.1)), (began + 1.5, Overheard(text, "Your", draft=draft)),
    )  # fmt: skip


ALARM: Told = ((5.0, Announced("tea")), (5.1, SpeechStarted(1, 80_000)))
SORRY: Told = (*COMMITTED, (2.7, ReplyFailed(1)), (2.8, SpeechStarted(2, 0)))


@pytest.mark.parametrize("text", ["Okay.", "Thanks!", "Got it, thank you.", "Yeah, okay."])
def test_an_alarm_that_is_acknowledged_is_over_and_nobody_answers(text: str):
    turn, ordered = play(*said_over(ALARM, text))
    assert ordered[-5:] == [Silence(), Cancel(1), Remember(1, settled=True), DropDraft(2), CloseTurn()]
    assert (turn.state, turn.waiting) == (State.LISTENING, ())


@pytest.mark.parametrize("text", ["Mm-hm.", "Right.", "Oh."])
def test_an_alarm_that_somebody_only_listens_to_goes_on(text: str):
    turn, ordered = play(*said_over(ALARM, text))
    assert ordered[-3:] == [*GOES_ON, CloseTurn()]
    assert (turn.state, turn.announcing, turn.answer) == (State.SPEAKING, "tea", 1)


def test_the_next_alarm_follows_the_one_that_was_acknowledged():
    _, ordered = play(*ALARM[:1], (5.05, Announced("eggs")), *said_over(ALARM[1:], "Okay."))
    assert ordered[-2:] == [StartAnnouncement(3, "eggs"), Commit(3)]


def test_an_apology_may_be_acknowledged():
    turn, ordered = play(*said_over(SORRY, "Okay."))
    assert ordered[-5:] == [Silence(), Cancel(2), Remember(2, settled=True), DropDraft(3), CloseTurn()]
    assert turn.state is State.LISTENING
    assert StartAnnouncement(2, APOLOGY) in ordered


def test_an_answer_is_not_over_because_somebody_says_okay():
    turn, ordered = play(*said_over(BEGINNING, "Okay.")[:-1], (4.3, Overheard("Okay.", "The sea is old", draft=2)))
    assert ordered[-3:] == [*GOES_ON, CloseTurn()]
    assert turn.state is State.SPEAKING


def test_a_voice_that_lasts_over_an_alarm_takes_the_floor_as_it_does_over_an_answer():
    turn, _ = play(*said_over(ALARM, "")[:-2])
    assert turn.wake_at == pytest.approx(6.1 + 0.03 + POLICY.confirm_ms / 1000 - 0.02)
