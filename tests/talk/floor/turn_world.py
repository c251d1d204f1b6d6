"""What the proofs of the turn machine share: time, legal states, and the world that carries out its commands.

A state is *legal* when the fields of `Turn` mean what their docstrings say (`is_legal`). A `World` is what the driver
holds at one moment: a draft, an answer, the user's audio, a loudspeaker, a microphone. It refuses a command that breaks
a promise of `commands.py`, and `World.of(turn)` is what the machine believes about it. A step is sound when the world,
having carried out its commands, is the one that the machine believes in. That is checked from any legal state, so that
it holds for ever, however a conversation went on.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import settings
from hypothesis import strategies as st

from edge_agent.base.events import (
    Announced,
    DeviceRestored,
    DraftEmpty,
    EndJudged,
    Event,
    MicrophoneSilent,
    MicrophoneSounds,
    Overheard,
    ReplyFailed,
    SpeechFinished,
    SpeechStarted,
    Tick,
    Typed,
    VoiceStarted,
    VoiceStopped,
)
from edge_agent.base.settings import FloorSettings
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
from edge_agent.talk.floor.exchange import TAKEN_BACK_MAX
from edge_agent.talk.floor.rules import WAITING_MAX
from edge_agent.talk.floor.state import OF_A_VOICE, State, Turn
from edge_agent.talk.floor.turn import step

POLICY = FloorSettings(
    silence_ms=700,
    unsure_cap_ms=1600,
    merge_ms=600,
    hold_ms=120,
    confirm_ms=1000,
    turn_cap_s=28,
    reply_timeout_s=8,
    speaking_cap_s=120,
)
LONGEST_S = 120.0
"""No deadline of POLICY lies further ahead."""
PATIENT = settings(deadline=None)
"""How long one example takes says more about the machine that tests than about the one that is tested."""
BRIEF = settings(PATIENT, max_examples=40)
"""For whole conversations."""
NEW = Turn()
LATE = 2000.0
"""s; after every deadline that `turns` draws."""

EVENTS: tuple[type[Event], ...] = Event.__args__
ALOUD = (State.SPEAKING, State.DUCKED)
OVER_A_HELD_ANSWER = (State.HELD, State.WEIGHED)
BEGUN = (*ALOUD, *OVER_A_HELD_ANSWER)
A_COMMITTED_DRAFT = (State.THINKING, *BEGUN)
A_HELD_BACK_DRAFT = (State.PAUSED, State.WEIGHED)

Told = tuple[tuple[float, Event], ...]

ASKED: Told = ((1.0, VoiceStarted(16_000)), (2.0, VoiceStopped(30_400, silence_s=0.1)))
"""Somebody spoke from 1.0 to 1.9 s and paused. Draft 1 is under way; 0.7 s of silence, at 2.6 s, end the turn."""
COMMITTED: Told = (*ASKED, (2.6, Tick()))
BEGINNING: Told = (*COMMITTED, (2.8, SpeechStarted(1, 44_800)))
"""The answer may be taken back until 3.4 s."""
ANSWERING: Told = (*BEGINNING, (3.4, Tick()))
SPOKEN_OVER: Told = (*ANSWERING, (4.0, VoiceStarted(62_000)))
HOLDING: Told = (*SPOKEN_OVER, (4.12, Tick()))
"""Without words the voice is an interruption from 5.0 s on."""
WEIGHING: Told = (*HOLDING, (4.5, VoiceStopped(70_400, silence_s=0.1)))
"""Draft 2 is under way; without words the agent goes on at 6.1 s."""

TO_COMMITTED = [OpenTurn(16_000), StartDraft(1), Commit(1)]
TO_ANSWERING = [*TO_COMMITTED, CloseTurn()]
TO_HOLDING = [*TO_ANSWERING, Duck(), Hold(), OpenTurn(62_000)]
TO_WEIGHING = [*TO_HOLDING, StartDraft(2)]


def play(*told: tuple[float, Event], turn: Turn = NEW, policy: FloorSettings = POLICY) -> tuple[Turn, list[Command]]:
    """Tell a conversation (a new one, or `turn`) what happened when; return where it stands and all that it ordered."""
    ordered: list[Command] = []
    for now, event in told:
        turn, commands = step(turn, event, now, policy)
        ordered += commands
    return turn, ordered


def is_legal(turn: Turn) -> bool:
    """Whether the fields mean what their docstrings say."""
    state, fresh, kept = turn.state, turn.fresh_until is not None, turn.opened_at is not None
    return (
        (turn.wake_at is None) == (state is State.LISTENING)
        and (turn.silent_since is not None) == (state in A_HELD_BACK_DRAFT)
        and (turn.held_at is not None) == (state in OVER_A_HELD_ANSWER)
        and (not turn.early or state in OVER_A_HELD_ANSWER)
        and (kept or state not in (State.HEARING, State.PAUSED, *OVER_A_HELD_ANSWER))
        and (not kept or state not in (State.LISTENING, *ALOUD) or fresh)
        and (not fresh or turn.early or (state in ALOUD and (kept or turn.announcing != "")))
        and (not fresh or state is not State.SPEAKING or turn.wake_at == turn.fresh_until)
        and (turn.announcing == "" or (state in A_COMMITTED_DRAFT and (not kept or state in OVER_A_HELD_ANSWER)))
        and (not turn.muted or state not in OF_A_VOICE)
        and len(turn.waiting) <= WAITING_MAX
        and (not turn.waiting or state is not State.LISTENING or turn.away)
        and (turn.answer > 0) == (state in A_COMMITTED_DRAFT)
        and turn.draft >= turn.answer + (state in A_HELD_BACK_DRAFT)
        and turn.revision >= 0
        and 0 <= turn.taken_back <= TAKEN_BACK_MAX
        and (not fresh or turn.taken_back < TAKEN_BACK_MAX)
    )


TIMES_S = st.floats(0, 1000).map(lambda s: round(s, 2))
POSITIONS = st.integers(0, 16_000_000)
TEXTS = st.sampled_from(["tea is ready", "wake up", "the door is open"])


@st.composite
def turns(draw: st.DrawFn, *states: State) -> Turn:
    """Any legal state (of those given)."""
    state = draw(st.sampled_from(states or tuple(State)))
    of_the_agent, held = state in A_COMMITTED_DRAFT, state in OVER_A_HELD_ANSWER
    kept = state in (State.HEARING, State.PAUSED) or held or (of_the_agent and draw(st.booleans()))
    announcing = draw(TEXTS | st.just("")) if of_the_agent and (held or not kept) else ""
    early = held and draw(st.booleans())
    fresh = draw(st.booleans()) if early else state in ALOUD and (kept or (announcing != "" and draw(st.booleans())))
    wake_at = None if state is State.LISTENING else draw(TIMES_S)
    answer = draw(st.integers(1, 40)) if of_the_agent else 0
    away = draw(st.booleans())
    return Turn(
        state=state,
        draft=answer + draw(st.integers(state in A_HELD_BACK_DRAFT, 10)),
        answer=answer,
        revision=draw(st.integers(0, 3)),
        wake_at=wake_at,
        opened_at=draw(TIMES_S) if kept else None,
        silent_since=draw(TIMES_S) if state in A_HELD_BACK_DRAFT else None,
        fresh_until=(wake_at if state is State.SPEAKING else draw(TIMES_S)) if fresh else None,
        taken_back=draw(st.integers(0, TAKEN_BACK_MAX - fresh)),
        held_at=draw(TIMES_S) if held else None,
        early=early,
        onset=draw(POSITIONS),
        announcing=announcing,
        waiting=() if state is State.LISTENING and not away else tuple(draw(st.lists(TEXTS, max_size=WAITING_MAX))),
        muted=state not in OF_A_VOICE and draw(st.booleans()),
        away=away,
    )


SAID = st.sampled_from(["", "Mm-hm.", "Yes.", "Okay.", "Wait!", "What about tomorrow?"])
HEARD = st.sampled_from(["", "It's ten.", "Shall I go on?"])
QUESTIONS = st.sampled_from(["", "Wait!", "What about?"])


def events_of(draft: st.SearchStrategy[int]) -> dict[type[Event], st.SearchStrategy[Event]]:
    """Any event of each kind, about any draft of `draft`."""
    by_kind: dict[type[Event], st.SearchStrategy[Event]] = {
        VoiceStarted: st.builds(VoiceStarted, POSITIONS),
        VoiceStopped: st.builds(VoiceStopped, POSITIONS, st.sampled_from([0.032, 0.096, 0.5])),
        EndJudged: st.builds(EndJudged, draft, st.sampled_from([0.0, 0.25, 0.7, 1.6, 60.0])),
        DraftEmpty: st.builds(DraftEmpty, draft),
        Overheard: st.builds(Overheard, SAID, HEARD, draft | st.none(), QUESTIONS),
        SpeechStarted: st.builds(SpeechStarted, draft, POSITIONS),
        SpeechFinished: st.builds(SpeechFinished, draft),
        ReplyFailed: st.builds(ReplyFailed, draft),
        DeviceRestored: st.just(DeviceRestored("headset", 16_000, 1.0)),
        MicrophoneSilent: st.just(MicrophoneSilent("headset")),
        MicrophoneSounds: st.just(MicrophoneSounds("headset")),
        Typed: st.builds(Typed, TEXTS),
        Announced: st.builds(Announced, TEXTS),
    }
    return {kind: by_kind[kind] if kind in by_kind else st.just(kind()) for kind in EVENTS}


@st.composite
def moments(draw: st.DrawFn, *states: State) -> tuple[Turn, Event, float]:
    """Any legal state, any event (mostly of what is under way), and a time around the deadline."""
    turn = draw(turns(*states))
    draft = st.just(turn.draft) | st.just(turn.answer) | st.integers(0, turn.draft)
    event = draw(st.one_of(*events_of(draft).values()))
    now = draw(TIMES_S) if turn.wake_at is None else turn.wake_at + draw(st.sampled_from([-0.5, -0.01, 0.0, 0.01, 5.0]))
    return turn, event, now


@dataclass(frozen=True, slots=True)
class World:
    """What the driver holds at one moment."""

    last: int = 0  # the highest draft number ever started
    draft: int | None = None  # the draft that is held back
    answer: int | None = None  # the draft that is committed, until it is remembered or revoked
    heard: bool = False  # whether the loudspeaker got anything of the answer
    sounding: bool = False  # whether it still plays
    done: bool = False  # whether the answer came to its own end
    ducked: bool = False
    held: bool = False  # whether the loudspeaker is silent and keeps what it had to say
    collecting: bool = False
    listening: bool = True

    @classmethod
    def of(cls, turn: Turn) -> "World":
        """The world that the machine believes in."""
        begun = turn.state in BEGUN and (not turn.early or turn.fresh_until is not None)
        return cls(
            last=turn.draft,
            draft=turn.draft if turn.state in A_HELD_BACK_DRAFT else None,
            answer=turn.answer if turn.state in A_COMMITTED_DRAFT else None,
            heard=begun,
            sounding=begun,
            ducked=turn.state is State.DUCKED,
            held=turn.state in OVER_A_HELD_ANSWER,
            collecting=turn.opened_at is not None,
            listening=not turn.muted,
        )

    def after(self, event: Event) -> "World":
        """The world in which `event` has just happened."""
        match event:
            case SpeechStarted(draft) if draft == self.answer and not self.heard:
                return replace(self, heard=True, sounding=True)
            case SpeechFinished(draft) if draft == self.answer:
                return replace(self, sounding=False, done=True)
        return self

    def having_done(self, *commands: Command) -> "World":
        """Carry them out in order, as the driver would, and hold them to their promises."""
        world = self
        for command in commands:
            world = CARRY_OUT[type(command)](world, command)
        return world


def _start(world: World, command: StartDraft | StartTypedDraft | StartAnnouncement) -> World:
    assert world.draft is None, "a draft is started while another is under way"
    assert world.answer is None or world.held, "a draft is started while an answer is under way"
    assert command.draft == world.last + 1, "a draft's number is used again, or one is left out"
    assert world.collecting == isinstance(command, StartDraft), "audio is collected for spoken turns, and only for them"
    assert world.listening or not isinstance(command, StartDraft), "something is transcribed while muted"
    return replace(world, last=command.draft, draft=command.draft)


def _drop(world: World, command: DropDraft) -> World:
    assert world.draft == command.draft, "a draft is dropped that is not held back"
    return replace(world, draft=None)


def _commit(world: World, command: Commit) -> World:
    assert world.draft == command.draft, "a draft is committed that is not held back"
    assert world.answer is None, "an answer is committed while another is under way"
    return replace(world, draft=None, answer=command.draft)


def _cancel(world: World, command: Cancel) -> World:
    assert world.answer == command.draft, "an answer is cancelled that is not under way"
    assert not world.sounding, "an answer is cancelled while it still sounds"
    return world


def _remember(world: World, command: Remember) -> World:
    assert world.answer == command.draft, "an answer is remembered that is not under way"
    assert not world.sounding, "an answer is remembered while it still sounds: what was heard is not known yet"
    assert world.heard or world.done, "an answer is remembered of which nothing was heard"
    return replace(world, answer=None, heard=False, done=False)


def _revoke(world: World, command: Revoke) -> World:
    assert world.answer == command.draft, "an answer is revoked that is not under way"
    assert not world.sounding, "an answer is revoked while it still sounds"
    assert not world.done, "an answer is revoked that came to its own end"
    return replace(world, answer=None, heard=False)


def _silence(world: World, command: Silence) -> World:
    assert world.sounding or world.held, "the loudspeaker is silenced while nothing sounds"
    return replace(world, sounding=False, ducked=False, held=False)


def _hold(world: World, command: Hold) -> World:
    assert world.answer is not None, "something is held that is no answer"
    assert not world.held, "an answer is held twice"
    return replace(world, ducked=False, held=True)


def _resume(world: World, command: Resume) -> World:
    assert world.held, "an answer goes on that was not held"
    return replace(world, held=False)


def _duck(world: World, command: Duck) -> World:
    assert world.sounding, "a voice is lowered that does not sound"
    assert not world.ducked, "a voice is lowered that is low already"
    return replace(world, ducked=True)


def _unduck(world: World, command: Unduck) -> World:
    assert world.ducked, "a voice is raised that is not low"
    return replace(world, ducked=False)


def _open_turn(world: World, command: OpenTurn) -> World:
    assert not world.collecting, "a turn is opened that is open"
    assert world.listening, "a turn is opened while muted"
    return replace(world, collecting=True)


def _close_turn(world: World, command: CloseTurn) -> World:
    assert world.collecting, "a turn is closed that is not open"
    return replace(world, collecting=False)


def _close_microphone(world: World, command: CloseMicrophone) -> World:
    return replace(world, listening=False)


def _open_microphone(world: World, command: OpenMicrophone) -> World:
    return replace(world, listening=True)


CARRY_OUT: dict[type[Command], Callable[[World, Command], World]] = {
    StartDraft: _start,
    StartTypedDraft: _start,
    StartAnnouncement: _start,
    DropDraft: _drop,
    Commit: _commit,
    Cancel: _cancel,
    Remember: _remember,
    Revoke: _revoke,
    Silence: _silence,
    Hold: _hold,
    Resume: _resume,
    Duck: _duck,
    Unduck: _unduck,
    OpenTurn: _open_turn,
    CloseTurn: _close_turn,
    CloseMicrophone: _close_microphone,
    OpenMicrophone: _open_microphone,
}
