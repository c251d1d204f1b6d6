"""Words while they are being spoken: one *glance* at a time, each over the whole turn so far.

1. While the voice goes on there is a glance whenever twice as much was said as at the last one, and `every_s` more at
   least: for the screen, and so that the language model can read ahead. Each is work thrown away when the next one
   comes, so the longer the turn, the fewer. A pause adds nothing to what was said. A slow machine rests in between
   (`SHARE`). Over the agent's voice, where words decide who goes on, there is one for every quarter of `every_s`.
2. Where the voice fades there is one at once, before anything else the engine has to do. A detector that was sure of
   the voice doubts it a chunk or two before it says that there is none, and by then the last sound is out. Most such
   moments are the end of the turn; if the voice comes back it was a glance like any other.
3. A glance that reached the end of the voice (`TAIL`) has heard all that there is to hear: the draft that is begun in
   the pause takes it for the final transcript (`covering`), and has gained the time by which the glance began earlier.

Nothing is answered or done from a glance alone. When its turn is over, its result is thrown away.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from edge_agent.app.costs import Costs, Try
from edge_agent.base.errors import EngineError
from edge_agent.base.frames import CHUNK, RATE_HZ, Samples
from edge_agent.talk.mind.stt import Stt, Transcript
from edge_agent.workers.bill import BILL, Bill

SHARE = 0.25
"""Of the time that may go into glances while the voice goes on. The one at the end waits for one that is under way:
the slower the machine, the fewer of them."""

SELDOM = 2
"""Times `every_s`, at most, between two glances: longer, and a screen looks dead."""

SURE = 0.9
"""Probability from which there is a voice beyond doubt."""

TAIL = 3 * CHUNK
"""Samples, at most, of a fading voice that nobody need have listened to."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What was understood of the turn up to some place."""

    until: int
    """Position of the sample after the last one that was listened to."""
    samples: Samples
    """What was listened to, 16 kHz."""
    transcript: asyncio.Task[Transcript]
    bill: Bill
    at_once: bool
    """Whether nothing else was to be listened to before it."""


class Partials:
    """Lives on the running loop; asks for one transcript at a time."""

    def __init__(
        self, stt: Stt, every_s: float, voice_off: float, costs: Costs, on_words: Callable[[str], None]
    ) -> None:
        """There is a voice where its probability is at least `voice_off`.

        `on_words` is called with the words of each glance that found some.
        """
        self.sparing = False
        """Whether the processor is to be spared: half as many glances while the voice goes on."""
        self._stt = stt
        self._costs = costs
        self._every_s = every_s
        self._voice_off = voice_off
        self._on_words = on_words
        self._rest_s = 0.0
        self._said_s = 0.0
        """How long the voice has been there in this turn; its pauses are left out."""
        self._asked_at_s = 0.0
        """How long it had been at the last glance."""
        self._sure = False
        """Whether there was a voice beyond doubt since the last glance."""
        self._voiced_until = 0
        self._glance: Glance | None = None

    def hear(self, voice: float, until: int, samples: Callable[[], Samples], *, over: bool) -> None:
        """The turn has one chunk more, up to position `until`, in which there is a `voice` (probability).

        `samples` gives the turn's sound; `over` is whether the agent was speaking.
        """
        voiced = voice >= self._voice_off
        if voiced:
            self._voiced_until = until
            self._said_s += CHUNK / RATE_HZ
        if voice >= SURE:
            self._sure = True
        fades = self._sure and voice < SURE and not self._hurries
        if fades or (not voiced and self._voiced_until and not self.covering(self._voiced_until)):
            self._ask(until, samples(), at_once=True)
        elif voiced and self._due(over=over):
            self._ask(until, samples(), at_once=False)

    def covering(self, position: int) -> Glance | None:
        """Return the glance, done or under way, at all of a turn whose voice ended at `position`; None without one."""
        reaches = self._glance is not None and self._glance.until + TAIL >= position
        return self._glance if reaches and not self._sure else None

    def reset(self) -> None:
        """The turn is over; what is still under way is of no interest."""
        if self._glance is not None:
            self._glance.transcript.cancel()
        self._glance = None
        self._said_s = self._asked_at_s = 0.0
        self._sure = False
        self._voiced_until = 0

    @property
    def _hurries(self) -> bool:
        """Whether there is listened to an earlier end of the voice."""
        return self._glance is not None and self._glance.at_once and not self._glance.transcript.done()

    def _due(self, *, over: bool) -> bool:
        """Whether it is time for a glance while the voice goes on."""
        idle = self._glance is None or self._glance.transcript.done()
        grown_s = min(max(self._asked_at_s, self._every_s), SELDOM * self._every_s)
        spacing_s = max(self._every_s / 4 if over else grown_s, self._rest_s) * (2 if self.sparing else 1)
        return idle and self._said_s - self._asked_at_s >= spacing_s

    def _ask(self, until: int, samples: Samples, *, at_once: bool) -> None:
        if self._glance is not None:
            self._glance.transcript.cancel()
        self._asked_at_s = self._said_s
        self._sure = False
        bill = self._costs.open(Try.GLANCE)
        asking = asyncio.get_running_loop().create_task(self._transcribe(samples, bill, at_once))
        self._glance = Glance(until, samples, asking, bill, at_once)
        asking.add_done_callback(self._heard)

    async def _transcribe(self, samples: Samples, bill: Bill, at_once: bool) -> Transcript:
        BILL.set(bill)
        return await self._stt.transcribe(samples, final=at_once)

    def _heard(self, asked: asyncio.Task[Transcript]) -> None:
        if asked.cancelled() or isinstance(asked.exception(), EngineError):
            return  # The draft's own transcript will meet the same failure, and is the one that must answer for it.
        transcript = asked.result()
        if self._glance is None or asked is not self._glance.transcript or transcript.overtaken:
            return
        self._rest_s = transcript.ms / 1000 / SHARE
        if transcript.text:
            self._on_words(transcript.text)
