"""What the turn machine keeps, whatever happens: the invariants of the conversation, each under its name.

They are checked by one step from any legal state (see `turn_world.py`), and over long conversations in random order
for what that might have left out.
"""

from hypothesis import assume, example, given
from hypothesis import strategies as st
from turn_world import (
    A_COMMITTED_DRAFT,
    ALOUD,
    BEGUN,
    BRIEF,
    EVENTS,
    LATE,
    LONGEST_S,
    PATIENT,
    POLICY,
    World,
    events_of,
    is_legal,
    moments,
    play,
    turns,
)

from edge_agent.base.events import (
    DraftEmpty,
    EndJudged,
    Event,
    Muted,
    ReplyFailed,
    SpeechFinished,
    SpeechStarted,
    Tick,
    Unmuted,
    VoiceStarted,
    VoiceStopped,
)
from edge_agent.talk.floor.commands import (
    Cancel,
    Command,
    Commit,
    DropDraft,
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
from edge_agent.talk.floor.rules import WAITING_MAX
from edge_agent.talk.floor.state import OF_A_VOICE, State, Turn
from edge_agent.talk.floor.turn import TABLE, step

Moment = tuple[Turn, Event, float]
OF_A_DRAFT = [EndJudged, DraftEmpty, SpeechStarted, SpeechFinished, ReplyFailed]
START = (StartDraft, StartTypedDraft, StartAnnouncement)

TICKS_MAX = WAITING_MAX + 5
"""To silence, with everything lost: a hold, the interruption, its turn, the apology for it, and all that waits."""


def test_a_new_conversation_is_legal_and_its_world_is_at_rest():
    assert is_legal(Turn())
    assert World.of(Turn()) == World()


@PATIENT
@given(moments())
def test_the_world_that_has_carried_out_the_commands_is_the_one_that_the_machine_believes_in(moment: Moment):
    turn, event, now = moment
    after, commands = step(turn, event, now, POLICY)
    assert World.of(turn).after(event).having_done(*commands) == World.of(after)


@PATIENT
@given(moments(*BEGUN))
def test_1_who_takes_the_floor_from_a_voice_that_sounds_stops_the_loudspeaker_first(moment: Moment):
    turn, event, now = moment
    after, commands = step(turn, event, now, POLICY)
    goes_on = after.state in A_COMMITTED_DRAFT and after.answer == turn.answer
    if not goes_on and not isinstance(event, SpeechFinished):
        taken_back = turn.early or (turn.fresh_until is not None and after.state is State.HEARING)
        ending = (Revoke(turn.answer),) if taken_back else (Cancel(turn.answer), Remember(turn.answer))
        assert commands[: 1 + len(ending)] == (Silence(), *ending)


@PATIENT
@given(moments(*BEGUN))
def test_1_an_answer_is_held_by_silencing_the_loudspeaker_first_and_goes_on_by_its_sound(moment: Moment):
    turn, event, now = moment
    after, commands = step(turn, event, now, POLICY)
    if after.held_at is not None and turn.held_at is None:
        assert commands[0] == Hold()
    if after.held_at is None and turn.held_at is not None and after.answer == turn.answer:
        assert isinstance(commands[event == Muted()], Resume)


@PATIENT
@given(moments(State.WEIGHED))
def test_a_held_answer_and_the_draft_of_another_keep_their_own_numbers(moment: Moment):
    turn, event, now = moment
    after, commands = step(turn, event, now, POLICY)
    of_the_answer = {command.draft for command in commands if isinstance(command, Cancel | Remember | Revoke)}
    of_the_draft = {command.draft for command in commands if isinstance(command, DropDraft)}
    assert of_the_answer <= {turn.answer}
    assert of_the_draft <= {turn.draft}
    if after.state in (State.SPEAKING, State.HELD):
        assert (after.answer, of_the_draft) == (turn.answer, {turn.draft})
    if after.state is State.PAUSED:
        assert (after.draft, of_the_answer, of_the_draft) == (turn.draft, {turn.answer}, set())


@BRIEF
@given(st.data())
def test_2_nothing_has_an_effect_before_its_turn_is_committed(data: st.DataObject):
    """Effects happen at `Commit`. It comes once, after the start of the same draft, and never after its `DropDraft`."""
    started: set[int] = set()
    over: set[int] = set()
    for command in converse(data):
        match command:
            case StartDraft(draft) | StartTypedDraft(draft) | StartAnnouncement(draft):
                assert draft not in started
                started.add(draft)
            case Commit(draft) | DropDraft(draft):
                assert draft in started
                assert draft not in over
                over.add(draft)


@BRIEF
@given(st.data())
def test_3_every_draft_is_committed_or_dropped_once_and_every_answer_remembered_or_revoked_once(data: st.DataObject):
    ordered = converse(data, until_silence=True)
    started = [command.draft for command in ordered if isinstance(command, START)]
    committed = [command.draft for command in ordered if isinstance(command, Commit)]
    dropped = [command.draft for command in ordered if isinstance(command, DropDraft)]
    ended = [command.draft for command in ordered if isinstance(command, Remember | Revoke)]
    cancelled = [command.draft for command in ordered if isinstance(command, Cancel)]
    assert sorted(committed + dropped) == started == sorted(set(started))
    assert sorted(ended) == committed
    assert set(cancelled) <= set(ended)


@PATIENT
@given(turns(), st.integers(0, 49), st.data())
def test_3_what_comes_late_from_another_draft_changes_nothing(turn: Turn, draft: int, data: st.DataObject):
    kind = data.draw(st.sampled_from(OF_A_DRAFT))
    if draft not in (turn.draft, turn.answer):
        assert step(turn, data.draw(events_of(st.just(draft))[kind]), LATE, POLICY) == (turn, ())


@PATIENT
@given(turns(State.LISTENING, State.HEARING, *ALOUD, State.HELD), st.data())
def test_3_what_comes_late_from_the_draft_that_ended_last_changes_nothing(turn: Turn, data: st.DataObject):
    kind = data.draw(st.sampled_from(OF_A_DRAFT))
    if turn.draft != turn.answer:
        assert step(turn, data.draw(events_of(st.just(turn.draft))[kind]), LATE, POLICY) == (turn, ())


@PATIENT
@given(moments(*A_COMMITTED_DRAFT))
def test_4_an_answer_is_remembered_when_it_was_heard_and_revoked_when_nothing_or_hardly_anything_was(moment: Moment):
    turn, event, now = moment
    _, commands = step(turn, event, now, POLICY)
    came_to_its_end = event == SpeechFinished(turn.answer)
    for command in commands:
        match command:
            case Remember(draft):
                assert draft == turn.answer
                assert turn.state in BEGUN or came_to_its_end
            case Revoke(draft):
                assert draft == turn.answer
                assert turn.state is State.THINKING or turn.fresh_until is not None or turn.early
                assert not came_to_its_end


@PATIENT
@given(turns())
@example(Turn(State.DUCKED, draft=1, answer=1, wake_at=1.0, waiting=("alarm",) * WAITING_MAX))
def test_5_from_any_legal_state_its_own_deadlines_alone_lead_back_to_listening(turn: Turn):
    ticks = 0
    while turn.wake_at is not None:
        turn, _ = step(turn, Tick(), turn.wake_at, POLICY)
        ticks += 1
        assert ticks <= TICKS_MAX
    assert turn.state is State.LISTENING


@PATIENT
@given(moments())
def test_5_no_deadline_lies_further_ahead_than_the_longest_that_is_set(moment: Moment):
    turn, event, now = moment
    assume(max(turn.opened_at or 0.0, turn.silent_since or 0.0) <= now)  # Nothing has begun later than now.
    assume((turn.fresh_until or 0.0) <= now + POLICY.merge_ms / 1000)
    after, _ = step(turn, event, now, POLICY)
    assert after.wake_at in (None, turn.wake_at) or after.wake_at <= now + LONGEST_S


@PATIENT
@given(turns(), st.lists(st.sampled_from(EVENTS), max_size=12), st.data())
def test_6_muted_means_deaf(turn: Turn, kinds: list[type[Event]], data: st.DataObject):
    """From muting on, however it goes: no turn is opened, nothing is transcribed, and a voice changes nothing."""
    turn, _ = step(turn, Muted(), LATE, POLICY)
    for kind in kinds:
        if kind is Unmuted:
            continue
        before = turn
        turn, commands = step(turn, data.draw(events_of(st.just(turn.draft))[kind]), LATE, POLICY)
        assert turn.muted
        assert turn.state not in OF_A_VOICE
        assert not any(isinstance(command, OpenTurn | StartDraft) for command in commands)
        if kind in (VoiceStarted, VoiceStopped):
            assert (turn, commands) == (before, ())


def converse(data: st.DataObject, *, until_silence: bool = False) -> list[Command]:
    """A long conversation in random order, legal at every step, and everything that it ordered.

    Three of four events mean something where they come, or random orders would seldom get as far as an interruption.
    """
    turn, world, now = Turn(), World(), 0.0
    ordered: list[Command] = []
    for _ in range(data.draw(st.integers(0, 40))):
        news = [kind for state, kind in TABLE if state is turn.state]
        kind = data.draw(st.sampled_from(EVENTS) if data.draw(st.integers(0, 3)) == 0 else st.sampled_from(news))
        age = data.draw(st.sampled_from([0, 0, 0, 1, 2]))
        number = st.just(turn.answer) | st.just(max(0, turn.draft - age))
        event = data.draw(events_of(number)[kind])
        at_deadline = kind is Tick and turn.wake_at is not None
        now = max(now, turn.wake_at) if at_deadline else now + data.draw(st.sampled_from([0.0, 0.05, 0.3, 2.0]))
        after, commands = step(turn, event, now, POLICY)
        world = world.after(event).having_done(*commands)
        assert is_legal(after), after
        assert world == World.of(after)
        turn, ordered = after, [*ordered, *commands]
    while until_silence and turn.wake_at is not None:
        turn, commands = play((turn.wake_at, Tick()), turn=turn)
        ordered += commands
    return ordered
