"""The turn machine as told, rules 1-5: the user's turn with its pauses, the answer, and who speaks over whom."""

import pytest
from turn_world import ANSWERING, ASKED, BEGINNING, COMMITTED, POLICY, SPOKEN_OVER, TO_ANSWERING, TO_COMMITTED, play

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
    Typed,
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
    Revoke,
    Silence,
    StartDraft,
    StartTypedDraft,
    Unduck,
)
from edge_agent.talk.floor.exchange import TAKEN_BACK_MAX
from edge_agent.talk.floor.state import State

# Rule 1: a pause is not an end.


def test_a_question_is_drafted_in_the_pause_committed_after_it_and_remembered_when_it_was_said():
    turn, ordered = play(*ANSWERING, (4.5, SpeechFinished(1)))
    assert ordered == [*TO_ANSWERING, Remember(1)]
    assert turn.state is State.LISTENING


def test_a_turn_ends_when_the_silence_has_lasted_counted_from_the_last_sample_of_the_voice():
    turn, _ = play(*ASKED)
    assert turn.wake_at == pytest.approx(2.0 - 0.1 + 0.7)
    assert turn.silent_since == pytest.approx(1.9)


def test_a_tick_before_the_deadline_changes_nothing_and_one_at_the_deadline_ends_the_turn():
    turn, _ = play(*ASKED)
    assert turn.wake_at is not None
    assert play((turn.wake_at - 0.001, Tick()), turn=turn) == (turn, [])
    assert play((turn.wake_at, Tick()), turn=turn)[1] == [Commit(1)]


def test_a_voice_that_returns_in_the_pause_drops_the_draft_and_the_same_turn_goes_on():
    turn, ordered = play(*ASKED, (2.3, VoiceStarted(36_800)), (3.0, VoiceStopped(46_400, silence_s=0.1)))
    assert ordered == [OpenTurn(16_000), StartDraft(1), DropDraft(1), StartDraft(2)]
    assert (turn.revision, turn.opened_at, turn.draft) == (1, 1.0, 2)


def test_every_pause_makes_the_turn_one_revision_older_and_the_next_turn_begins_anew():
    twice = (*ASKED, (2.3, VoiceStarted(0)), (3.0, VoiceStopped(0, 0.1)), (3.3, VoiceStarted(0)))
    turn, _ = play(*twice)
    assert turn.revision == 2
    turn, _ = play((4.0, VoiceStopped(0, 0.1)), (4.5, DraftEmpty(3)), (9.0, VoiceStarted(0)), turn=turn)
    assert (turn.revision, turn.opened_at) == (0, 9.0)


def test_a_turn_that_sounds_finished_ends_sooner_than_silence_alone_would_end_it():
    turn, _ = play(*ASKED, (2.05, EndJudged(1, wait_s=0.25)))
    assert turn.state is State.PAUSED
    assert turn.wake_at == pytest.approx(1.9 + 0.25)


def test_a_turn_that_sounds_unfinished_is_waited_for_but_never_longer_than_the_cap():
    assert play(*ASKED, (2.05, EndJudged(1, wait_s=1.2)))[0].wake_at == pytest.approx(1.9 + 1.2)
    assert play(*ASKED, (2.05, EndJudged(1, wait_s=60)))[0].wake_at == pytest.approx(1.9 + 1.6)


@pytest.mark.parametrize("draft", [1, 3])
def test_a_judgement_on_another_pause_says_nothing_about_this_one(draft: int):
    turn, _ = play(*ASKED, (2.3, VoiceStarted(0)), (3.0, VoiceStopped(0, 0.1)))
    assert play((3.05, EndJudged(draft, wait_s=0.25)), turn=turn) == (turn, [])


def test_the_talk_key_ends_a_turn_in_its_pause_at_once():
    turn, ordered = play(*ASKED, (2.1, FloorTaken()))
    assert ordered == TO_COMMITTED
    assert turn.wake_at == pytest.approx(2.1 + 8)


def test_the_talk_key_ends_a_turn_that_is_being_spoken():
    turn, ordered = play((1.0, VoiceStarted(16_000)), (1.8, FloorTaken()))
    assert ordered == TO_COMMITTED
    assert turn.state is State.THINKING


def test_a_turn_longer_than_whisper_hears_is_answered_as_far_as_it_went():
    turn, ordered = play((1.0, VoiceStarted(16_000)), (28.9, Tick()))
    assert ordered == [OpenTurn(16_000)]
    assert turn.wake_at == 29.0
    assert play((29.0, Tick()), turn=turn)[1] == [StartDraft(1), Commit(1)]


def test_pauses_do_not_make_a_turn_longer_than_whisper_hears():
    turn, _ = play(*ASKED, (2.3, VoiceStarted(36_800)))
    assert turn.wake_at == 29.0


# Rule 2: a noise is not a turn.


def test_a_cough_opens_a_turn_and_nobody_answers_it():
    turn, ordered = play(*ASKED, (2.1, DraftEmpty(1)))
    assert ordered == [OpenTurn(16_000), StartDraft(1), DropDraft(1), CloseTurn()]
    assert turn.state is State.LISTENING


def test_a_cough_that_is_found_out_only_after_the_commit_is_not_answered_either():
    turn, ordered = play(*COMMITTED, (2.7, DraftEmpty(1)))
    assert ordered == [*TO_COMMITTED, Revoke(1), CloseTurn()]
    assert turn.state is State.LISTENING


# Rule 3: an answer may be taken back until a little after its first sound.


def test_a_user_who_goes_on_before_the_first_sound_is_answered_as_a_whole():
    turn, ordered = play(*COMMITTED, (2.7, VoiceStarted(43_200)), (3.31, Tick()), (3.5, VoiceStopped(54_400, 0.1)))
    assert ordered == [*TO_COMMITTED, Hold(), Silence(), Revoke(1), StartDraft(2)]
    assert (turn.state, turn.revision, turn.opened_at) == (State.PAUSED, 1, 1.0)


def test_words_take_an_answer_back_where_they_add_to_the_question_that_they_were_heard_with():
    question = "why is the sky blue"
    goes_on, _ = play(*COMMITTED, (2.7, VoiceStarted(43_200)))
    assert play((2.9, Overheard(question, "", asked=question)), turn=goes_on) == (goes_on, [])
    _, ordered = play((2.9, Overheard(f"{question} at night", "", asked=question)), turn=goes_on)
    assert ordered == [Silence(), Revoke(1)]


def test_what_nobody_made_out_takes_no_answer_back_that_has_not_begun():
    voice = ((2.7, VoiceStarted(43_200)), (3.2, VoiceStopped(49_600, 0.1)))
    turn, _ = play(*COMMITTED, *voice, (3.4, Overheard("", "", draft=2, doubted="whipped", voice_s=0.6)))
    assert (turn.state, turn.answer) == (State.THINKING, 1)


def test_what_comes_late_from_an_answer_that_was_taken_back_changes_nothing():
    turn, _ = play(*COMMITTED, (2.7, VoiceStarted(43_200)), (3.31, Tick()))
    for late in (SpeechStarted(1, 44_800), SpeechFinished(1), ReplyFailed(1), DraftEmpty(1), EndJudged(1, 0.25)):
        assert play((3.35, late), turn=turn) == (turn, [])


def test_an_answer_may_be_an_act_without_words():
    turn, ordered = play(*COMMITTED, (2.7, SpeechFinished(1)))
    assert ordered == [*TO_COMMITTED, Remember(1), CloseTurn()]
    assert turn.state is State.LISTENING


def test_a_user_who_goes_on_just_after_the_first_sound_is_answered_as_a_whole_too():
    goes_on = ((3.2, VoiceStarted(50_400)), (3.33, Tick()), (3.82, Tick()), (4.0, VoiceStopped(62_400, 0.1)))
    turn, ordered = play(*BEGINNING, *goes_on)
    assert ordered == [*TO_COMMITTED, Duck(), Hold(), Silence(), Revoke(1), StartDraft(2)]
    assert (turn.state, turn.revision, turn.opened_at) == (State.PAUSED, 1, 1.0)


def test_the_talk_key_under_a_voice_just_after_the_first_sound_has_the_whole_answered_and_is_counted():
    turn, ordered = play(*BEGINNING, (3.2, VoiceStarted(50_400)), (3.25, FloorTaken()))
    assert ordered == [*TO_COMMITTED, Duck(), Silence(), Revoke(1)]
    assert (turn.state, turn.revision, turn.opened_at, turn.taken_back) == (State.HEARING, 1, 1.0, 1)


def test_a_cough_just_after_the_first_sound_gives_the_floor_back_and_the_answer_may_still_be_taken_back():
    coughed = (*BEGINNING, (2.9, VoiceStarted(45_600)), (3.0, VoiceStopped(46_400, 0.1)))
    turn, ordered = play(*coughed)
    assert ordered == [*TO_COMMITTED, Duck(), Unduck()]
    assert (turn.state, turn.opened_at, turn.wake_at) == (State.SPEAKING, 1.0, pytest.approx(3.4))


def test_a_cough_that_outlasts_the_time_in_which_an_answer_may_be_taken_back_ends_it():
    turn, ordered = play(*BEGINNING, (3.35, VoiceStarted(52_800)), (3.45, VoiceStopped(53_600, 0.1)))
    assert ordered[-3:] == [Duck(), Unduck(), CloseTurn()]
    assert (turn.fresh_until, turn.opened_at, turn.wake_at) == (None, None, pytest.approx(123.45))


def test_an_answer_that_may_not_be_taken_back_any_more_does_not_need_the_users_audio():
    turn, ordered = play(*ANSWERING)
    assert ordered == [*TO_COMMITTED, CloseTurn()]
    assert (turn.state, turn.opened_at, turn.wake_at) == (State.SPEAKING, None, 123.4)


def test_an_answer_that_something_speaks_into_again_and_again_is_not_taken_back_for_ever():
    """As its own echo would."""
    turn, now = play(*ASKED)[0], 2.6
    taken_back = 0
    for _ in range(TAKEN_BACK_MAX + 1):
        turn, ordered = play(
            (now, FloorTaken()), (now + 0.2, SpeechStarted(turn.draft, 0)), (now + 0.3, VoiceStarted(0)),
            (now + 0.5, Tick()), (now + 1, Overheard("what then", "")), (now + 1.1, VoiceStopped(0, 0.1)), turn=turn,
        )  # fmt: skip
        taken_back += Revoke(turn.draft - 1) in ordered
        now += 2
    assert taken_back == TAKEN_BACK_MAX
    assert turn.taken_back == 0


def test_a_policy_may_take_no_answer_back_that_has_begun():
    turn, ordered = play(*BEGINNING, policy=POLICY.model_copy(update={"merge_ms": 0}))
    assert ordered[-1] == CloseTurn()
    assert (turn.fresh_until, turn.opened_at) == (None, None)


def test_a_short_answer_that_is_over_before_anybody_went_on_was_the_answer():
    turn, ordered = play(*BEGINNING, (3.1, SpeechFinished(1)))
    assert ordered == [*TO_COMMITTED, Remember(1), CloseTurn()]
    assert turn.state is State.LISTENING


def test_a_short_answer_that_ends_under_a_voice_was_heard_and_the_voice_is_a_turn_of_its_own():
    turn, ordered = play(*BEGINNING, (3.0, VoiceStarted(47_000)), (3.1, SpeechFinished(1)))
    assert ordered == [*TO_COMMITTED, Duck(), Unduck(), Remember(1), CloseTurn(), OpenTurn(47_000)]
    assert (turn.revision, turn.opened_at) == (0, 3.1)


def test_an_answer_to_what_was_typed_is_not_taken_back_by_a_voice():
    typed = ((1.0, Typed("hello")), (1.2, SpeechStarted(1, 19_200)), (1.3, VoiceStarted(20_000)), (1.43, Tick()))
    _, ordered = play(*typed)
    assert ordered[-3:] == [Duck(), Hold(), OpenTurn(20_000)]


# Rule 4: a noise is not an interruption either.


def test_a_cough_over_the_agents_voice_only_lowers_it_and_gives_the_floor_back():
    turn, ordered = play(*SPOKEN_OVER, (4.1, VoiceStopped(63_000, 0.1)))
    assert ordered == [*TO_ANSWERING, Duck(), Unduck()]
    assert (turn.state, turn.wake_at) == (State.SPEAKING, pytest.approx(124.1))


def test_an_agent_that_is_done_while_somebody_speaks_over_it_listens_to_them():
    turn, ordered = play(*SPOKEN_OVER, (4.05, SpeechFinished(1)))
    assert ordered == [*TO_ANSWERING, Duck(), Unduck(), Remember(1), OpenTurn(62_000)]
    assert turn.state is State.HEARING


# Rule 5: whoever takes the floor is heard at once.


@pytest.mark.parametrize("event", [FloorTaken(), ReplyFailed(1)])
def test_in_doubt_the_floor_is_the_users(event: Event):
    _, ordered = play(*SPOKEN_OVER, (4.05, event))
    assert ordered[-4:] == [Silence(), Cancel(1), Remember(1), OpenTurn(62_000)]


def test_the_talk_key_silences_the_agent():
    turn, ordered = play(*ANSWERING, (3.0, FloorTaken()))
    assert ordered[-3:] == [Silence(), Cancel(1), Remember(1)]
    assert turn.state is State.LISTENING


def test_the_talk_key_takes_back_an_answer_that_has_not_begun():
    turn, ordered = play(*COMMITTED, (2.7, FloorTaken()))
    assert ordered[-2:] == [Revoke(1), CloseTurn()]
    assert turn.state is State.LISTENING


def test_who_types_takes_the_floor_too():
    turn, ordered = play(*ANSWERING, (3.0, Typed("stop")))
    assert ordered[-5:] == [Silence(), Cancel(1), Remember(1), StartTypedDraft(2, "stop"), Commit(2)]
    assert (turn.state, turn.draft) == (State.THINKING, 2)
