"""The turn machine as told, rules 6-8: what waits, what goes wrong, and what the owner closes."""

import pytest
from turn_world import (
    ANSWERING,
    ASKED,
    COMMITTED,
    HOLDING,
    SPOKEN_OVER,
    TO_ANSWERING,
    TO_COMMITTED,
    WEIGHING,
    Told,
    play,
)

from edge_agent.base.events import (
    Announced,
    DeviceLost,
    DeviceRestored,
    DraftEmpty,
    Event,
    Muted,
    Overheard,
    ReplyFailed,
    SpeechFinished,
    SpeechStarted,
    Tick,
    Typed,
    Unmuted,
    VoiceStarted,
)
from edge_agent.talk.floor.commands import (
    Cancel,
    CloseMicrophone,
    CloseTurn,
    Commit,
    DropDraft,
    Hold,
    OpenMicrophone,
    OpenTurn,
    Remember,
    Resume,
    Revoke,
    Silence,
    StartAnnouncement,
    StartDraft,
    StartTypedDraft,
    Unduck,
)
from edge_agent.talk.floor.rules import APOLOGY, WAITING_MAX
from edge_agent.talk.floor.state import State

# Rule 6: what the agent says of its own accord waits until nobody speaks.


def test_a_timer_that_rings_in_silence_is_announced_at_once():
    turn, ordered = play((5.0, Announced("tea")), (5.1, SpeechStarted(1, 80_000)), (6.0, SpeechFinished(1)))
    assert ordered == [StartAnnouncement(1, "tea"), Commit(1), Remember(1)]
    assert (turn.state, turn.announcing) == (State.LISTENING, "")


def test_a_timer_that_rings_while_somebody_speaks_is_announced_after_the_answer():
    turn, ordered = play(
        (1.0, VoiceStarted(16_000)), (1.5, Announced("tea")), *ASKED[1:], (2.6, Tick()),
        (2.8, SpeechStarted(1, 44_800)), (3.4, Tick()), (4.5, SpeechFinished(1)),
    )  # fmt: skip
    assert ordered == [*TO_ANSWERING, Remember(1), StartAnnouncement(2, "tea"), Commit(2)]
    assert (turn.waiting, turn.announcing, turn.wake_at) == ((), "tea", 12.5)


def test_a_timer_that_rings_into_a_cough_is_announced_after_it():
    _, ordered = play(*ASKED, (2.05, Announced("tea")), (2.1, DraftEmpty(1)))
    assert ordered[-4:] == [DropDraft(1), CloseTurn(), StartAnnouncement(2, "tea"), Commit(2)]


def test_announcements_are_made_one_after_the_other_in_the_order_they_came():
    rung = (*ANSWERING, (3.0, Announced("tea")), (3.1, Announced("eggs")))
    turn, ordered = play(*rung, (4.5, SpeechFinished(1)), (4.6, SpeechStarted(2, 0)), (5.0, SpeechFinished(2)))
    assert [c.text for c in ordered if isinstance(c, StartAnnouncement)] == ["tea", "eggs"]
    assert turn.draft == 3


def test_an_announcement_that_nobody_heard_yet_is_made_after_the_user_and_before_later_ones():
    rung = ((5.0, Announced("tea")), (5.05, Announced("eggs")), (5.1, VoiceStarted(81_000)), (5.7, Tick()))
    turn, ordered = play(*rung)
    assert ordered == [StartAnnouncement(1, "tea"), Commit(1), Hold(), OpenTurn(81_000), Silence(), Revoke(1)]
    assert (turn.waiting, turn.announcing) == (("tea", "eggs"), "")


def test_a_voice_over_an_announcement_that_is_heard_ends_it_for_good():
    heard = ((5.0, Announced("tea")), (5.1, SpeechStarted(1, 80_000)), (5.7, Tick()))
    turn, _ = play(*heard, (6.0, VoiceStarted(96_000)), (6.2, Tick()), (6.6, Overheard("stop it", "Tea")))
    assert (turn.state, turn.waiting, turn.announcing) == (State.HEARING, (), "")


def test_of_too_many_announcements_the_oldest_goes():
    rung = tuple((3.0 + n / 100, Announced(f"alarm {n}")) for n in range(WAITING_MAX + 2))
    turn, _ = play(*ANSWERING, *rung)
    assert turn.waiting == tuple(f"alarm {n}" for n in range(2, WAITING_MAX + 2))


def test_the_oldest_goes_even_when_it_was_just_going_to_be_said():
    rung = tuple((5.0 + n / 100, Announced(f"alarm {n}")) for n in range(WAITING_MAX + 1))
    turn, _ = play(*rung, (5.5, VoiceStarted(88_000)), (6.1, Tick()))
    assert turn.waiting == tuple(f"alarm {n}" for n in range(1, WAITING_MAX + 1))


# Rule 7: nothing that gets lost can hang the conversation.


@pytest.mark.parametrize("lost", [(2.7, ReplyFailed(1)), (10.6, Tick())])
def test_an_answer_that_fails_or_never_comes_is_said_to_have_failed(lost: tuple[float, Event]):
    turn, ordered = play(*COMMITTED, lost)
    assert ordered == [*TO_COMMITTED, Revoke(1), CloseTurn(), StartAnnouncement(2, APOLOGY), Commit(2)]
    assert (turn.state, turn.announcing, turn.wake_at) == (State.THINKING, APOLOGY, lost[0] + 8)


def test_an_answer_is_waited_for_as_long_as_the_policy_says():
    turn, _ = play(*COMMITTED)
    assert turn.wake_at == pytest.approx(10.6)


def test_an_engine_that_dies_in_the_pause_is_apologised_for():
    _, ordered = play(*ASKED, (2.2, ReplyFailed(1)))
    assert ordered[-4:] == [DropDraft(1), CloseTurn(), StartAnnouncement(2, APOLOGY), Commit(2)]


def test_an_answer_that_breaks_off_is_silenced_remembered_as_far_as_it_was_heard_and_apologised_for():
    _, ordered = play(*ANSWERING, (3.5, ReplyFailed(1)))
    assert ordered[-5:] == [Silence(), Cancel(1), Remember(1), StartAnnouncement(2, APOLOGY), Commit(2)]


@pytest.mark.parametrize("lost", [(2.8, ReplyFailed(2)), (18.6, Tick())])
def test_an_apology_that_fails_is_not_apologised_for(lost: tuple[float, Event]):
    turn, ordered = play(*COMMITTED, (2.7, ReplyFailed(1)), lost)
    assert ordered[-1] == Revoke(2)
    assert turn.state is State.LISTENING


def test_an_apology_that_breaks_off_is_not_apologised_for():
    turn, ordered = play(*COMMITTED, (2.7, ReplyFailed(1)), (2.8, SpeechStarted(2, 0)), (2.9, ReplyFailed(2)))
    assert ordered[-3:] == [Silence(), Cancel(2), Remember(2)]
    assert turn.state is State.LISTENING


def test_the_answer_after_an_apology_is_apologised_for_again():
    sorry = (*COMMITTED, (2.7, ReplyFailed(1)), (2.8, SpeechStarted(2, 0)), (4.0, SpeechFinished(2)))
    turn, ordered = play(*sorry, (5.0, Typed("again")), (5.1, ReplyFailed(3)))
    assert ordered[-1] == Commit(4)
    assert turn.announcing == APOLOGY


def test_a_loudspeaker_that_never_reports_the_end_does_not_keep_the_floor():
    turn, ordered = play(*ANSWERING, (123.4, Tick()))
    assert ordered[-3:] == [Silence(), Cancel(1), Remember(1)]
    assert turn.state is State.LISTENING


@pytest.mark.parametrize("told", [ASKED[:1], ANSWERING, SPOKEN_OVER, HOLDING, WEIGHING], ids=len)
def test_a_device_that_vanishes_brings_the_agent_back_to_listening(told: Told):
    turn, _ = play(*told, (4.6, DeviceLost()))
    assert (turn.state, turn.wake_at) == (State.LISTENING, None)


def test_what_was_asked_when_the_device_vanished_is_answered_when_it_is_back():
    lost = DeviceLost(), DeviceRestored("headset", 16_000, 1.5)
    turn, ordered = play(*ASKED, (2.5, lost[0]), (2.6, Tick()), (4.0, lost[1]), (4.1, SpeechStarted(1, 62_000)))
    assert ordered == TO_COMMITTED
    assert (turn.state, turn.answer, turn.away) == (State.SPEAKING, 1, False)


def test_an_answer_whose_device_stays_away_is_apologised_for_and_then_given_up():
    turn, ordered = play(*COMMITTED, (2.7, DeviceLost()), (10.6, Tick()))
    assert ordered[-2:] == [StartAnnouncement(2, APOLOGY), Commit(2)]
    turn, ordered = play((18.6, Tick()), turn=turn)
    assert (turn.state, ordered) == (State.LISTENING, [Revoke(2)])


def test_an_alarm_that_had_not_begun_when_the_device_vanished_waits_for_it_as_long_as_it_takes():
    turn, ordered = play((1.0, Announced("tea")), (1.1, DeviceLost()))
    assert ordered[-1] == Revoke(1)
    _, ordered = play((900.0, DeviceRestored("headset", 16_000, 899.0)), turn=turn)
    assert ordered == [StartAnnouncement(2, "tea"), Commit(2)]


@pytest.mark.parametrize(
    "told", [(), (*ASKED[:1], (1.5, Announced("tea")))], ids=["announced later", "announced before"]
)
def test_what_the_agent_has_to_say_waits_for_the_device(told: Told):
    turn, ordered = play(*told, (2.0, DeviceLost()), (3.0, Announced("wake up")))
    assert turn.state is State.LISTENING
    assert not any(isinstance(command, StartAnnouncement) for command in ordered)
    _, ordered = play((9.0, DeviceRestored("headset", 16_000, 7.0)), turn=turn)
    assert ordered[0] == StartAnnouncement(1, "tea" if told else "wake up")


def test_an_alarm_that_the_loss_of_the_device_cuts_off_is_said_again():
    rings = ((1.0, Announced("tea")), (1.5, SpeechStarted(1, 0)), (2.0, DeviceLost()))
    turn, ordered = play(*rings)
    assert ordered[-3:] == [Silence(), Cancel(1), Remember(1)]
    _, ordered = play((9.0, DeviceRestored("headset", 16_000, 7.0)), turn=turn)
    assert ordered == [StartAnnouncement(2, "tea"), Commit(2)]


# Rule 8: muted means deaf.


def test_a_muted_agent_hears_nothing():
    turn, ordered = play((0.5, Muted()), *ASKED)
    assert ordered == [CloseMicrophone()]
    assert (turn.state, turn.muted) == (State.LISTENING, True)


def test_an_unmuted_agent_hears_again():
    _, ordered = play((0.5, Muted()), (0.9, Unmuted()), *ASKED)
    assert ordered == [CloseMicrophone(), OpenMicrophone(), OpenTurn(16_000), StartDraft(1)]


@pytest.mark.parametrize(("told", "ending"), [(ASKED[:1], []), (ASKED, [DropDraft(1)])], ids=["heard", "paused"])
def test_muting_forgets_what_was_being_said(told: Told, ending: list[DropDraft]):
    turn, ordered = play(*told, (2.2, Muted()))
    assert ordered[-2 - len(ending) :] == [CloseMicrophone(), *ending, CloseTurn()]
    assert turn.state is State.LISTENING


def test_a_question_that_was_asked_before_muting_is_answered_and_nobody_interrupts_that():
    turn, ordered = play(*COMMITTED, (2.7, Muted()), (2.75, VoiceStarted(0)), (2.8, SpeechStarted(1, 44_800)))
    assert ordered == [*TO_COMMITTED, CloseMicrophone()]
    assert play((3.0, VoiceStarted(48_000)), turn=turn) == (turn, [])


def test_muting_under_a_voice_gives_the_agent_its_loudness_back():
    turn, ordered = play(*SPOKEN_OVER, (4.05, Muted()))
    assert ordered[-2:] == [CloseMicrophone(), Unduck()]
    assert (turn.state, turn.muted, turn.wake_at) == (State.SPEAKING, True, pytest.approx(124.05))


@pytest.mark.parametrize(("told", "dropped"), [(HOLDING, []), (WEIGHING, [DropDraft(2)])], ids=["held", "weighed"])
def test_muting_over_a_held_answer_lets_it_go_on(told: Told, dropped: list[DropDraft]):
    turn, ordered = play(*told, (4.51, Muted()))
    assert ordered[-3 - len(dropped) :] == [CloseMicrophone(), Resume(again=False), *dropped, CloseTurn()]
    assert (turn.state, turn.muted, turn.answer) == (State.SPEAKING, True, 1)


def test_what_is_typed_is_answered_by_a_muted_agent():
    typed = ((1.0, Typed("what time is it")), (1.2, SpeechStarted(1, 19_200)), (2.0, SpeechFinished(1)))
    turn, ordered = play((0.5, Muted()), *typed)
    assert ordered == [CloseMicrophone(), StartTypedDraft(1, "what time is it"), Commit(1), Remember(1)]
    assert turn.muted
