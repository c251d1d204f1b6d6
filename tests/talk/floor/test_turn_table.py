"""The turn machine, pair by pair: every state with every event does what stands here, or nothing.

Then the same from any legal state and not only from the examples: one step leads to a legal state, and to where the
table says. Since a conversation begins in a legal state, that holds for ever.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from turn_world import EVENTS, LATE, PATIENT, POLICY, events_of, is_legal, moments, turns

from edge_agent.base.events import (
    Announced,
    DeviceLost,
    DeviceRestored,
    DraftEmpty,
    EndJudged,
    Event,
    FloorTaken,
    MicrophoneSilent,
    MicrophoneSounds,
    Muted,
    Overheard,
    ReplyFailed,
    SpeechFinished,
    SpeechStarted,
    Tick,
    Typed,
    Unmuted,
    VoiceStarted,
    VoiceStopped,
)
from edge_agent.talk.floor.commands import (
    Cancel,
    CloseMicrophone,
    CloseTurn,
    Command,
    Commit,
    DropDraft,
    Duck,
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
from edge_agent.talk.floor.rules import APOLOGY
from edge_agent.talk.floor.state import ALL, State, Turn
from edge_agent.talk.floor.turn import TABLE, step

LISTENING, HEARING, PAUSED, THINKING, SPEAKING, DUCKED, HELD, WEIGHED = ALL

NOW = 100.0
BEFORE = {
    LISTENING: Turn(LISTENING, draft=7),
    HEARING: Turn(HEARING, draft=7, wake_at=NOW, opened_at=95.0),
    PAUSED: Turn(PAUSED, draft=7, wake_at=NOW, opened_at=95.0, silent_since=99.3),
    THINKING: Turn(THINKING, draft=7, answer=7, wake_at=NOW, opened_at=95.0),
    SPEAKING: Turn(SPEAKING, draft=7, answer=7, wake_at=NOW),
    DUCKED: Turn(DUCKED, draft=7, answer=7, wake_at=NOW, onset=50),
    HELD: Turn(HELD, draft=7, answer=7, wake_at=NOW, onset=50, opened_at=99.0, held_at=99.0),
    WEIGHED: Turn(WEIGHED, draft=7, answer=6, wake_at=NOW, onset=50, opened_at=99.0, held_at=99.0, silent_since=99.5),
}
"""An example of each state; its deadline has come."""

EVENT: dict[type[Event], Event] = {
    VoiceStarted: VoiceStarted(80),
    VoiceStopped: VoiceStopped(90, silence_s=0.1),
    EndJudged: EndJudged(7, wait_s=0.25),
    DraftEmpty: DraftEmpty(7),
    Overheard: Overheard("what about tomorrow", heard="It's ten."),
    SpeechStarted: SpeechStarted(7, 99),
    SpeechFinished: SpeechFinished(7),
    ReplyFailed: ReplyFailed(7),
    DeviceLost: DeviceLost(),
    DeviceRestored: DeviceRestored("headset", 16_000, 1.0),
    MicrophoneSilent: MicrophoneSilent("headset"),
    MicrophoneSounds: MicrophoneSounds("headset"),
    Muted: Muted(),
    Unmuted: Unmuted(),
    Typed: Typed("hello"),
    Announced: Announced("tea"),
    FloorTaken: FloorTaken(),
    Tick: Tick(),
}
OF_THE_ANSWER = {SpeechStarted: SpeechStarted(6, 99), SpeechFinished: SpeechFinished(6)}
"""Where the answer has another number than the draft."""

SHUT_UP = (Silence(), Cancel(7), Remember(7))
SHUT_UP_6 = (Silence(), Cancel(6), Remember(6))
GO_ON = (Resume(again=True), CloseTurn())
GO_ON_6 = (Resume(again=True), DropDraft(7), CloseTurn())
TYPED = (StartTypedDraft(8, "hello"), Commit(8))
SORRY = (StartAnnouncement(8, APOLOGY), Commit(8))
TEA = (StartAnnouncement(8, "tea"), Commit(8))

NEWS: dict[tuple[State, type[Event]], tuple[State, tuple[Command, ...]]] = {
    (LISTENING, VoiceStarted): (HEARING, (OpenTurn(80),)),
    (LISTENING, DeviceLost): (LISTENING, ()),
    (LISTENING, DeviceRestored): (LISTENING, ()),
    (LISTENING, Muted): (LISTENING, (CloseMicrophone(),)),
    (LISTENING, Unmuted): (LISTENING, (OpenMicrophone(),)),
    (LISTENING, Typed): (THINKING, TYPED),
    (LISTENING, Announced): (THINKING, TEA),
    (HEARING, VoiceStopped): (PAUSED, (StartDraft(8),)),
    (HEARING, Tick): (THINKING, (StartDraft(8), Commit(8))),
    (HEARING, FloorTaken): (THINKING, (StartDraft(8), Commit(8))),
    (HEARING, DeviceLost): (LISTENING, (CloseTurn(),)),
    (HEARING, DeviceRestored): (HEARING, ()),
    (HEARING, Muted): (LISTENING, (CloseMicrophone(), CloseTurn())),
    (HEARING, Unmuted): (HEARING, (OpenMicrophone(),)),
    (HEARING, Typed): (THINKING, (CloseTurn(), *TYPED)),
    (HEARING, Announced): (HEARING, ()),
    (PAUSED, VoiceStarted): (HEARING, (DropDraft(7),)),
    (PAUSED, EndJudged): (PAUSED, ()),
    (PAUSED, DraftEmpty): (LISTENING, (DropDraft(7), CloseTurn())),
    (PAUSED, ReplyFailed): (THINKING, (DropDraft(7), CloseTurn(), *SORRY)),
    (PAUSED, Tick): (THINKING, (Commit(7),)),
    (PAUSED, FloorTaken): (THINKING, (Commit(7),)),
    (PAUSED, DeviceLost): (PAUSED, ()),
    (PAUSED, DeviceRestored): (PAUSED, ()),
    (PAUSED, Muted): (LISTENING, (CloseMicrophone(), DropDraft(7), CloseTurn())),
    (PAUSED, Unmuted): (PAUSED, (OpenMicrophone(),)),
    (PAUSED, Typed): (THINKING, (DropDraft(7), CloseTurn(), *TYPED)),
    (PAUSED, Announced): (PAUSED, ()),
    (THINKING, VoiceStarted): (HELD, (Hold(),)),
    (THINKING, DraftEmpty): (LISTENING, (Revoke(7), CloseTurn())),
    (THINKING, SpeechStarted): (SPEAKING, ()),
    (THINKING, SpeechFinished): (LISTENING, (Remember(7), CloseTurn())),
    (THINKING, ReplyFailed): (THINKING, (Revoke(7), CloseTurn(), *SORRY)),
    (THINKING, Tick): (THINKING, (Revoke(7), CloseTurn(), *SORRY)),
    (THINKING, FloorTaken): (LISTENING, (Revoke(7), CloseTurn())),
    (THINKING, DeviceLost): (THINKING, ()),
    (THINKING, DeviceRestored): (THINKING, ()),
    (THINKING, Muted): (THINKING, (CloseMicrophone(),)),
    (THINKING, Unmuted): (THINKING, (OpenMicrophone(),)),
    (THINKING, Typed): (THINKING, (Revoke(7), CloseTurn(), *TYPED)),
    (THINKING, Announced): (THINKING, ()),
    (SPEAKING, VoiceStarted): (DUCKED, (Duck(),)),
    (SPEAKING, SpeechFinished): (LISTENING, (Remember(7),)),
    (SPEAKING, ReplyFailed): (THINKING, (*SHUT_UP, *SORRY)),
    (SPEAKING, Tick): (LISTENING, SHUT_UP),
    (SPEAKING, FloorTaken): (LISTENING, SHUT_UP),
    (SPEAKING, DeviceLost): (LISTENING, SHUT_UP),
    (SPEAKING, DeviceRestored): (SPEAKING, ()),
    (SPEAKING, Muted): (SPEAKING, (CloseMicrophone(),)),
    (SPEAKING, Unmuted): (SPEAKING, (OpenMicrophone(),)),
    (SPEAKING, Typed): (THINKING, (*SHUT_UP, *TYPED)),
    (SPEAKING, Announced): (SPEAKING, ()),
    (DUCKED, VoiceStopped): (SPEAKING, (Unduck(),)),
    (DUCKED, SpeechFinished): (HEARING, (Unduck(), Remember(7), OpenTurn(50))),
    (DUCKED, ReplyFailed): (HEARING, (*SHUT_UP, OpenTurn(50))),
    (DUCKED, Tick): (HELD, (Hold(), OpenTurn(50))),
    (DUCKED, FloorTaken): (HEARING, (*SHUT_UP, OpenTurn(50))),
    (DUCKED, DeviceLost): (LISTENING, SHUT_UP),
    (DUCKED, DeviceRestored): (DUCKED, ()),
    (DUCKED, Muted): (SPEAKING, (CloseMicrophone(), Unduck())),
    (DUCKED, Unmuted): (DUCKED, (OpenMicrophone(),)),
    (DUCKED, Typed): (THINKING, (*SHUT_UP, *TYPED)),
    (DUCKED, Announced): (DUCKED, ()),
    (HELD, VoiceStopped): (WEIGHED, (StartDraft(8),)),
    (HELD, Overheard): (HEARING, SHUT_UP),
    (HELD, DraftEmpty): (HEARING, SHUT_UP),
    (HELD, SpeechStarted): (HELD, ()),
    (HELD, SpeechFinished): (HEARING, (Silence(), Remember(7))),
    (HELD, ReplyFailed): (HEARING, SHUT_UP),
    (HELD, Tick): (HEARING, SHUT_UP),
    (HELD, FloorTaken): (HEARING, SHUT_UP),
    (HELD, DeviceLost): (LISTENING, (*SHUT_UP, CloseTurn())),
    (HELD, DeviceRestored): (HELD, ()),
    (HELD, Muted): (SPEAKING, (CloseMicrophone(), *GO_ON)),
    (HELD, Unmuted): (HELD, (OpenMicrophone(),)),
    (HELD, Typed): (THINKING, (*SHUT_UP, CloseTurn(), *TYPED)),
    (HELD, Announced): (HELD, ()),
    (WEIGHED, VoiceStarted): (HELD, (DropDraft(7),)),
    (WEIGHED, DraftEmpty): (SPEAKING, GO_ON_6),
    (WEIGHED, SpeechStarted): (WEIGHED, ()),
    (WEIGHED, Overheard): (PAUSED, SHUT_UP_6),
    (WEIGHED, SpeechFinished): (PAUSED, (Silence(), Remember(6))),
    (WEIGHED, ReplyFailed): (SPEAKING, GO_ON_6),
    (WEIGHED, Tick): (SPEAKING, GO_ON_6),
    (WEIGHED, FloorTaken): (THINKING, (*SHUT_UP_6, Commit(7))),
    (WEIGHED, DeviceLost): (LISTENING, (*SHUT_UP_6, DropDraft(7), CloseTurn())),
    (WEIGHED, DeviceRestored): (WEIGHED, ()),
    (WEIGHED, Muted): (SPEAKING, (CloseMicrophone(), *GO_ON_6)),
    (WEIGHED, Unmuted): (WEIGHED, (OpenMicrophone(),)),
    (WEIGHED, Typed): (THINKING, (*SHUT_UP_6, DropDraft(7), CloseTurn(), *TYPED)),
    (WEIGHED, Announced): (WEIGHED, ()),
}

EVERY_PAIR = [pytest.param(state, event, id=f"{state.value}-{event.__name__}") for state in ALL for event in EVENTS]


def test_the_table_has_exactly_the_pairs_that_are_news():
    assert set(TABLE) == set(NEWS)


@pytest.mark.parametrize(("state", "kind"), EVERY_PAIR)
def test_every_pair_is_listed_or_changes_nothing(state: State, kind: type[Event]):
    event = OF_THE_ANSWER.get(kind, EVENT[kind]) if state is WEIGHED else EVENT[kind]
    after, commands = step(BEFORE[state], event, NOW, POLICY)
    if (state, kind) in NEWS:
        assert (after.state, commands) == NEWS[state, kind]
    else:
        assert (after, commands) == (BEFORE[state], ())


@pytest.mark.parametrize(("state", "kind"), [pair for pair in EVERY_PAIR if pair.values not in NEWS])
@PATIENT
@given(st.data())
def test_any_other_pair_changes_nothing_in_any_legal_state(state: State, kind: type[Event], data: st.DataObject):
    turn = data.draw(turns(state))
    event = data.draw(events_of(st.just(turn.draft))[kind])
    assert step(turn, event, LATE, POLICY) == (turn, ())


@PATIENT
@given(turns())
def test_legal_states_are_what_the_proofs_start_from(turn: Turn):
    assert is_legal(turn)
    assert is_legal(Turn())


@PATIENT
@given(moments())
def test_one_step_from_any_legal_state_leads_to_a_legal_state(moment: tuple[Turn, Event, float]):
    turn, event, now = moment
    after, _ = step(turn, event, now, POLICY)
    assert is_legal(after), after


@PATIENT
@given(moments())
def test_a_step_leads_where_the_table_says(moment: tuple[Turn, Event, float]):
    """To one of the declared states, and from LISTENING on to THINKING just when something can be said that waits."""
    turn, event, now = moment
    after, commands = step(turn, event, now, POLICY)
    if (after, commands) == (turn, ()):
        return
    entry = TABLE[turn.state, type(event)]
    by_rule, ordered = entry.rule(turn, event, now, POLICY)
    assert by_rule.state in entry.to
    if by_rule.state is LISTENING and by_rule.waiting and not by_rule.away:
        first, *rest = by_rule.waiting
        assert (after.state, after.announcing, after.waiting) == (THINKING, first, tuple(rest))
        assert commands == (*ordered, StartAnnouncement(after.draft, first), Commit(after.draft))
    else:
        assert (after, commands) == (by_rule, ordered)


def test_the_table_declares_no_state_that_its_rule_never_leads_to():
    turns = [
        *BEFORE.values(),
        *(replace(BEFORE[state], announcing="tea") for state in (THINKING, SPEAKING, DUCKED)),
        Turn(SPEAKING, draft=7, answer=7, wake_at=NOW, opened_at=95.0, fresh_until=NOW),
        Turn(DUCKED, draft=7, answer=7, wake_at=NOW, opened_at=95.0, fresh_until=NOW),
        *(replace(BEFORE[state], early=True) for state in (HELD, WEIGHED)),
        replace(BEFORE[WEIGHED], announcing="tea"),
    ]
    others = [
        Overheard("wait", ""),
        Overheard("mm-hm", ""),
        Overheard("mm-hm", "", draft=7),
        ReplyFailed(6),
        DraftEmpty(6),
    ]
    others.append(Overheard("okay", "", draft=7))
    events = [*EVENT.values(), *OF_THE_ANSWER.values(), *others]
    for (state, kind), entry in TABLE.items():
        told = [event for event in events if type(event) is kind]
        led = {entry.rule(turn, event, NOW, POLICY)[0].state for turn in turns if turn.state is state for event in told}
        assert led == set(entry.to)
