"""One attempt at an answer: transcript, plan, words, sound, held back until it is committed.

A draft runs as a task from the moment of its birth. Before the commit it may listen, think and synthesise, but nothing
leaves it: the sound is held, the effect of a skill is only described. The commit lets both go, at once and in order;
what is synthesised later goes straight to the loudspeaker. To drop a draft is to cancel its task.

    born ─ transcript ─ plan ─ phrase ─ sound ─ phrase ─ sound ─ …
                                        held      held │ commit: everything held is said, the effect happens
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

from edge_agent.app.confirming import Confirmations
from edge_agent.app.contest import Line
from edge_agent.app.doing import Doing
from edge_agent.app.planning import planned
from edge_agent.app.questions import Announcement, Question, Spoken, Written
from edge_agent.app.replying import Reply, whole, without_model
from edge_agent.app.rooms import Rooms
from edge_agent.app.timeline import Stage, Timeline
from edge_agent.base.frames import Speech
from edge_agent.base.settings import Settings
from edge_agent.talk.mind.context import Memory
from edge_agent.talk.mind.router import Plan, Route
from edge_agent.talk.mind.skills import Effect, Skills, Understood
from edge_agent.talk.mind.stt import Transcript
from edge_agent.talk.mind.understanding import understand
from edge_agent.workers.bill import BILL, Bill

HELD_MAX = 2
"""Pieces of speech made ahead of the commit; with so many, no other phrase is begun. They sound at once and cover the
making of the next; more would be work thrown away whenever the user goes on."""

LINES_MAX = 4
"""Lines that wait for the voice. The language model is several times faster than speech, and rests then."""

MAKING_S = 0.2
"""Of sound, at least, is in a line that is being made."""


class Draft:
    """`run` is its whole life; `commit` may come at any moment of it, or never."""

    def __init__(
        self,
        number: int,
        rooms: Rooms,
        settings: Settings,
        memory: Callable[[], Memory],
        bill: Bill,
        *,
        confirmations: Confirmations | None = None,
        position: Callable[[], int],
        on_words: Callable[["Draft"], None],
        on_phrase: Callable[[str], None],
    ) -> None:
        """`memory` is asked when the words are known: they may have ended another exchange.

        `confirmations` knows what waits for a yes. `on_words` is called when the transcript is there, `on_phrase` when
        a phrase goes to the loudspeaker.
        """
        self.number = number
        self.timeline = Timeline(number)
        self.words: str | None = None
        """What the user said; None until it is known, empty for a noise."""
        self.doubted = ""  # what may have been said, where that is empty
        self.understood: Understood | None = None
        """What the skills made of the words."""
        self.avg_logprob: float | None = None
        """How sure speech-to-text was of the words."""
        self.sentence_end: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        """How likely the language model finds that a sentence ends with the words; never done if it is not asked."""
        self.sounding = asyncio.Event()
        """Set when the first sound of the answer has been made."""
        self.spare = asyncio.Event()
        """Set when nothing of the answer waits for the processor: it sounds, or it comes from elsewhere."""
        self.bills = [bill]
        """Of all that went into the answer."""
        self._rooms = rooms
        self._settings = settings
        self._memory = memory
        self._position = position
        self._on_words = on_words
        self._on_phrase = on_phrase
        self._committed = asyncio.Event()
        self._doing = Doing(rooms.toolbox, rooms.llm, settings, confirmations, self._committed)
        self.calls = self._doing.calls
        """Of tools, made by this turn."""
        self._silenced = False
        self._held: list[tuple[Speech, bool]] = []
        self._unsaid = 0  # lines that are not sound yet
        self._reply: Reply | None = None
        self._asked = asyncio.get_running_loop().time()
        self._ended = False
        self._effect: Effect | None = None

    @property
    def committed(self) -> bool:
        """Whether what it makes goes straight to the loudspeaker."""
        return self._committed.is_set()

    async def run(self, question: Question) -> bool:
        """Make the answer; False if there is nothing to answer. EngineError if an engine is lost on the way."""
        BILL.set(self.bills[0])
        match question:
            case Announcement(text):
                self.note(kind="announcement")
                await self._say(whole(text, self._settings))
                return True
            case Written(text):
                self.words = text
            case Spoken():
                self._asked = question.ended_at or self._asked
                transcript = await self._transcribe(question)
                self.words, self.doubted, self.avg_logprob = transcript.text, transcript.doubted, transcript.avg_logprob
                self.stamp(Stage.TRANSCRIPT)
                self.note(stt_rtf=transcript.ms / 1000 / max(transcript.seconds, 0.1))
        if self._rooms.skills and self.words:
            self.understood = await self._understand(self.words, question, self._rooms.skills)
        self._on_words(self)
        if not self.words:
            return False
        await self._say(self._answer(self.words, question.began if isinstance(question, Spoken) else None))
        return True

    def commit(self) -> None:
        """Let go of what was held, and hold nothing back any more."""
        self.stamp(Stage.HARD_END)
        self._committed.set()
        self._act()
        for speech, aside in self._held:
            self._release(speech, aside)
        self._held.clear()
        if self._reply:
            self._reply.commit()
        self._end_if_done()

    def silence(self) -> None:
        """Let go of nothing any more. Cancelling alone is too late for a phrase that the voice has just handed over."""
        self._silenced = True
        self.note(unfinished=not self._ended)
        if self._reply:
            self._reply.drop()

    def stamp(self, stage: Stage, position: int | None = None) -> None:
        """Note in the record that `stage` was reached, now or at `position`."""
        self.timeline = self.timeline.stamped(stage, self._position() if position is None else position)

    def note(self, **fields: str | float | Mapping[str, float]) -> None:
        """Note something else in the record."""
        self.timeline = self.timeline.noted(**fields)

    # Words.

    async def _transcribe(self, spoken: Spoken) -> Transcript:
        if spoken.glance is not None:
            glance = spoken.glance.transcript
            await asyncio.wait([glance])  # It is not ours: should we be cancelled, it goes on.
            if not glance.cancelled() and not glance.exception() and not glance.result().overtaken:
                self.bills.append(spoken.glance.bill)
                return glance.result()
        return await self._rooms.stt.transcribe(spoken.samples, final=True)

    async def _understand(self, words: str, question: Question, skills: Skills) -> Understood | None:
        if not isinstance(question, Spoken):
            return skills.understand(words)
        heard = question.samples if question.glance is None else question.glance.samples
        return await understand(words, heard, skills, self._rooms.stt)

    def _answer(self, text: str, began: int | None) -> AsyncGenerator[Line, None]:
        """Decide who answers, and return the answer's words as they come."""
        rooms, memory = self._rooms, self._memory()
        if done := self._doing.wanted(text, self.understood, began):
            self.stamp(Stage.ROUTE)
            self.note(kind=Route.SKILL.value, reason=self._doing.reason)
            self._words_read(None, Route.SKILL)
            return done
        decided = planned(text, self.understood, rooms, memory)
        plan, answered = decided.plan, decided.answered
        self.stamp(Stage.ROUTE)
        self.note(kind=plan.route.value, reason=plan.reason)
        if plan.route is Route.SKILL and answered:
            self._effect = answered.effect
            if self.committed:
                self._act()
            return whole(answered.say, self._settings)
        known = without_model(plan, decided.told)
        if tried := self._doing.tried(text, plan, lambda: self._by_model(plan, known, text, memory)):
            self._words_read(None, Route.SKILL)
            return tried
        return self._by_model(plan, known, text, memory)

    def _by_model(self, plan: Plan, known: str, text: str, memory: Memory) -> AsyncGenerator[Line, None]:
        if known:
            self._words_read(None, Route.LOCAL)  # The model is not asked.
            return whole(known, self._settings)
        self._reply = Reply(
            plan,
            memory.messages(self._settings.mind.persona, text),
            self._rooms.llm,
            self._rooms.uplink,
            self._settings,
            asked=self._asked,
            calls=self.calls,
            left_s=self._left_s,
            on_sentence_end=lambda likely: self._words_read(likely, plan.route),
            on_token=lambda: self.stamp(Stage.FIRST_TOKEN),
            promptness=self._rooms.promptness,
        )
        if self.committed:
            self._reply.commit()
        return self._noted(self._reply)

    async def _noted(self, reply: Reply) -> AsyncGenerator[Line, None]:
        async with aclosing(reply.lines()) as lines:
            async for line in lines:
                self.note(kind=reply.by.value, reason=reply.reason)
                self.note(provider=reply.receipt.provider, broke_off=reply.broke_off)
                yield line

    def _words_read(self, sentence_end: float | None, by: Route) -> None:
        if not self.sentence_end.done():
            self.sentence_end.set_result(sentence_end)
        if by is not Route.LOCAL:
            self.spare.set()

    # Sound.

    async def _say(self, lines: AsyncGenerator[Line, None]) -> None:
        """Make lines into sound while the next ones are being made."""
        waiting: asyncio.Queue[Line | None] = asyncio.Queue(LINES_MAX)
        try:
            async with asyncio.TaskGroup() as stages:
                stages.create_task(self._take(lines, waiting))
                stages.create_task(self._synthesise(waiting))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None  # The stages fail together; the first says why.
        self._ended = True
        self._end_if_done()

    async def _take(self, lines: AsyncGenerator[Line, None], waiting: asyncio.Queue[Line | None]) -> None:
        async with aclosing(lines):
            async for line in lines:
                self._unsaid += 1
                await waiting.put(line)
                await self.sounding.wait()  # The voice is to have all cores: the model rests, unread.
        await waiting.put(None)

    async def _synthesise(self, waiting: asyncio.Queue[Line | None]) -> None:
        while (line := await waiting.get()) is not None:
            if not line.aside:
                self.stamp(Stage.FIRST_PHRASE)
            async with aclosing(self._rooms.tts.synthesise(line.text, line.start, line.stop)) as spoken:
                async for speech in spoken:
                    self._deliver(speech, line.aside)
            self._unsaid -= 1
            self._sounds()  # Also where there was nothing to say in it: the model goes on.
            if len(self._held) >= HELD_MAX:
                await self._committed.wait()

    def _deliver(self, speech: Speech, aside: bool) -> None:
        self._sounds()
        if aside:
            self.stamp(Stage.HOLD)
        else:
            self.stamp(Stage.FIRST_AUDIO)
            self.note(reply=f"{self.timeline.reply} {speech.text}".strip())
        if self.committed:
            self._release(speech, aside)
        else:
            self._held.append((speech, aside))

    def _sounds(self) -> None:
        self.sounding.set()
        self.spare.set()

    def _release(self, speech: Speech, aside: bool) -> None:
        if self._silenced:
            return
        self._rooms.speaker.say(self.number, speech, aside=aside)
        self._on_phrase(speech.text)

    def _left_s(self) -> float:
        """How much sound there still is; what is being made counts as some."""
        return max(self._rooms.speaker.left_s(self.number), MAKING_S if self._unsaid else 0.0)

    def _end_if_done(self) -> None:
        if self._ended and self.committed:
            self._rooms.speaker.finish(self.number)

    def _act(self) -> None:
        if self._effect is not None:
            self._rooms.chores.act(self.number, self._effect)
            self._effect = None
