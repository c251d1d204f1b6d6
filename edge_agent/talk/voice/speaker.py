"""Plays the answer: phrases go in as they are synthesised, blocks of samples come out as the device asks for them.

The policy:

1. Phrases are played in the order in which they came, with a breath between them: longer after a sentence than after
   a clause, and none between the pieces of one phrase. If the next phrase is late, the waiting counts as the breath; it
   is a gap, not the end.
2. The answer has begun when its first sample is rendered, and ended when its last one is, once nobody will add to it.
3. `duck` and `unduck` move the loudness along a ramp, so that nothing clicks. `dip` lowers it as much, and by itself
   only for a moment: at the first suspicion, before anybody knows whether it is a voice.
4. `silence` ends everything within a few milliseconds, and whatever else arrives for the answers of until then is
   refused. They end without `SpeechFinished`: whoever asked for silence knows.
5. `hold` falls silent as soon, and keeps everything; `resume` goes on at the sample, or from the clause that was cut.
   Nothing that is said twice is heard twice, and nothing ends while it is held.
6. What was heard is told from samples that were rendered, breaths left out. What the device still holds is its lead,
   which is shorter than half a word.

Threads: one thread calls `render` and `dip` (the audio thread), one other calls everything else (the event loop).
Orders travel through one deque, whose `append` and `popleft` are atomic, and take effect at the next block, in their
order. Every other field has a single writer and is a plain number or a switch, so no lock is needed, and nothing in
`render` waits, computes a filter or touches a file. `on_event` is called on the audio thread; it must only hand the
event over.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from edge_agent.base.events import SpeechFinished, SpeechStarted
from edge_agent.base.frames import RATE_HZ, Samples, Speech
from edge_agent.talk.voice import ledger
from edge_agent.talk.voice.breath import breath_s
from edge_agent.talk.voice.gain import Gain
from edge_agent.talk.voice.joined import Joined

AGAIN_MAX_S = 3.0
"""Furthest that `resume` goes back: what was said before is still in the listener's ear."""
RAMP_S = 0.01
"""Of the loudness when it changes: too short to be noticed as slow, too long to click."""
DIP_S = 0.2
"""Of a dip: until the next of the ear's chunks have told more."""
FADE_S = 0.005
"""Of the voice when it is silenced."""
ORDERS_MAX = 1024
"""Between two blocks there are a few. So many wait only where the audio thread stands still."""
QUEUE_MAX = 4096
"""Pieces that are still to be played: half an hour of speech."""


@dataclass(slots=True, eq=False)
class _Answer:
    """One draft that is being spoken."""

    draft: int
    book: list[ledger.Entry] = field(default_factory=list)  # written by the event loop
    length: int = 0  # samples handed in; written by the event loop
    begun: int = 0  # of these, when the phrase began that is not complete yet; written by the event loop
    phrase: Joined | None = None  # that phrase; written by the event loop
    said: str = ""  # its words so far; written by the event loop
    silenced: bool = False  # written by the event loop
    played: int = 0  # samples rendered, those that were said again left out; written by the audio thread


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    answer: _Answer
    start: int
    """Samples of the answer before it."""
    samples: Samples
    book: tuple[ledger.Entry, ...]
    ends: bool
    """Whether its phrase ends with it."""
    gap: int
    """Samples of breath after it."""


@dataclass(frozen=True, slots=True, eq=False)
class _End:
    answer: _Answer


class _Silence:
    """Drop everything that was ordered before this."""


class _Hold:
    """Play nothing more, and keep everything."""


@dataclass(frozen=True, slots=True)
class _Resume:
    again: bool


_Order = _Piece | _End | _Silence | _Hold | _Resume | Samples


class Speaker:
    """The voice's end of the audio stream."""

    def __init__(
        self, rate_hz: int, volume: float, duck_db: float, on_event: Callable[[SpeechStarted | SpeechFinished], None]
    ) -> None:
        self.volume = volume
        """Loudness, 0-1; may be set at any time."""
        self.rate_hz = rate_hz
        """Of the sound that `render` gives."""
        self._ducked_gain = 10 ** (duck_db / 20)
        self._on_event = on_event
        self._ducked = False
        self._answers: dict[int, _Answer] = {}  # the event loop's
        self.dropped = 0
        """Orders that were forgotten because nobody took them: the audio thread stands still."""
        self._orders: deque[_Order] = deque(maxlen=ORDERS_MAX)
        # From here on everything belongs to the audio thread.
        self._queue: deque[_Piece | _End] = deque(maxlen=QUEUE_MAX)
        self._at = 0  # samples of the queue's first piece that have been rendered
        self._said: list[_Piece] = []  # pieces of the phrase before that one
        self._breath = 0  # samples of silence that are still due before the next phrase
        self._held = False
        self._dipped = 0  # samples for which the voice is still lowered
        self._fading: Samples = np.zeros(0, np.float32)  # what goes out besides the queue
        self._ramp = max(1, round(RAMP_S * rate_hz))
        self._reach = round(AGAIN_MAX_S * rate_hz)
        self._gain = Gain(volume, self._ramp)

    # The event loop's side.

    def say(self, draft: int, speech: Speech, *, aside: bool = False) -> None:
        """Queue a phrase of `draft`, or a piece of one. An aside is spoken with the answer and is none of its words."""
        answer = self._answers.setdefault(draft, _Answer(draft))
        if answer.silenced:
            return
        if answer.phrase is None:
            answer.begun, answer.phrase, answer.said = answer.length, Joined(speech.rate_hz, self.rate_hz), ""
        start, (samples, lying) = answer.length, answer.phrase.add(speech)
        book = [] if aside else ledger.entries(speech, answer.begun + lying.start, lying.length, answer.said)
        answer.book += book
        answer.length += samples.size
        answer.said += speech.text
        gap_s = 0.0 if speech.continues else breath_s(speech.text)
        self._order(_Piece(answer, start, samples, tuple(book), not speech.continues, round(gap_s * self.rate_hz)))
        if not speech.continues:
            answer.phrase = None

    def finish(self, draft: int) -> None:
        """Say that no more phrases of `draft` will come."""
        answer = self._answers.setdefault(draft, _Answer(draft))
        if not answer.silenced:
            self._order(_End(answer))

    def duck(self) -> None:
        """Lower the voice."""
        self._ducked = True

    def unduck(self) -> None:
        """Back to full loudness."""
        self._ducked = False

    def hold(self) -> None:
        """Fall silent at the next block, and keep what was left to say."""
        self._order(_Hold())

    def resume(self, *, again: bool) -> None:
        """Undo `hold`: go on at the sample or, if `again`, from the clause that was cut."""
        self._order(_Resume(again))

    def chime(self, earcon: Callable[[int], Samples]) -> None:
        """Play it at once, over whatever is said, and never lowered. It is made for a rate, and part of no answer."""
        self._order(earcon(self.rate_hz) * np.float32(self.volume))

    def silence(self) -> None:
        """Fall silent at the next block, and stay so until another draft speaks."""
        for answer in self._answers.values():
            answer.silenced = True
        self._order(_Silence())

    def heard(self, draft: int) -> str:
        """Return the words of `draft` that have been rendered."""
        answer = self._answers.get(draft)
        return ledger.heard(answer.book, answer.played) if answer else ""

    def left_s(self, draft: int) -> float:
        """Return how much of `draft` is still to be played, s, breaths left out."""
        answer = self._answers.get(draft)
        return max(0, answer.length - answer.played) / self.rate_hz if answer else 0.0

    @property
    def unsaid_s(self) -> float:
        """How much of all answers is still to be played, s, breaths left out."""
        return sum(self.left_s(number) for number, answer in self._answers.items() if not answer.silenced)

    def forget(self, draft: int) -> None:
        """Free what is known of a draft that nobody will ask for again."""
        self._answers.pop(draft, None)

    def _order(self, order: _Order) -> None:
        self.dropped += len(self._orders) == ORDERS_MAX  # Then the oldest goes.
        self._orders.append(order)

    # The audio thread's side.

    def dip(self) -> None:
        """Lower the voice for `DIP_S` from now on."""
        self._dipped = round(DIP_S * self.rate_hz)

    def render(self, frames: int, position: int) -> Samples:
        """Return the next `frames` samples for the device, which will take the first of them at `position`."""
        self._take_orders()
        block = np.zeros(frames, np.float32)
        if self._held:  # What fades out is played, and nothing after it.
            fading = self._gain.aim(0.0)
            if fading:
                self._fill(block[:fading], position)
        else:
            self._gain.aim(self.volume * (self._ducked_gain if self._ducked or self._dipped > 0 else 1.0))
            self._fill(block, position)
        self._dipped -= frames
        block *= self._gain.over(frames)
        tail = self._fading[:frames]
        block[: tail.size] += tail
        self._fading = self._fading[frames:]
        return block

    def _fill(self, block: Samples, position: int) -> None:
        frames, done = block.size, 0
        while self._queue:
            head = self._queue[0]
            if isinstance(head, _End):
                self._queue.popleft()
                self._on_event(SpeechFinished(head.answer.draft))
            elif done == frames:
                break
            elif self._breath:
                silent = min(self._breath, frames - done)
                self._breath -= silent
                done += silent
            else:
                done += self._play(head, block[done:], position + done * RATE_HZ // self.rate_hz)
        self._breath = max(0, self._breath - (frames - done))

    def _take_orders(self) -> None:
        while self._orders:
            order = self._orders.popleft()
            match order:
                case _Silence():
                    self._fade_out()
                    self._held = False
                case _Hold():
                    self._held = True
                case np.ndarray():
                    self._fading = order
                case _Resume(again):
                    self._held = False
                    if again:
                        self._go_back()
                case _:
                    self._queue.append(order)

    def _play(self, phrase: _Piece, room: Samples, position: int) -> int:
        """Copy as much of the phrase as fits; return how much that was."""
        if phrase.answer.played == 0 and phrase.samples.size:
            self._on_event(SpeechStarted(phrase.answer.draft, position))
        piece = phrase.samples[self._at : self._at + room.size]
        room[: piece.size] = piece
        self._at += piece.size
        phrase.answer.played = max(phrase.answer.played, phrase.start + self._at)
        if self._at == phrase.samples.size:
            self._said.append(phrase)
            if phrase.ends:
                self._said.clear()
            self._queue.popleft()
            self._at, self._breath = 0, phrase.gap
        return piece.size

    def _go_back(self) -> None:
        head = self._queue[0] if self._queue else None
        if not isinstance(head, _Piece) or not (self._at or self._said):
            return
        book = [entry for piece in (*self._said, head) for entry in piece.book]
        start = ledger.clause_start(book, head.start + self._at, self._reach)
        while start < head.start and self._said:
            head = self._said.pop()
            self._queue.appendleft(head)
        self._at = max(0, start - head.start)

    def _fade_out(self) -> None:
        head = self._queue[0] if self._queue else None
        if isinstance(head, _Piece) and self._at:
            piece = head.samples[self._at : self._at + round(FADE_S * self.rate_hz)]
            self._fading = piece * self._gain.level * np.linspace(1, 0, piece.size, dtype=np.float32)
            self._gain = Gain(0.0, self._ramp)  # What comes next swells while this fades.
        self._queue.clear()
        self._said.clear()
        self._at = self._breath = 0
