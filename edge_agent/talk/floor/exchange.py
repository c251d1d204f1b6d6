"""A turn and its answer, while nobody speaks over it: a part of the table, for rules 1, 2 and 7 of `turn.py`."""

from dataclasses import replace
from typing import Final

from edge_agent.base.events import (
    DraftEmpty,
    EndJudged,
    FloorTaken,
    ReplyFailed,
    SpeechFinished,
    SpeechStarted,
    Tick,
    VoiceStarted,
    VoiceStopped,
)
from edge_agent.base.settings import FloorSettings
from edge_agent.talk.floor.commands import Commit, DropDraft, Remember, StartDraft
from edge_agent.talk.floor.rules import APOLOGY
from edge_agent.talk.floor.state import (
    State,
    Step,
    Turn,
    abandon,
    announce,
    close,
    hear,
    keeps_question,
    listen,
    pause,
    speak,
    think,
)
from edge_agent.talk.floor.table import Part

TAKEN_BACK_MAX: Final = 2
"""Answers in a row that rule 3 takes back while they sound. Nobody goes on so often; an echo would, and for ever."""

PART: Final = Part()
_on = PART.on

# The user's turn, with pauses in it: rules 1 and 2.


@_on(VoiceStarted, State.LISTENING, to=(State.HEARING,))
def _a_turn_begins(turn: Turn, event: VoiceStarted, now: float, policy: FloorSettings) -> Step:
    return hear(turn, event.position, now, policy)


@_on(VoiceStopped, State.HEARING, to=(State.PAUSED,))
def _the_user_pauses(turn: Turn, event: VoiceStopped, now: float, policy: FloorSettings) -> Step:
    draft = turn.draft + 1
    return pause(replace(turn, draft=draft, silent_since=now - event.silence_s), policy), (StartDraft(draft),)


@_on(EndJudged, State.PAUSED)
def _the_pause_is_judged(turn: Turn, event: EndJudged, now: float, policy: FloorSettings) -> Step:
    assert turn.silent_since is not None
    wait_s = min(event.wait_s, policy.unsure_cap_ms / 1000)
    return replace(turn, wake_at=turn.silent_since + wait_s), ()


@_on(VoiceStarted, State.PAUSED, to=(State.HEARING,))
def _the_user_goes_on(turn: Turn, event: VoiceStarted, now: float, policy: FloorSettings) -> Step:
    hearing, commands = hear(turn, event.position, now, policy)
    return hearing, (DropDraft(turn.draft), *commands)


@_on(DraftEmpty, State.PAUSED, to=(State.LISTENING,))
def _it_was_a_noise(turn: Turn, event: DraftEmpty, now: float, policy: FloorSettings) -> Step:
    return abandon(turn)


@_on(Tick, State.PAUSED, to=(State.THINKING,))
@_on(FloorTaken, State.PAUSED, to=(State.THINKING,))
def _the_turn_is_over(turn: Turn, event: Tick | FloorTaken, now: float, policy: FloorSettings) -> Step:
    return think(turn, turn.draft, now, policy), (Commit(turn.draft),)


@_on(Tick, State.HEARING, to=(State.THINKING,))
@_on(FloorTaken, State.HEARING, to=(State.THINKING,))
def _the_turn_is_cut(turn: Turn, event: Tick | FloorTaken, now: float, policy: FloorSettings) -> Step:
    """It is longer than Whisper hears at once, or the owner says that this was all."""
    draft = turn.draft + 1
    return think(turn, draft, now, policy), (StartDraft(draft), Commit(draft))


# Its answer: rule 7. For how long rule 3 may take it back, is decided as it begins.


@_on(SpeechStarted, State.THINKING, to=(State.SPEAKING,))
def the_answer_begins(turn: Turn, event: SpeechStarted, now: float, policy: FloorSettings) -> Step:
    """What was typed can't be gone on with aloud, so its answer is not taken back."""
    may_be_taken_back = (keeps_question(turn) or turn.announcing) and turn.taken_back < TAKEN_BACK_MAX
    fresh_until = now + policy.merge_ms / 1000 if may_be_taken_back else None
    return speak(replace(turn, fresh_until=fresh_until), now, policy)


@_on(Tick, State.SPEAKING, to=(State.SPEAKING, State.LISTENING))
def _the_answer_is_not_taken_back(turn: Turn, event: Tick, now: float, policy: FloorSettings) -> Step:
    """Or the loudspeaker never reports its end."""
    return speak(turn, now, policy) if turn.fresh_until is not None else abandon(turn)


@_on(SpeechFinished, State.SPEAKING, to=(State.LISTENING,))
def _the_answer_is_over(turn: Turn, event: SpeechFinished, now: float, policy: FloorSettings) -> Step:
    return listen(turn), (Remember(turn.answer), *close(turn))


@_on(SpeechFinished, State.THINKING, to=(State.LISTENING,))
def _there_was_nothing_to_say(turn: Turn, event: SpeechFinished, now: float, policy: FloorSettings) -> Step:
    return listen(turn), (Remember(turn.answer), *close(turn))


@_on(DraftEmpty, State.THINKING, to=(State.LISTENING,))
def _there_was_nothing_to_answer(turn: Turn, event: DraftEmpty, now: float, policy: FloorSettings) -> Step:
    return abandon(turn)


@_on(ReplyFailed, State.PAUSED, to=(State.THINKING,))
@_on(ReplyFailed, State.THINKING, State.SPEAKING, to=(State.THINKING, State.LISTENING))
@_on(Tick, State.THINKING, to=(State.THINKING, State.LISTENING))
def _the_answer_failed(turn: Turn, event: ReplyFailed | Tick, now: float, policy: FloorSettings) -> Step:
    listening, commands = abandon(turn)
    if turn.announcing:
        return listening, commands  # An apology that fails is not apologised for.
    apologising, announcement = announce(listening, APOLOGY, now, policy)
    return apologising, commands + announcement
