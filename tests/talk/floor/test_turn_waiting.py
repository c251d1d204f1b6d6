"""The turn machine as told, rule 6 once more: which of the agent's own words survive what comes between."""

import pytest
from turn_world import BEGINNING, COMMITTED, Told, play

from edge_agent.base.events import (
    Announced,
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
    Duck,
    Hold,
    OpenTurn,
    Remember,
    Revoke,
    Silence,
    StartAnnouncement,
    StartTypedDraft,
)
from edge_agent.talk.floor.rules import WAITING_MAX
from edge_agent.talk.floor.state import State

FAILED: Told = (*COMMITTED, (2.7, ReplyFailed(1)))
"""Draft 2 is the apology, and silent still."""
RINGING: Told = ((5.0, Announced("tea")),)
"""Draft 1 is the announcement, and silent still."""


def test_an_apology_that_the_user_speaks_into_before_its_first_sound_is_not_made_later():
    turn, ordered = play(*FAILED, (2.75, VoiceStarted(44_000)), (3.36, Tick()))
    assert ordered[-4:] == [Hold(), OpenTurn(44_000), Silence(), Revoke(2)]
    assert (turn.state, turn.waiting, turn.announcing) == (State.HEARING, (), "")


def test_an_apology_that_a_typed_turn_overtakes_is_not_made_later():
    turn, ordered = play(*FAILED, (2.75, Typed("again")), (3.0, SpeechStarted(3, 48_000)), (4.0, SpeechFinished(3)))
    assert ordered[-4:] == [Revoke(2), StartTypedDraft(3, "again"), Commit(3), Remember(3)]
    assert turn.state is State.LISTENING


def test_an_apology_that_is_dropped_leaves_alone_what_waits_behind_it():
    turn, _ = play(*FAILED, (2.72, Announced("tea")), (2.75, VoiceStarted(44_000)))
    assert turn.waiting == ("tea",)


def test_an_announcement_that_a_typed_turn_overtakes_is_made_after_its_answer():
    typed = ((5.1, Typed("hello")), (5.2, SpeechStarted(2, 83_200)), (6.0, SpeechFinished(2)))
    turn, ordered = play(*RINGING, *typed)
    overtaken = [Revoke(1), StartTypedDraft(2, "hello"), Commit(2), Remember(2)]
    assert ordered[2:] == [*overtaken, StartAnnouncement(3, "tea"), Commit(3)]
    assert (turn.state, turn.announcing, turn.waiting) == (State.THINKING, "tea", ())


def test_an_announcement_that_a_typed_turn_overtakes_keeps_its_place_before_later_ones():
    turn, _ = play(*RINGING, (5.05, Announced("eggs")), (5.1, Typed("hello")))
    assert turn.waiting == ("tea", "eggs")
    assert turn.announcing == ""


def test_among_too_many_that_wait_the_overtaken_one_is_the_oldest_and_goes():
    rung = tuple((5.0 + n / 100, Announced(f"alarm {n}")) for n in range(1, WAITING_MAX + 1))
    turn, _ = play(*RINGING, *rung, (5.2, Typed("hello")))
    assert turn.waiting == tuple(f"alarm {n}" for n in range(1, WAITING_MAX + 1))


def test_an_announcement_that_sounds_is_not_made_again_after_a_typed_turn():
    turn, ordered = play(*RINGING, (5.1, SpeechStarted(1, 81_600)), (5.2, Typed("hello")))
    assert ordered[2:] == [Silence(), Cancel(1), Remember(1), StartTypedDraft(2, "hello"), Commit(2)]
    assert turn.waiting == ()


def test_an_announcement_that_had_only_begun_when_somebody_spoke_is_made_again_after_their_answer():
    begun = (*RINGING, (5.1, SpeechStarted(1, 81_600)), (5.05, Announced("eggs")))
    turn, ordered = play(*begun, (5.3, VoiceStarted(84_000)), (5.42, Tick()), (5.91, Tick()))
    assert ordered[2:] == [Duck(), Hold(), OpenTurn(84_000), Silence(), Revoke(1)]
    assert (turn.state, turn.waiting, turn.announcing) == (State.HEARING, ("tea", "eggs"), "")


def test_an_announcement_that_had_only_begun_when_the_talk_key_was_pressed_under_a_voice_is_made_again_too():
    turn, ordered = play(*RINGING, (5.1, SpeechStarted(1, 81_600)), (5.3, VoiceStarted(84_000)), (5.35, FloorTaken()))
    assert ordered[-3:] == [Silence(), Revoke(1), OpenTurn(84_000)]
    assert (turn.state, turn.waiting, turn.announcing) == (State.HEARING, ("tea",), "")


def test_an_announcement_that_has_not_begun_is_not_acknowledged_by_an_okay():
    voice = ((5.05, VoiceStarted(80_800)), (5.3, VoiceStopped(84_000, 0.1)))
    turn, _ = play(*RINGING, *voice, (5.5, Overheard("Okay.", "", draft=2)))
    assert (turn.state, turn.announcing) == (State.THINKING, "tea")


def test_an_apology_that_had_only_begun_is_not_made_again():
    begun = (*FAILED, (2.8, SpeechStarted(2, 0)))
    turn, ordered = play(*begun, (3.0, VoiceStarted(48_000)), (3.12, Tick()), (3.61, Tick()))
    assert ordered[-5:] == [Duck(), Hold(), OpenTurn(48_000), Silence(), Revoke(2)]
    assert turn.waiting == ()


@pytest.mark.parametrize(
    ("told", "ending"),
    [
        (COMMITTED, [Revoke(1), CloseTurn()]),
        (BEGINNING, [Silence(), Cancel(1), Remember(1), CloseTurn()]),
    ],
    ids=["thinks", "speaks"],
)
def test_the_talk_key_drops_what_waits_with_the_answer(told, ending):
    turn, ordered = play(*told, (2.9, Announced("tea")), (2.95, Announced("eggs")), (3.0, FloorTaken()))
    assert ordered[-len(ending) :] == ending
    assert (turn.state, turn.waiting) == (State.LISTENING, ())


def test_the_talk_key_drops_the_announcement_itself_and_those_behind_it():
    turn, ordered = play(*RINGING, (5.05, Announced("eggs")), (5.1, FloorTaken()))
    assert ordered[-1] == Revoke(1)
    assert (turn.state, turn.waiting, turn.announcing) == (State.LISTENING, (), "")


def test_an_announcement_that_comes_after_the_talk_key_is_made():
    _, ordered = play(*RINGING, (5.1, FloorTaken()), (6.0, Announced("eggs")))
    assert ordered[-2:] == [StartAnnouncement(2, "eggs"), Commit(2)]
