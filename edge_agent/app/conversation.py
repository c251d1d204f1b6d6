"""The driver of the turn machine: it carries commands out in order, arms one timer, and feeds events back.

It decides nothing. Who may speak is `talk/floor/turn.py`; what is said is `draft.py`; this file knows which room to
call for which command. It lives on the asyncio loop; the audio thread reaches it through `hear` and `post`, which the
wiring in `agent.py` brings over with `call_soon_threadsafe`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import assert_never

from edge_agent.app.absences import Absences
from edge_agent.app.confirming import Confirmations
from edge_agent.app.costs import Costs, Try
from edge_agent.app.draft import Draft
from edge_agent.app.drafts import Drafts
from edge_agent.app.happenings import LevelMeasured, PhraseQueued, StateChanged, TurnEnded, Watch, WordsHeard
from edge_agent.app.judging import Judging
from edge_agent.app.presence import Presence
from edge_agent.app.questions import Announcement, Question, Spoken, Written
from edge_agent.app.reading import Reading
from edge_agent.app.rooms import Rooms
from edge_agent.app.saying import Saying
from edge_agent.app.timeline import Stage
from edge_agent.base.events import (
    DeviceLost,
    DeviceRestored,
    EndJudged,
    Event,
    MicrophoneSilent,
    MicrophoneSounds,
    Overheard,
    SpeechStarted,
    Tick,
)
from edge_agent.base.frames import Heard, Samples
from edge_agent.base.settings import Settings
from edge_agent.talk.floor import commands as do
from edge_agent.talk.floor.endpoint import Evidence
from edge_agent.talk.floor.state import OF_A_VOICE, State, Turn
from edge_agent.talk.floor.turn import step
from edge_agent.talk.mind.context import Memory
from edge_agent.talk.mind.router import Route

log = logging.getLogger(__name__)


class Conversation:
    """One conversation, from the first word to the last. To be made on the running loop."""

    def __init__(
        self,
        rooms: Rooms,
        settings: Settings,
        *,
        judge: Callable[[Samples], Awaitable[float]],
        position: Callable[[], int],
        deafen: Callable[[bool], None],
        meet: Callable[[], None],
        watch: Watch,
    ) -> None:
        """Nothing happens before `hear` or `post` is called.

        `judge` is Smart Turn: the probability that a turn is finished. `position` is the audio stream's clock, in
        samples at `RATE_HZ`. `deafen` closes (True) and opens the ear; `meet` tells it that somebody
        else speaks from now on.
        """
        self._rooms = rooms
        self._settings = settings
        self._judging = Judging(rooms, settings.floor, judge, self._tell_wait)
        self._position = position
        self._deafen = deafen
        self._meet = meet
        self._watch = watch
        self._turn = Turn()
        self._memory = Memory()
        self._costs = Costs()
        self._reading = Reading(rooms.llm, self._costs)
        self.saying = Saying(rooms, settings, self._costs, self._reading, self._glance)
        self._drafts = Drafts(self.post, watch)
        self._confirmations = Confirmations(settings.tools.confirm_s)
        self._presence = Presence(rooms.speaker.chime, watch)
        self._timer: asyncio.TimerHandle | None = None

    @property
    def state(self) -> State:
        """Who speaks."""
        return self._turn.state

    @property
    def muted(self) -> bool:
        """Whether the microphone is closed."""
        return self._turn.muted

    @property
    def absences(self) -> Absences:
        """How often the audio device failed."""
        return self._presence.absences

    @property
    def memory(self) -> Memory:
        """What it remembers: of its own words, those that were heard."""
        return self._memory

    def hear(self, heard: Heard) -> None:
        """Take one chunk from the ear."""
        self._watch(LevelMeasured(heard.level_dbfs, heard.voice))
        self.saying.hear(heard, self._turn.state)

    def post(self, event: Event) -> None:
        """Take one event, on the loop; the wiring brings over what other threads tell."""
        self.saying.pauses.take(event, within=self._turn.opened_at is not None)
        match event:
            case SpeechStarted(number, position) if draft := self._drafts.get(number):
                draft.stamp(Stage.FIRST_SAMPLE, position)
            case DeviceLost() | DeviceRestored() | MicrophoneSilent() | MicrophoneSounds():
                self._presence.tell(event)
        before = self._turn
        self._turn, commands = step(before, event, asyncio.get_running_loop().time(), self._settings.floor)
        if self._turn.wake_at != before.wake_at:
            self._arm()  # First: should a command fail by a mistake of ours, the deadline still brings the floor back.
        for command in commands:
            self._carry_out(command)
        if self._turn.state is State.HEARING and before.state is not State.HEARING:
            self._rooms.make_ready()
        if (self._turn.state, self._turn.muted) != (before.state, before.muted):
            self._confirmations.heard(voice=self._turn.state in OF_A_VOICE)
            log.debug("%s: %s, then %s", type(event).__name__, before.state.value, self._turn.state.value)
            self._watch(StateChanged(self._turn.state, self._turn.muted))

    def read_ahead(self) -> None:
        """Let the model read what the next prompt will begin with, while nobody waits for it."""
        self._reading.read(self._memory.beginning(self._settings.mind.persona))

    def adopt(self, settings: Settings) -> None:
        """Go by other settings from now on; what is under way ends as it was begun."""
        self._settings = settings
        self._judging.floor = settings.floor

    def forget(self) -> None:
        """Forget what was said: somebody else stands before the device now."""
        self._memory = Memory()
        self._confirmations.forget()
        self._meet()

    async def close(self) -> None:
        """Stop everything that is under way."""
        if self._timer:
            self._timer.cancel()
        self.saying.stop()
        await self._drafts.close()

    def _arm(self) -> None:
        if self._timer:
            self._timer.cancel()
        wake_at = self._turn.wake_at
        self._timer = asyncio.get_running_loop().call_at(wake_at, self.post, Tick()) if wake_at is not None else None

    def _carry_out(self, command: do.Command) -> None:  # noqa: PLR0912 (one case per command)
        speaker = self._rooms.speaker
        match command:
            case do.OpenTurn(position):
                self.saying.open(position)
            case do.CloseTurn():
                self.saying.close()
            case do.StartDraft(number):
                self._answer_what_was_said(number)
            case do.StartTypedDraft(number, text):
                self._begin(number, Written(text))
            case do.StartAnnouncement(number, text):
                self._begin(number, Announcement(text))
            case do.Commit(number):
                self._drafts[number].commit()
                self._show_words(self._drafts[number])
            case do.DropDraft(number):
                self._drafts.end(number)
            case do.Revoke(number):
                speaker.silence()
                self._rooms.chores.undo(number)
                self._drafts.revoke(number)
                speaker.forget(number)
            case do.Cancel(number):
                self._drafts.stop(number)
            case do.Remember(number, settled):
                self._remember(number, settled)
            case do.Hold():
                speaker.hold()
            case do.Resume(again):
                speaker.unduck()
                speaker.resume(again=again)
            case do.Silence():
                speaker.silence()
                speaker.unduck()
            case do.Duck():
                speaker.duck()
            case do.Unduck():
                speaker.unduck()
            case do.CloseMicrophone():
                self._deafen(True)
                self.saying.forget()
            case do.OpenMicrophone():
                self._deafen(False)
            case _:
                assert_never(command)

    def _answer_what_was_said(self, number: int) -> None:
        draft = self._begin(number, self.saying.question(self._turn))
        draft.stamp(Stage.SPEECH_END, self.saying.end(self._turn))
        draft.stamp(Stage.SOFT_END)
        draft.note(revision=self._turn.revision, **self.saying.foreseen.noted)

    def _begin(self, number: int, question: Question) -> Draft:
        draft = Draft(
            number,
            self._rooms,
            self._settings,
            lambda: self._memory,
            self._costs.open(Try.DRAFT),
            confirmations=self._confirmations,
            position=self._position,
            on_words=lambda draft: self._words_are_known(draft, question),
            on_phrase=lambda text: self._watch(PhraseQueued(text)),
        )
        return self._drafts.begin(draft, question)

    def _words_are_known(self, draft: Draft, question: Question) -> None:
        if draft.words or draft.doubted:
            self._overhear(draft.words or "", draft.number, draft.doubted)
        if self._drafts.get(draft.number) is not draft:
            return  # They were no interruption: the draft was dropped for what they are.
        if draft.committed:
            self._show_words(draft)
        elif isinstance(question, Spoken):
            known = Evidence(asked=self._memory.asks, paused_s=self.saying.pauses.longest_s)
            self._drafts.beside(draft, self._judging.judge(draft, question.samples, known))

    def _glance(self, words: str) -> None:
        """What is being said becomes known while it is being said. Nothing is done about it that could be heard."""
        self._watch(WordsHeard(words, final=False))
        self._overhear(words, None)
        if self._turn.state is State.HEARING:  # In a pause the draft itself asks who answers, and reads the words.
            self.saying.foresee(words, self._memory, self._settings.mind.persona)

    def _overhear(self, words: str, number: int | None, doubted: str = "") -> None:
        """Tell what was made out of a voice; the floor knows whether it speaks over the agent's."""
        answer = self._drafts.get(self._turn.answer)
        asked, heard = (answer and answer.words) or "", self._rooms.speaker.heard(self._turn.answer)
        self.post(Overheard(words, heard, number, asked, doubted, self.saying.voice_s))

    def _tell_wait(self, draft: Draft, wait_s: float) -> None:
        draft.stamp(Stage.JUDGED)
        self.post(EndJudged(draft.number, wait_s))

    def _show_words(self, draft: Draft) -> None:
        if draft.words:
            self._watch(WordsHeard(draft.words, final=True))

    def _remember(self, number: int, settled: bool) -> None:
        draft = self._drafts[number]
        heard = self._rooms.speaker.heard(number)
        read = self._reading.used_for(draft.words or "")
        used = [*draft.bills, *(read if draft.timeline.kind == Route.LOCAL.value else ())]
        spent = self._costs.settle(draft.bills[0], used)
        draft.note(heard=heard, user=draft.words or "", ahead_used=draft.calls.ahead)
        draft.note(work_ms=spent.all_ms, thrown=spent.thrown_ms)
        record = draft.timeline
        log.info("a turn ended", extra=record.figures)
        self._watch(TurnEnded(record))
        unheard = "" if settled else record.unheard
        cut_off = record.interrupted or record.open_ended
        self._memory = self._memory.remember(draft.words or "", heard, unheard, cut_off=cut_off, by=record.kind)
        self._confirmations.exchanged(draft.calls.asks, None if record.interrupted else self._position())
        self._rooms.chores.settle(number)
        self._rooms.speaker.forget(number)
        self._drafts.end(number)
        if record.kind != Route.SKILL.value:  # Most orders are followed by another one, and that asks no model.
            self.read_ahead()
