"""A voice over the agent's, or before its answer: a part of the table, for rules 3, 4 and 5 of `turn.py`."""

from dataclasses import replace
from typing import Final

from edge_agent.base.events import (
    DraftEmpty,
    Event,
    FloorTaken,
    Muted,
    Overheard,
    ReplyFailed,
    SpeechFinished,
    SpeechStarted,
    Tick,
    VoiceStarted,
    VoiceStopped,
)
from edge_agent.base.settings import FloorSettings
from edge_agent.talk.floor.commands import (
    Cancel,
    Commit,
    DropDraft,
    Duck,
    Hold,
    Remember,
    Resume,
    Revoke,
    Silence,
    StartDraft,
    Unduck,
)
from edge_agent.talk.floor.exchange import the_answer_begins
from edge_agent.talk.floor.overlap import acknowledges, added, interrupts, mumbles
from edge_agent.talk.floor.rules import confirm_s, postpone, told
from edge_agent.talk.floor.state import (
    State,
    Step,
    Turn,
    abandon,
    close,
    cut_off,
    go_on,
    hear,
    hear_on,
    listen,
    pause,
    speak,
    think,
)
from edge_agent.talk.floor.table import Part

MOMENT_S: Final = 0.4
"""A hold that is shorter leaves the sentence in the ear: its listener needs no word of it again."""

PART: Final = Part()
_on = PART.on

# A voice begins.


@_on(VoiceStarted, State.THINKING, to=(State.HELD,))
def _a_voice_before_the_answer(turn: Turn, event: VoiceStarted, now: float, policy: FloorSettings) -> Step:
    """Nothing sounds, so there is nothing to lower."""
    return _hold(turn, event.position, 0.0, now, policy)


@_on(VoiceStarted, State.SPEAKING, to=(State.DUCKED,))
def _a_voice_over_ours(turn: Turn, event: VoiceStarted, now: float, policy: FloorSettings) -> Step:
    wake_at = now + policy.hold_ms / 1000
    return replace(turn, state=State.DUCKED, onset=event.position, wake_at=wake_at), (Duck(),)


@_on(VoiceStopped, State.DUCKED, to=(State.SPEAKING,))
def it_was_short(turn: Turn, event: VoiceStopped | Muted, now: float, policy: FloorSettings) -> Step:
    speaking, commands = speak(turn, now, policy)
    return speaking, (Unduck(), *commands)


@_on(Tick, State.DUCKED, to=(State.HELD,))
def _it_lasts(turn: Turn, event: Tick, now: float, policy: FloorSettings) -> Step:
    return _hold(turn, turn.onset, policy.hold_ms / 1000, now, policy)


@_on(FloorTaken, State.DUCKED, to=(State.HEARING,))
@_on(ReplyFailed, State.DUCKED, to=(State.HEARING,))
def _the_user_takes_the_floor(turn: Turn, event: Event, now: float, policy: FloorSettings) -> Step:
    if turn.fresh_until is not None:
        hearing, commands = hear(postpone(turn), turn.onset, now, policy)
        taken_back = replace(hearing, taken_back=turn.taken_back + 1)
        return taken_back, (Silence(), Revoke(turn.answer), *commands)
    hearing, commands = hear(turn, turn.onset, now, policy)
    return hearing, (*cut_off(turn), *commands)


@_on(SpeechFinished, State.DUCKED, to=(State.HEARING,))
def _the_agent_was_done_anyway(turn: Turn, event: SpeechFinished, now: float, policy: FloorSettings) -> Step:
    """All of the answer was heard, so what the voice says is said to it: a turn of its own."""
    hearing, commands = hear(listen(turn), turn.onset, now, policy)
    return hearing, (Unduck(), Remember(turn.answer), *close(turn), *commands)


# It lasts: the answer is held, and what is said is made out.


def _hold(turn: Turn, position: int, lasted_s: float, now: float, policy: FloorSettings) -> Step:
    """A voice has lasted for `lasted_s`. The turn that it may belong to grows; where there is none, one is opened."""
    early = turn.state is State.THINKING or turn.fresh_until is not None
    hearing, commands = hear(turn, position, now, policy)
    held = replace(
        turn, state=State.HELD, opened_at=hearing.opened_at, revision=hearing.revision, held_at=now, early=early
    )
    return replace(held, wake_at=now + max(0.0, confirm_s(held, policy) - lasted_s)), (Hold(), *commands)


@_on(SpeechStarted, State.HELD, State.WEIGHED)
def _it_had_just_begun(turn: Turn, event: SpeechStarted, now: float, policy: FloorSettings) -> Step:
    """Some milliseconds went out before the loudspeaker obeyed."""
    if not turn.early:
        return turn, ()
    begun, _ = the_answer_begins(turn, event, now, policy)
    return replace(turn, fresh_until=begun.fresh_until, early=begun.fresh_until is not None), ()


@_on(VoiceStopped, State.HELD, to=(State.WEIGHED,))
def _the_words_are_weighed(turn: Turn, event: VoiceStopped, now: float, policy: FloorSettings) -> Step:
    draft = turn.draft + 1
    wake_at = now + policy.unsure_cap_ms / 1000
    silent_since = now - event.silence_s
    weighed = replace(turn, state=State.WEIGHED, draft=draft, silent_since=silent_since, wake_at=wake_at)
    return weighed, (StartDraft(draft),)


@_on(VoiceStarted, State.WEIGHED, to=(State.HELD,))
def _the_voice_returns(turn: Turn, event: VoiceStarted, now: float, policy: FloorSettings) -> Step:
    wake_at = now + confirm_s(turn, policy)
    held = replace(turn, state=State.HELD, revision=turn.revision + 1, silent_since=None, wake_at=wake_at)
    return held, (DropDraft(turn.draft),)


@_on(Overheard, State.HELD, to=(State.HELD, State.HEARING))
def _it_is_glanced_at(turn: Turn, event: Overheard, now: float, policy: FloorSettings) -> Step:
    if interrupts(_said_over(turn, event), event.heard, final=False):
        return _it_is_an_interruption(turn, event, now, policy)
    return turn, ()


@_on(Overheard, State.WEIGHED, to=(State.WEIGHED, State.PAUSED, State.SPEAKING, State.THINKING, State.LISTENING))
def _its_words_are_known(turn: Turn, event: Overheard, now: float, policy: FloorSettings) -> Step:
    final, words = event.draft is not None, _said_over(turn, event)
    if interrupts(words, event.heard, final=final):
        return _it_is_an_interruption(turn, event, now, policy)
    if final and told(turn).acknowledged and not turn.early and acknowledges(words, event.heard):
        silence = Silence(), Cancel(turn.answer), Remember(turn.answer, settled=True)
        return listen(turn), (*silence, DropDraft(turn.draft), *close(turn))
    if final and not turn.early and mumbles(event.doubted, event.voice_s, event.heard):
        return abandon(turn)  # Somebody wants the floor; there is nothing to answer.
    return it_is_none(turn, event, now, policy) if final else (turn, ())


def _said_over(turn: Turn, event: Overheard) -> str:
    return added(event.text, event.asked) if turn.early else event.text


@_on(Tick, State.HELD, to=(State.HEARING,))
@_on(FloorTaken, State.HELD, to=(State.HEARING,))
@_on(ReplyFailed, State.HELD, to=(State.HEARING,))
@_on(DraftEmpty, State.HELD, to=(State.HEARING,))
def _it_is_an_interruption(turn: Turn, event: Event, now: float, policy: FloorSettings) -> Step:
    after = postpone(turn) if turn.early else turn
    after = replace(after, taken_back=turn.taken_back + (turn.fresh_until is not None))
    return (hear_on if turn.state is State.HELD else pause)(after, policy), cut_off(turn)


@_on(Tick, State.WEIGHED, to=(State.SPEAKING, State.THINKING))
def it_is_none(turn: Turn, event: Event, now: float, policy: FloorSettings) -> Step:
    assert turn.held_at is not None
    dropped = (DropDraft(turn.draft),) if turn.state is State.WEIGHED else ()
    resume = Resume(again=now - turn.held_at > MOMENT_S)
    after, commands = go_on(turn, now, policy)
    return after, (resume, *dropped, *commands)


@_on(DraftEmpty, State.WEIGHED, to=(State.PAUSED, State.SPEAKING, State.THINKING))
@_on(ReplyFailed, State.WEIGHED, to=(State.PAUSED, State.SPEAKING, State.THINKING))
def _one_of_the_two_ended(turn: Turn, event: DraftEmpty | ReplyFailed, now: float, policy: FloorSettings) -> Step:
    """Without the rest of the answer there is nothing to go on with; without the words they are none."""
    rule = _it_is_an_interruption if event.draft == turn.answer else it_is_none
    return rule(turn, event, now, policy)


@_on(FloorTaken, State.WEIGHED, to=(State.THINKING,))
def _the_interruption_is_over(turn: Turn, event: FloorTaken, now: float, policy: FloorSettings) -> Step:
    paused, commands = _it_is_an_interruption(turn, event, now, policy)
    return think(paused, turn.draft, now, policy), (*commands, Commit(turn.draft))


@_on(SpeechFinished, State.HELD, to=(State.HEARING,))
@_on(SpeechFinished, State.WEIGHED, to=(State.PAUSED,))
def _it_had_said_all(turn: Turn, event: SpeechFinished, now: float, policy: FloorSettings) -> Step:
    after, _ = _it_is_an_interruption(replace(turn, early=False), event, now, policy)
    return after, (Silence(), Remember(turn.answer))
