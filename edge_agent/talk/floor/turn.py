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
as commands. The driver carries them out in order and arms one timer, for `turn.wake_at`.

The rules themselves are in three files: a turn and its answer (`exchange.py`), a voice over the agent's
(`giving_way.py`), what comes from outside (`circumstances.py`). `TABLE` is all of them; docs/turn.md is drawn from it.
"""

from dataclasses import replace
from typing import Final

from edge_agent.base.events import (
    DraftEmpty,
    EndJudged,
    Event,
    Overheard,
    ReplyFailed,
    SpeechFinished,
    SpeechStarted,
    Tick,
    VoiceStarted,
    VoiceStopped,
)
from edge_agent.base.settings import FloorSettings
from edge_agent.talk.floor import circumstances, exchange, giving_way
from edge_agent.talk.floor.state import State, Step, Turn, announce
from edge_agent.talk.floor.table import Entry

TABLE: Final[dict[tuple[State, type[Event]], Entry]] = exchange.PART | giving_way.PART | circumstances.PART
"""Every (state, event) that means something; any other pair changes nothing."""


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
        after, announcement = announce(replace(after, waiting=after.waiting[1:]), after.waiting[0], now, policy)
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
