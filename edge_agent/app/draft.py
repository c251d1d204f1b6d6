"""One attempt at an answer: transcript, plan, words, sound, held back until it is committed.

A draft runs as a task from the moment of its birth. Before the commit it may listen, think and synthesise, but nothing
leaves it: the sound is held, the effect of a skill is only described. The commit lets both go, at once and in order;
what is synthesised later goes straight to the loudspeaker. To drop a draft is to cancel its task.

    born ─ transcript ─ plan ─ phrase ─ sound ─ phrase ─ sound ─ …
                                        held      held │ commit: everything held is said, the effect happens
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from edge_agent.app.chores import Chores
from edge_agent.app.partials import Glance
from edge_agent.app.timeline import Stage, Timeline
from edge_agent.base.frames import Samples, Speech
from edge_agent.base.settings import Settings
from edge_agent.talk.mind.context import Memory
from edge_agent.talk.mind.learned import learned
from edge_agent.talk.mind.llm import Llm
from edge_agent.talk.mind.router import UNABLE, Route, Situation, Weights, route
from edge_agent.talk.mind.skills import Effect, Skills, Understood, answer
from edge_agent.talk.mind.stt import Stt, Transcript
from edge_agent.talk.mind.understanding import understand
from edge_agent.talk.voice.phrases import Phrases
from edge_agent.talk.voice.speaker import Speaker
from edge_agent.talk.voice.tts import Tts
from edge_agent.workers.bill import BILL, Bill

HELD_MAX = 2
"""Pieces of speech made ahead of the commit; with so many, no other phrase is begun. They sound at once and cover the
making of the next; more would be work thrown away whenever the user goes on."""

PHRASES_MAX = 4
"""Phrases that wait for the voice. The language model is several times faster than speech, and rests then."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """Whom a draft asks, one per room."""

    stt: Stt
    skills: Skills | None
    """None when skills are switched off."""
    llm: Llm
    tts: Tts
    speaker: Speaker
    chores: Chores
    weights: Weights = field(default_factory=learned)
    """The router's."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The sound of a turn."""

    samples: Samples
    """16 kHz."""
    glance: Glance | None = None
    """At all of it, done or under way."""


@dataclass(frozen=True, slots=True)
class Written:
    """A turn that was typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Announcement:
    """Nobody asked; this is to be said."""

    text: str


Question = Spoken | Written | Announcement


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
        position: Callable[[], int],
        on_words: Callable[["Draft"], None],
        on_phrase: Callable[[str], None],
    ) -> None:
        """`memory` is asked when the words are known: they may have ended another exchange.

        `on_words` is called when the transcript is there, `on_phrase` when a phrase goes to the loudspeaker.
        """
        self.number = number
        self.timeline = Timeline(number)
        self.words: str | None = None
        """What the user said; None until it is known, empty for a noise."""
        self.understood: Understood | None = None
        """What the skills made of the words."""
        self.avg_logprob: float | None = None
        """How sure speech-to-text was of the words."""
        self.sentence_end: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        """How likely the language model finds that a sentence ends with the words; never done if it is not asked."""
        self.sounding = asyncio.Event()
        """Set when the first sound of the answer has been made."""
        self.bills = [bill]
        """Of all that went into the answer."""
        self._rooms = rooms
        self._settings = settings
        self._memory = memory
        self._position = position
        self._on_words = on_words
        self._on_phrase = on_phrase
        self._committed = asyncio.Event()
        self._silenced = False
        self._held: list[Speech] = []
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
                await self._say(_once(text))
                return True
            case Written(text):
                self.words = text
            case Spoken():
                transcript = await self._transcribe(question)
                self.words, self.avg_logprob = transcript.text, transcript.avg_logprob
                self.stamp(Stage.TRANSCRIPT)
        if self._rooms.skills and self.words:
            self.understood = await self._understand(self.words, question, self._rooms.skills)
        self._on_words(self)
        if not self.words:
            return False
        await self._say(self._answer(self.words))
        return True

    def commit(self) -> None:
        """Let go of what was held, and hold nothing back any more."""
        self.stamp(Stage.HARD_END)
        self._committed.set()
        self._act()
        for speech in self._held:
            self._release(speech)
        self._held.clear()
        self._end_if_done()

    def silence(self) -> None:
        """Let go of nothing any more. Cancelling alone is too late for a phrase that the voice has just handed over."""
        self._silenced = True
        self.note(unfinished=not self._ended)

    def stamp(self, stage: Stage, position: int | None = None) -> None:
        """Note in the record that `stage` was reached, now or at `position`."""
        self.timeline = self.timeline.stamped(stage, self._position() if position is None else position)

    def note(self, **fields: str | float) -> None:
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

    def _answer(self, text: str) -> AsyncGenerator[str, None]:
        """Decide who answers, and return the answer's words as they come."""
        rooms, memory = self._rooms, self._memory()
        answered = answer(self.understood, rooms.chores.world(memory)) if self.understood else None
        refuses = rooms.skills is not None and self.understood is None
        situation = Situation(text, self.understood if answered else None, refuses=refuses)
        plan = route(situation, rooms.weights)
        self.stamp(Stage.ROUTE)
        self.note(kind=plan.route.value, reason=plan.reason)
        if plan.route is Route.SKILL and answered:
            self._effect = answered.effect
            if self.committed:
                self._act()
            return _once(answered.say)
        if plan.unable:
            self.sentence_end.set_result(None)  # The model is not asked.
            return _once(UNABLE)
        messages = memory.messages(self._settings.mind.persona, text)
        return self._stamped(rooms.llm.reply(messages, self.sentence_end.set_result))

    async def _stamped(self, pieces: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
        async with aclosing(pieces):
            async for piece in pieces:
                self.stamp(Stage.FIRST_TOKEN)
                yield piece

    # Sound.

    async def _say(self, pieces: AsyncGenerator[str, None]) -> None:
        """Cut words into phrases and phrases into sound, each stage as soon as the one before lets it."""
        phrases: asyncio.Queue[str | None] = asyncio.Queue(PHRASES_MAX)
        try:
            async with asyncio.TaskGroup() as stages:
                stages.create_task(self._cut(pieces, phrases))
                stages.create_task(self._synthesise(phrases))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None  # The stages fail together; the first says why.
        self._ended = True
        self._end_if_done()

    async def _cut(self, pieces: AsyncGenerator[str, None], phrases: asyncio.Queue[str | None]) -> None:
        cutter = Phrases(self._settings.voice.first_phrase_chars)
        async with aclosing(pieces):
            async for piece in pieces:
                for phrase in cutter.feed(piece):
                    await phrases.put(phrase)
                    await self.sounding.wait()  # The voice is to have all cores: the model rests, unread.
        for phrase in cutter.finish():
            await phrases.put(phrase)
        await phrases.put(None)

    async def _synthesise(self, phrases: asyncio.Queue[str | None]) -> None:
        while (phrase := await phrases.get()) is not None:
            self.stamp(Stage.FIRST_PHRASE)
            async with aclosing(self._rooms.tts.synthesise(phrase)) as spoken:
                async for speech in spoken:
                    self.stamp(Stage.FIRST_AUDIO)
                    self._deliver(speech)
            self.sounding.set()  # Also where there was nothing to say in it: the model goes on.
            if len(self._held) >= HELD_MAX:
                await self._committed.wait()

    def _deliver(self, speech: Speech) -> None:
        self.sounding.set()
        self.note(reply=f"{self.timeline.reply} {speech.text}".strip())
        if self.committed:
            self._release(speech)
        else:
            self._held.append(speech)

    def _release(self, speech: Speech) -> None:
        if self._silenced:
            return
        self._rooms.speaker.say(self.number, speech)
        self._on_phrase(speech.text)

    def _end_if_done(self) -> None:
        if self._ended and self.committed:
            self._rooms.speaker.finish(self.number)

    def _act(self) -> None:
        if self._effect is not None:
            self._rooms.chores.act(self.number, self._effect)
            self._effect = None


async def _once(text: str) -> AsyncGenerator[str, None]:
    yield text
