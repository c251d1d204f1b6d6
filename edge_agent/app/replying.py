"""The words of one turn's reply, from the device alone or from its race with the cloud.

Whatever is sent passes here through `outgoing`, and what comes back through `restore`.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from edge_agent.app.contest import Contest, Line
from edge_agent.app.promptness import Promptness
from edge_agent.app.uplink import Uplink
from edge_agent.base.settings import Settings
from edge_agent.base.settings_cloud import StandIn
from edge_agent.talk.mind.cloud.cloud import Cloud, Receipt
from edge_agent.talk.mind.cloud.outgoing import Outgoing, Wanted, following, outgoing
from edge_agent.talk.mind.cloud.race import Side, Terms
from edge_agent.talk.mind.llm import Llm, Message, OnSentenceEnd
from edge_agent.talk.mind.router import UNABLE, UNKNOWN, Plan, Route, Situation
from edge_agent.talk.mind.tools.toolbox import TurnCalls
from edge_agent.talk.voice.beginning import Beginning
from edge_agent.talk.voice.phrases import Phrases

ROUNDS_MAX = 3
"""Of calls, in one answer of the cloud."""

AFTER_A_CALL_S = 4.0
"""The longest wait for the cloud's next word once a call was made, whatever time is left for the first one."""


class Reply:
    """To one turn. `lines` is its whole life; `commit` may come at any moment of it, or never."""

    def __init__(
        self,
        plan: Plan,
        messages: Sequence[Message],
        llm: Llm,
        uplink: Uplink | None,
        settings: Settings,
        *,
        asked: float,
        calls: TurnCalls | None = None,
        holds: bool = True,
        left_s: Callable[[], float] = lambda: 0.0,
        on_sentence_end: OnSentenceEnd = lambda _: None,
        on_token: Callable[[], None] = lambda: None,
        promptness: Promptness | None = None,
    ) -> None:
        """`asked` is when the question ended, on the loop's clock; `left_s` says how much sound there still is.

        `calls` makes what the cloud wants called. `holds` is whether somebody listens, for whom the floor is held.
        `on_token` is called when a model begins, and `promptness` is told how long the one on this device took.
        """
        self.by = Side.CLOUD if uplink and plan.route is not Route.LOCAL else Side.LOCAL
        """Whose answer it is, as far as that is known."""
        self.broke_off = False
        """Whether the rest of it will never be known."""
        self.receipt = Receipt()
        """What the cloud had to do with it."""
        self._plan = plan
        self._messages = messages
        self._llm = llm
        self._uplink = uplink
        self._settings = settings
        self._asked = asked
        self._calls = calls
        self._holds = holds
        self._deadline_s = min(plan.deadline_s or 0.0, settings.cloud.deadline_ms / 1000)
        self._left_s = left_s
        self._on_sentence_end = on_sentence_end
        self._on_token = on_token
        self._promptness = promptness or Promptness()
        self._committed = asyncio.Event()
        self._contest: Contest | None = None
        self._sent = Outgoing((), str, {})

    @property
    def reason(self) -> str:
        """Why whoever answers does."""
        if self.by is Side.LOCAL and self._plan.route is Route.CLOUD and self._contest:
            return f"{self._plan.reason}; the cloud had no answer in time"
        return self._plan.reason

    def commit(self) -> None:
        """It will be heard."""
        self._committed.set()
        if self._contest:
            self._contest.commit()

    def drop(self) -> None:
        """Nobody will hear it; its task is cancelled besides. Nothing if it is heard already."""
        if self._uplink and self._plan.route is not Route.LOCAL and not self._committed.is_set():
            self._uplink.cloud.waste(self.receipt)

    def lines(self) -> AsyncGenerator[Line, None]:
        """Yield what is to be said, line by line. EngineError if the device was to answer and could not."""
        if self._uplink is None or self._plan.route is Route.LOCAL:
            # A voice elsewhere says a phrase as one sound.
            return cut_up(self._from_device(), self._phrases(), None if self._settings.cloud.tts else Beginning())
        return self._raced(self._uplink)

    async def _raced(self, uplink: Uplink) -> AsyncGenerator[Line, None]:
        offers = () if self._calls is None else self._calls.offers()
        self._sent = outgoing(self._messages, uplink.redact, offers)
        self._contest = Contest(
            self._terms(uplink.cloud),
            self._asked,
            {Side.CLOUD: self._from_cloud(uplink), Side.LOCAL: self._from_device()},
            phrases=self._phrases,
            lines=uplink.lines,
            left_s=self._left_s,
            on_heard=self._heard,
        )
        if self._committed.is_set():
            self._contest.commit()
        async with aclosing(self._contest.lines()) as lines:
            async for line in lines:
                yield line if line.aside or self.by is not Side.CLOUD else Line(self._sent.restore(line.text))

    async def _from_cloud(self, uplink: Uplink) -> AsyncGenerator[str, None]:
        """The cloud's answer; what it wants called is called, and it goes on with what came of it."""
        if not self._settings.cloud.early:
            await self._committed.wait()
        deadline = self._asked + self._deadline_s
        try:
            while True:
                wanted: list[Wanted] = []
                async with aclosing(uplink.cloud.reply(self._sent, deadline, self.receipt)) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, Wanted):
                            wanted.append(piece)
                        else:
                            self._on_token()
                            yield piece
                if not wanted or self._calls is None or len(self._sent.made) >= ROUNDS_MAX:
                    return
                results = [await self._calls.from_cloud(each, self._sent.restore) for each in wanted]
                self._sent = following(self._sent, wanted, results, uplink.redact)
                deadline = max(deadline, asyncio.get_running_loop().time() + AFTER_A_CALL_S)
        finally:
            uplink.keep(self._sent, self.receipt.sent_to)

    def _terms(self, cloud: Cloud) -> Terms:
        since_s = asyncio.get_running_loop().time() - self._asked
        health = cloud.first_choice()
        expected_s = health.first_word_s(0.5) if health else None
        return Terms(
            hold_s=self._settings.cloud.hold_ms / 1000,
            deadline_s=self._deadline_s,
            hedge=self._plan.route is Route.HEDGE,
            stand_in=self._settings.cloud.stand_in is StandIn.LOCAL,
            holds=self._holds,
            expected_s=None if expected_s is None else since_s + expected_s,
        )

    def _heard(self, side: Side | None) -> None:
        self.broke_off = side is None
        self.by = side or self.by
        if side is Side.LOCAL and self._uplink:
            self._uplink.cloud.waste(self.receipt)

    async def _from_device(self) -> AsyncGenerator[str, None]:
        loop = asyncio.get_running_loop()
        asked, begun = loop.time(), False
        async with aclosing(self._llm.reply(self._messages, self._on_sentence_end)) as pieces:
            async for piece in pieces:
                if not begun:
                    begun = True
                    self._promptness.began(loop.time() - asked, loop.time())
                if self.by is Side.LOCAL:
                    self._on_token()
                yield piece

    def _phrases(self) -> Phrases:
        return Phrases(self._settings.voice.first_phrase_chars)


def without_model(plan: Plan, situation: Situation) -> str:
    """Return what is said where no model is asked; empty where one is."""
    if plan.route is Route.NOTES and situation.grounding:
        return situation.grounding.answer
    return UNABLE if plan.unable else UNKNOWN if plan.unknown else ""


async def cut_up(
    pieces: AsyncGenerator[str, None], phrases: Phrases, beginning: Beginning | None = None
) -> AsyncGenerator[Line, None]:
    """Yield a text that comes in pieces as lines to say; the `beginning` of the first as soon as it may be said."""
    said, clock = 0, asyncio.get_running_loop()
    async with aclosing(pieces):
        async for piece in pieces:
            for phrase in phrases.feed(piece):
                yield Line(phrase, start=said)
                said, beginning = 0, None
            if beginning and (said := beginning.feed(piece, clock.time())):
                yield Line(beginning.text, stop=said)
                beginning = None
    for phrase in phrases.finish():
        yield Line(phrase, start=said)
        said = 0


def whole(text: str, settings: Settings) -> AsyncGenerator[Line, None]:
    """Return a text that is there as lines to say."""
    return cut_up(_once(text), Phrases(settings.voice.first_phrase_chars))


async def _once(text: str) -> AsyncGenerator[str, None]:
    yield text
