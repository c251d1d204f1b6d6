"""What comes from outside, whoever speaks: a part of the table, for rules 6 and 8 of `turn.py`."""

from dataclasses import replace
from typing import Final

from edge_agent.base.events import Announced, DeviceLost, DeviceRestored, FloorTaken, Muted, Typed, Unmuted
from edge_agent.base.settings import FloorSettings
from edge_agent.talk.floor.commands import CloseMicrophone, Command, Commit, OpenMicrophone, StartTypedDraft
from edge_agent.talk.floor.giving_way import it_is_none, it_was_short
from edge_agent.talk.floor.rules import WAITING_MAX, postpone, told
from edge_agent.talk.floor.state import ALL, OF_A_VOICE, State, Step, Turn, abandon, think
from edge_agent.talk.floor.table import Part

GONE_WITH_ITS_DEVICE: Final = tuple(state for state in ALL if state not in (State.PAUSED, State.THINKING))
"""States whose turn is over when nothing is heard any more: it was not said, or not answered, to its end."""

PART: Final = Part()
_on = PART.on

# What the owner does, and what the agent says of its own accord.


@_on(Typed, *ALL, to=(State.THINKING,))
def _a_turn_is_typed(turn: Turn, event: Typed, now: float, policy: FloorSettings) -> Step:
    early = turn.early or turn.state is State.THINKING
    listening, commands = abandon(postpone(turn) if early else turn)
    draft = turn.draft + 1
    return think(listening, draft, now, policy), (*commands, StartTypedDraft(draft, event.text), Commit(draft))


@_on(Announced, *ALL)
def _something_to_say(turn: Turn, event: Announced, now: float, policy: FloorSettings) -> Step:
    return replace(turn, waiting=(*turn.waiting, event.text)[-WAITING_MAX:]), ()


@_on(FloorTaken, State.THINKING, State.SPEAKING, to=(State.LISTENING,))
def _the_owner_wants_silence(turn: Turn, event: FloorTaken, now: float, policy: FloorSettings) -> Step:
    return abandon(replace(turn, waiting=()))


@_on(Muted, State.LISTENING, State.THINKING, State.SPEAKING)
@_on(Muted, State.HEARING, State.PAUSED, to=(State.LISTENING,))
@_on(Muted, State.DUCKED, to=(State.SPEAKING,))
@_on(Muted, State.HELD, State.WEIGHED, to=(State.SPEAKING, State.THINKING))
def _the_ear_is_closed(turn: Turn, event: Muted, now: float, policy: FloorSettings) -> Step:
    muted = replace(turn, muted=True)
    commands: tuple[Command, ...] = ()
    if turn.state is State.DUCKED:
        muted, commands = it_was_short(muted, event, now, policy)
    elif turn.held_at is not None:
        muted, commands = it_is_none(muted, event, now, policy)
    elif turn.state in OF_A_VOICE:
        muted, commands = abandon(muted)
    return muted, (CloseMicrophone(), *commands)


@_on(Unmuted, *ALL)
def _the_ear_is_opened(turn: Turn, event: Unmuted, now: float, policy: FloorSettings) -> Step:
    return replace(turn, muted=False), (OpenMicrophone(),)


# What becomes of the audio device.


@_on(DeviceLost, *GONE_WITH_ITS_DEVICE, to=(State.LISTENING,))
def _enough(turn: Turn, event: DeviceLost, now: float, policy: FloorSettings) -> Step:
    return abandon(replace(postpone(turn), away=True))


@_on(DeviceLost, State.PAUSED)
@_on(DeviceLost, State.THINKING, to=(State.THINKING, State.LISTENING))
def _the_answer_waits_for_the_device(turn: Turn, event: DeviceLost, now: float, policy: FloorSettings) -> Step:
    """All was said and nothing answered yet: most losses are over before the answer is due."""
    return _enough(turn, event, now, policy) if told(turn).later else (replace(turn, away=True), ())


@_on(DeviceRestored, *ALL)
def _the_device_is_back(turn: Turn, event: DeviceRestored, now: float, policy: FloorSettings) -> Step:
    return replace(turn, away=False), ()
