"""Who holds the floor: the pure core of turn-taking.

The policy, in the order in which a conversation meets it:

1. A pause is not an end. When the voice stops, a *draft* of the answer is begun and held back; the draft is committed
   when the pause has lasted as long as the endpointer asks for (`silence_ms` while it has not spoken). If the voice
   returns first, the draft is dropped and the same turn goes on, one revision older.
2. A noise is not a turn. A draft without words is dropped and nobody answers.
3. An answer may be taken back until `merge_ms` after its first sound: a voice then means that the user was not done.
   People need about 600 ms to plan a single word (Levinson and Torreira 2015), so who begins so soon had decided to
   before hearing us: he was going on, and did not react. The loudspeaker falls silent, the answer is revoked, effects
   undone, and the turn goes on with its words and its audio, to be answered whole. That is, if the
   voice adds words to the question, or lasts; until then the answer is only held back (rule 4), and the work on it goes
   on. A cough costs a moment, never the answer.
4. A noise is not an interruption either, nor is "mm-hm" (`overlap.py`). A voice over the agent's lowers it at once. One
   that is over within `hold_ms` gives the loudness back; for one that lasts the answer is *held*: silent at the sample,
   the rest kept, while what is said is made out. Words that are an interruption take the floor, and so does a voice
   that lasts for `confirm_ms`. Other words, none, or none in time give it back, and the agent goes on; it begins the
   clause again that was cut unless that was only a moment ago. How long, and which words, depends on what it is doing
   (`rules.py`): an alarm ends at an "okay", an answer does not.
5. Whoever takes the floor is heard at once: the loudspeaker falls silent before anything else is stopped.
6. What the agent wants to say of its own accord waits until nobody speaks and the audio device is there. What rule 3
   takes back, or the loss of the device cuts off, is said later. An answer that had not begun when the device was lost
   waits for it, too, but not beyond its own deadline.
7. Every state but LISTENING has a deadline, so nothing that gets lost (an engine, a device, an event) can hang the
   conversation; an answer that fails is said to have failed.
8. Muted means deaf: whatever is heard changes nothing.

    user   [voice][pause][voice][pause.....]                       [voice....
    draft         [1 dropped]   [2 .. commit]
    agent                                [reply ...ducked][held][silent]

No clock, I/O or randomness lives here. `now` (s, monotonic) comes in with every event; what the world must do goes out
as commands. The driver carries them out in order and arms one timer, for `turn.wake_at`. The machine's diagram in the
documentation is drawn from `TABLE`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from edge_agent.base.events import (
    Announced,
    DeviceLost,
    DeviceRestored,
    DraftEmpty,
    EndJudged,
    Event,
    FloorTaken,
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
from edge_agent.base.settings import FloorSettings
from edge_agent.talk.floor.commands import (
    Cancel,
    CloseMicrophone,
    Command,
    Commit,
    DropDraft,
    Duck,
    Hold,
    OpenMicrophone,
    Remember,
    Resume,
    Revoke,
    Silence,
    StartAnnouncement,
    StartDraft,
    StartTypedDraft,
    Unduck,
)
from edge_agent.talk.floor.overlap import acknowledges, added, interrupts, mumbles
from edge_agent.talk.floor.rules import APOLOGY, confirm_s, told
from edge_agent.talk.floor.state import (
    ALL,
    OF_A_VOICE,
    State,
    Step,
    Turn,
    abandon,
    close,
    cut_off,
    go_on,
    hear,
    hear_on,
    keeps_question,
    listen,
    pause,
    speak,
    think,
)

WAITING_MAX: Final = 8
"""Announcements kept while somebody speaks. More than a handful of alarms at once is noise; the oldest goes."""

TAKEN_BACK_MAX: Final = 2
"""Answers in a row that rule 3 takes back while they sound. Nobody goes on so often; an echo would, and for ever."""

GONE_WITH_ITS_DEVICE: Final = tuple(state for state in ALL if state not in (State.PAUSED, State.THINKING))
"""States whose turn is over when nothing is heard any more: it was not said, or not answered, to its end."""

MOMENT_S: Final = 0.4
"""A hold that is shorter leaves the sentence in the ear: its listener needs no word of it again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table: what happens, and where it may lead."""

    rule: Callable[[Turn, Any, float, FloorSettings], Step]
    to: tuple[State, ...]
    """Where the rule leads. Where that is LISTENING and something waits to be said, `step` goes on to THINKING."""


TABLE: Final[dict[tuple[State, type[Event]], Entry]] = {}
"""Every (state, event) that means something; any other pair changes nothing."""

R = TypeVar("R", bound=Callable[[Turn, Any, float, FloorSettings], Step])


def step(turn: Turn, event: Event, now: float, policy: FloorSettings) -> Step:
    """Return the turn after `event`, and what the world must do about it, in order."""
    if _is_late(turn, event):
        return turn, ()
    if isinstance(event, VoiceStarted | VoiceStopped) and turn.muted:
        return turn, ()  # Rule 8. The ear is closed as well; this holds even for what was under way.
    if isinstance(event, Tick) and (turn.wake_at is None or now < turn.wake_at):
        return turn, ()
    entry = TABLE.get((turn.state, type(event)))
    if entry is None:
        return turn, ()
    after, commands = entry.rule(turn, event, now, policy)
    if after.state is State.LISTENING and after.waiting and not after.away:  # Rule 6.
        after, announcement = _announce(replace(after, waiting=after.waiting[1:]), after.waiting[0], now, policy)
        return after, commands + announcement
    return after, commands


def _is_late(turn: Turn, event: Event) -> bool:
    """Whether it belongs to a draft or an answer that was dropped, revoked or finished."""
    draft = turn.draft if turn.state in (State.PAUSED, State.WEIGHED) else turn.answer
    match event:
        case EndJudged(number):
            return number != draft
        case DraftEmpty(number) | ReplyFailed(number):
            return number not in (draft, turn.answer)
        case Overheard(draft=number):
            return number not in (None, draft)
        case SpeechStarted(number) | SpeechFinished(number):
            return number != turn.answer
    return False


def _on(event: type[Event], *states: State, to: tuple[State, ...] = ()) -> Callable[[R], R]:
    """Enter a rule into the table. Without `to`, the state stays what it is."""

    def enter(rule: R) -> R:
        for state in states:
            TABLE[state, event] = Entry(rule, to or (state,))
        return rule

    return enter


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


# The answer, while it may be taken back: rule 3.


@_on(VoiceStarted, State.THINKING, to=(State.HELD,))
def _a_voice_before_the_answer(turn: Turn, event: VoiceStarted, now: float, policy: FloorSettings) -> Step:
    """Nothing sounds, so there is nothing to lower."""
    return _hold(turn, event.position, 0.0, now, policy)


@_on(SpeechStarted, State.THINKING, to=(State.SPEAKING,))
def _the_answer_begins(turn: Turn, event: SpeechStarted, now: float, policy: FloorSettings) -> Step:
    """What was typed can't be gone on with aloud, so its answer is not taken back."""
    may_be_taken_back = (keeps_question(turn) or turn.announcing) and turn.taken_back < TAKEN_BACK_MAX
    fresh_until = now + policy.merge_ms / 1000 if may_be_taken_back else None
    return speak(replace(turn, fresh_until=fresh_until), now, policy)


@_on(SpeechStarted, State.HELD, State.WEIGHED)
def _it_had_just_begun(turn: Turn, event: SpeechStarted, now: float, policy: FloorSettings) -> Step:
    """Some milliseconds went out before the loudspeaker obeyed."""
    if not turn.early:
        return turn, ()
    begun, _ = _the_answer_begins(turn, event, now, policy)
    return replace(turn, fresh_until=begun.fresh_until, early=begun.fresh_until is not None), ()


@_on(SpeechFinished, State.THINKING, to=(State.LISTENING,))
def _there_was_nothing_to_say(turn: Turn, event: SpeechFinished, now: float, policy: FloorSettings) -> Step:
    return listen(turn), (Remember(turn.answer), *close(turn))


@_on(DraftEmpty, State.THINKING, to=(State.LISTENING,))
def _there_was_nothing_to_answer(turn: Turn, event: DraftEmpty, now: float, policy: FloorSettings) -> Step:
    return abandon(turn)


# The answer, aloud: rules 4 and 5.


@_on(VoiceStarted, State.SPEAKING, to=(State.DUCKED,))
def _a_voice_over_ours(turn: Turn, event: VoiceStarted, now: float, policy: FloorSettings) -> Step:
    wake_at = now + policy.hold_ms / 1000
    return replace(turn, state=State.DUCKED, onset=event.position, wake_at=wake_at), (Duck(),)


@_on(VoiceStopped, State.DUCKED, to=(State.SPEAKING,))
def _it_was_short(turn: Turn, event: VoiceStopped | Muted, now: float, policy: FloorSettings) -> Step:
    speaking, commands = speak(turn, now, policy)
    return speaking, (Unduck(), *commands)


@_on(Tick, State.DUCKED, to=(State.HELD,))
def _it_lasts(turn: Turn, event: Tick, now: float, policy: FloorSettings) -> Step:
    return _hold(turn, turn.onset, policy.hold_ms / 1000, now, policy)


@_on(FloorTaken, State.DUCKED, to=(State.HEARING,))
@_on(ReplyFailed, State.DUCKED, to=(State.HEARING,))
def _the_user_takes_the_floor(turn: Turn, event: Event, now: float, policy: FloorSettings) -> Step:
    if turn.fresh_until is not None:
        hearing, commands = hear(_postpone(turn), turn.onset, now, policy)
        taken_back = replace(hearing, taken_back=turn.taken_back + 1)
        return taken_back, (Silence(), Revoke(turn.answer), *commands)
    hearing, commands = hear(turn, turn.onset, now, policy)
    return hearing, (*cut_off(turn), *commands)


@_on(SpeechFinished, State.DUCKED, to=(State.HEARING,))
def _the_agent_was_done_anyway(turn: Turn, event: SpeechFinished, now: float, policy: FloorSettings) -> Step:
    """All of the answer was heard, so what the voice says is said to it: a turn of its own."""
    hearing, commands = hear(listen(turn), turn.onset, now, policy)
    return hearing, (Unduck(), Remember(turn.answer), *close(turn), *commands)


# Somebody speaks over it, and it is held: rules 3 and 4.


def _hold(turn: Turn, position: int, lasted_s: float, now: float, policy: FloorSettings) -> Step:
    """A voice has lasted for `lasted_s`. The turn that it may belong to grows; where there is none, one is opened."""
    early = turn.state is State.THINKING or turn.fresh_until is not None
    hearing, commands = hear(turn, position, now, policy)
    held = replace(
        turn, state=State.HELD, opened_at=hearing.opened_at, revision=hearing.revision, held_at=now, early=early
    )
    return replace(held, wake_at=now + max(0.0, confirm_s(held, policy) - lasted_s)), (Hold(), *commands)


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
    return _it_is_none(turn, event, now, policy) if final else (turn, ())


def _said_over(turn: Turn, event: Overheard) -> str:
    return added(event.text, event.asked) if turn.early else event.text


@_on(Tick, State.HELD, to=(State.HEARING,))
@_on(FloorTaken, State.HELD, to=(State.HEARING,))
@_on(ReplyFailed, State.HELD, to=(State.HEARING,))
@_on(DraftEmpty, State.HELD, to=(State.HEARING,))
def _it_is_an_interruption(turn: Turn, event: Event, now: float, policy: FloorSettings) -> Step:
    after = _postpone(turn) if turn.early else turn
    after = replace(after, taken_back=turn.taken_back + (turn.fresh_until is not None))
    return (hear_on if turn.state is State.HELD else pause)(after, policy), cut_off(turn)


@_on(Tick, State.WEIGHED, to=(State.SPEAKING, State.THINKING))
def _it_is_none(turn: Turn, event: Event, now: float, policy: FloorSettings) -> Step:
    assert turn.held_at is not None
    dropped = (DropDraft(turn.draft),) if turn.state is State.WEIGHED else ()
    resume = Resume(again=now - turn.held_at > MOMENT_S)
    after, commands = go_on(turn, now, policy)
    return after, (resume, *dropped, *commands)


@_on(DraftEmpty, State.WEIGHED, to=(State.PAUSED, State.SPEAKING, State.THINKING))
@_on(ReplyFailed, State.WEIGHED, to=(State.PAUSED, State.SPEAKING, State.THINKING))
def _one_of_the_two_ended(turn: Turn, event: DraftEmpty | ReplyFailed, now: float, policy: FloorSettings) -> Step:
    """Without the rest of the answer there is nothing to go on with; without the words they are none."""
    rule = _it_is_an_interruption if event.draft == turn.answer else _it_is_none
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


# Nobody does.


@_on(Tick, State.SPEAKING, to=(State.SPEAKING, State.LISTENING))
def _the_answer_is_not_taken_back(turn: Turn, event: Tick, now: float, policy: FloorSettings) -> Step:
    """Or the loudspeaker never reports its end."""
    return speak(turn, now, policy) if turn.fresh_until is not None else abandon(turn)


@_on(SpeechFinished, State.SPEAKING, to=(State.LISTENING,))
def _the_answer_is_over(turn: Turn, event: SpeechFinished, now: float, policy: FloorSettings) -> Step:
    return listen(turn), (Remember(turn.answer), *close(turn))


@_on(FloorTaken, State.THINKING, State.SPEAKING, to=(State.LISTENING,))
def _the_owner_wants_silence(turn: Turn, event: FloorTaken, now: float, policy: FloorSettings) -> Step:
    return abandon(replace(turn, waiting=()))


@_on(DeviceLost, *GONE_WITH_ITS_DEVICE, to=(State.LISTENING,))
def _enough(turn: Turn, event: DeviceLost, now: float, policy: FloorSettings) -> Step:
    return abandon(replace(_postpone(turn), away=True))


@_on(DeviceLost, State.PAUSED)
@_on(DeviceLost, State.THINKING, to=(State.THINKING, State.LISTENING))
def _the_answer_waits_for_the_device(turn: Turn, event: DeviceLost, now: float, policy: FloorSettings) -> Step:
    """All was said and nothing answered yet: most losses are over before the answer is due."""
    return _enough(turn, event, now, policy) if told(turn).later else (replace(turn, away=True), ())


@_on(DeviceRestored, *ALL)
def _the_device_is_back(turn: Turn, event: DeviceRestored, now: float, policy: FloorSettings) -> Step:
    return replace(turn, away=False), ()


# What goes wrong: rule 7.


@_on(ReplyFailed, State.PAUSED, to=(State.THINKING,))
@_on(ReplyFailed, State.THINKING, State.SPEAKING, to=(State.THINKING, State.LISTENING))
@_on(Tick, State.THINKING, to=(State.THINKING, State.LISTENING))
def _the_answer_failed(turn: Turn, event: ReplyFailed | Tick, now: float, policy: FloorSettings) -> Step:
    listening, commands = abandon(turn)
    if turn.announcing:
        return listening, commands  # An apology that fails is not apologised for.
    apologising, announcement = _announce(listening, APOLOGY, now, policy)
    return apologising, commands + announcement


# What the owner does, and what the agent says of its own accord: rules 6 and 8.


@_on(Typed, *ALL, to=(State.THINKING,))
def _a_turn_is_typed(turn: Turn, event: Typed, now: float, policy: FloorSettings) -> Step:
    early = turn.early or turn.state is State.THINKING
    listening, commands = abandon(_postpone(turn) if early else turn)
    draft = turn.draft + 1
    return think(listening, draft, now, policy), (*commands, StartTypedDraft(draft, event.text), Commit(draft))


@_on(Announced, *ALL)
def _something_to_say(turn: Turn, event: Announced, now: float, policy: FloorSettings) -> Step:
    return replace(turn, waiting=(*turn.waiting, event.text)[-WAITING_MAX:]), ()


@_on(Muted, State.LISTENING, State.THINKING, State.SPEAKING)
@_on(Muted, State.HEARING, State.PAUSED, to=(State.LISTENING,))
@_on(Muted, State.DUCKED, to=(State.SPEAKING,))
@_on(Muted, State.HELD, State.WEIGHED, to=(State.SPEAKING, State.THINKING))
def _the_ear_is_closed(turn: Turn, event: Muted, now: float, policy: FloorSettings) -> Step:
    muted = replace(turn, muted=True)
    commands: tuple[Command, ...] = ()
    if turn.state is State.DUCKED:
        muted, commands = _it_was_short(muted, event, now, policy)
    elif turn.held_at is not None:
        muted, commands = _it_is_none(muted, event, now, policy)
    elif turn.state in OF_A_VOICE:
        muted, commands = abandon(muted)
    return muted, (CloseMicrophone(), *commands)


@_on(Unmuted, *ALL)
def _the_ear_is_opened(turn: Turn, event: Unmuted, now: float, policy: FloorSettings) -> Step:
    return replace(turn, muted=False), (OpenMicrophone(),)


# The agent's own words.


def _announce(turn: Turn, text: str, now: float, policy: FloorSettings) -> Step:
    draft = turn.draft + 1
    thinking = replace(think(turn, draft, now, policy), announcing=text)
    return thinking, (StartAnnouncement(draft, text), Commit(draft))


def _postpone(turn: Turn) -> Turn:
    """What nobody heard, or not to its end, is said later, if that makes sense."""
    if not told(turn).later:
        return turn
    return replace(turn, waiting=(turn.announcing, *turn.waiting)[-WAITING_MAX:])
