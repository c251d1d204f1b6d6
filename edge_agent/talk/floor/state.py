"""Where a conversation stands: the states of the turn machine, and what it takes to enter each.

A `Turn` is legal when its fields mean what stands below them; every function here makes a legal turn of a legal one.
Where a command is due whenever a state is entered, it is returned along. When to enter which is `turn.py`'s to say.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from edge_agent.base.settings import FloorSettings
from edge_agent.talk.floor.commands import (
    Cancel,
    CloseTurn,
    Command,
    Commit,
    DropDraft,
    OpenTurn,
    Remember,
    Revoke,
    Silence,
    StartAnnouncement,
)


class State(Enum):
    """Who speaks."""

    LISTENING = "listening"  # nobody
    HEARING = "hearing"  # the user
    PAUSED = "paused"  # the user paused; a draft is under way, `wake_at` decides that this was the end
    THINKING = "thinking"  # the draft is committed, its first sound has not come yet
    SPEAKING = "speaking"  # the agent
    DUCKED = "ducked"  # both: the agent softly; `wake_at` decides that its answer is held
    HELD = "held"  # the user, while an answer is held; `wake_at` decides that this is an interruption
    WEIGHED = "weighed"  # nobody: that voice stopped, its words are made out; `wake_at` decides that they never are


ALL: Final = tuple(State)
OF_A_VOICE: Final = (State.HEARING, State.PAUSED, State.DUCKED, State.HELD, State.WEIGHED)
"""States that only a voice can lead to; a muted agent is in none of them."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Where the conversation stands."""

    state: State = State.LISTENING
    draft: int = 0
    """The number last drawn; it belongs to the draft in PAUSED and WEIGHED."""
    answer: int = 0
    """The number of the answer that is committed, from THINKING until it is over; 0 while there is none."""
    revision: int = 0
    """How often the user's turn has grown since it was opened."""
    wake_at: float | None = None
    """s, monotonic; set in every state but LISTENING."""
    opened_at: float | None = None
    """s, monotonic; when the user's turn began. Set while its audio is kept: until its answer can't be taken back."""
    silent_since: float | None = None
    """s, monotonic; when the voice stopped. Set only in PAUSED and WEIGHED."""
    fresh_until: float | None = None
    """s, monotonic; a voice that begins before this takes back the answer, although it sounds. Set while one may."""
    taken_back: int = 0
    """How many answers in a row were taken back although they sounded."""
    held_at: float | None = None
    """s, monotonic; since when the answer is held. Set only in HELD and WEIGHED."""
    early: bool = False
    """Whether the voice came so early that the user may not have been done: the answer is then taken back, not cut off.
    Set only in HELD and WEIGHED."""
    onset: int = 0
    """Position of the voice that speaks over the agent. Means something only in DUCKED."""
    announcing: str = ""
    """What the agent says of its own accord; empty while it answers somebody."""
    waiting: tuple[str, ...] = ()
    """What it still has to say of its own accord, oldest first."""
    muted: bool = False
    away: bool = False
    """Whether the audio device is gone: nothing that is said now is heard."""


Step = tuple[Turn, tuple[Command, ...]]


def listen(turn: Turn) -> Turn:
    """Nobody speaks."""
    return replace(
        turn,
        state=State.LISTENING,
        answer=0,
        wake_at=None,
        opened_at=None,
        silent_since=None,
        fresh_until=None,
        held_at=None,
        early=False,
        announcing="",
    )


def hear(turn: Turn, position: int, now: float, policy: FloorSettings) -> Step:
    """The user speaks: their turn is opened, or grows if it is open already."""
    if turn.opened_at is None:
        return hear_on(replace(turn, opened_at=now, revision=0), policy), (OpenTurn(position),)
    return hear_on(replace(turn, revision=turn.revision + 1), policy), ()


def hear_on(turn: Turn, policy: FloorSettings) -> Turn:
    """The user speaks, in the turn that is open."""
    assert turn.opened_at is not None
    wake_at = turn.opened_at + policy.turn_cap_s
    return replace(listen(turn), state=State.HEARING, opened_at=turn.opened_at, wake_at=wake_at)


def pause(turn: Turn, policy: FloorSettings) -> Turn:
    """The user has been silent since `turn.silent_since`."""
    assert turn.silent_since is not None
    return replace(
        listen(turn),
        state=State.PAUSED,
        opened_at=turn.opened_at,
        silent_since=turn.silent_since,
        wake_at=turn.silent_since + policy.silence_ms / 1000,
    )


def think(turn: Turn, draft: int, now: float, policy: FloorSettings) -> Turn:
    """`draft` is committed."""
    wake_at = now + policy.reply_timeout_s
    return replace(turn, state=State.THINKING, draft=draft, answer=draft, wake_at=wake_at, silent_since=None)


def announce(turn: Turn, text: str, now: float, policy: FloorSettings) -> Step:
    """The agent is about to say something of its own accord."""
    draft = turn.draft + 1
    thinking = replace(think(turn, draft, now, policy), announcing=text)
    return thinking, (StartAnnouncement(draft, text), Commit(draft))


def go_on(turn: Turn, now: float, policy: FloorSettings) -> Step:
    """An answer that was held goes on: it sounds, or is waited for. The question's audio is kept while it may grow."""
    closing = () if keeps_question(turn) else close(turn)
    free = replace(turn, silent_since=None, held_at=None, early=False)
    if closing:
        free = replace(free, opened_at=None, fresh_until=turn.fresh_until if turn.announcing else None)
    if turn.early and turn.fresh_until is None:
        return replace(think(free, turn.answer, now, policy), draft=turn.draft), closing
    speaking, commands = speak(free, now, policy)
    return speaking, (*closing, *commands)


def keeps_question(turn: Turn) -> bool:
    """Whether the audio that is kept is that of the question, and not only of the voice over its answer."""
    return not turn.announcing and turn.opened_at not in (None, turn.held_at)


def speak(turn: Turn, now: float, policy: FloorSettings) -> Step:
    """The agent speaks. When its answer can't be taken back any more, the user's audio is not needed either."""
    if turn.fresh_until is not None and now < turn.fresh_until:
        return replace(turn, state=State.SPEAKING, wake_at=turn.fresh_until), ()
    wake_at = now + policy.speaking_cap_s
    speaking = replace(turn, state=State.SPEAKING, wake_at=wake_at, opened_at=None, fresh_until=None, taken_back=0)
    return speaking, close(turn)


def abandon(turn: Turn) -> Step:
    """Back to listening, from wherever: stop what sounds first, then what works, then forget what was collected."""
    ending: tuple[Command, ...] = ()
    match turn.state:
        case State.PAUSED:
            ending = (DropDraft(turn.draft),)
        case State.THINKING:
            ending = (Revoke(turn.answer),)
        case State.SPEAKING | State.DUCKED | State.HELD:
            ending = cut_off(turn)
        case State.WEIGHED:
            ending = (*cut_off(turn), DropDraft(turn.draft))
    return listen(turn), (*ending, *close(turn))


def cut_off(turn: Turn) -> tuple[Command, ...]:
    """End an answer that sounds, or is held: the loudspeaker first."""
    if turn.early:
        return Silence(), Revoke(turn.answer)
    return Silence(), Cancel(turn.answer), Remember(turn.answer)


def close(turn: Turn) -> tuple[Command, ...]:
    """Forget the user's audio, where it is kept."""
    return (CloseTurn(),) if turn.opened_at is not None else ()
