"""An engine is killed (-9) or stopped the moment that a conversation enters a state; what became of the turn.

One that is stopped (SIGSTOP) lives and does nothing, for good: whoever supervises it has to find out.
"""

import os
import signal
import time
from dataclasses import dataclass
from enum import StrEnum

from edge_agent.app.happenings import LevelMeasured, PhraseQueued, StateChanged
from edge_agent.base.events import Typed
from edge_agent.base.frames import RATE_HZ
from edge_agent.talk.floor.rules import APOLOGY
from edge_agent.talk.floor.state import State
from edge_agent.workers.process import Worker

ENGINES = ("stt", "llm", "tts")

HUNG_S = 90.0
"""What is not over by then has hung, however busy the machine: three times what a patient agent waits for an answer."""

INTO_S = 1.0
"""How far into the agent's words somebody speaks over them."""

STORY = "Tell me a long story about the moon and the sea."
OVER = {State.DUCKED: "over", State.HELD: "over", State.WEIGHED: "yeah"}
"""What is said over the agent's words to come to a state."""


class End(StrEnum):
    """What became of a turn."""

    NONE = "nothing asked"
    ANSWERED = "answered"
    APOLOGY = "apology"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Killed:
    """One case of the matrix."""

    engine: str
    state: State
    end: End
    hears_s: float
    """From the kill to the next chunk of sound that was looked at."""
    back_s: float
    """From the kill to the engine's successor, proven."""
    goes_on: bool
    """Whether the next question was answered as if nothing had been."""


class Blow:
    """The kill, and when it was."""

    def __init__(self, worker: Worker, state: State, by: signal.Signals) -> None:
        self._worker = worker
        self._state = state
        self._by = by
        self.killed: int | None = None
        self.at: float | None = None
        self.hears_s: float | None = None

    def __call__(self, happening: object) -> None:
        """Watch, and strike when it is time."""
        entered = isinstance(happening, StateChanged) and happening.state is self._state
        if entered and self.at is None and self._worker.ready:
            self.strike()
        if isinstance(happening, LevelMeasured) and self.at is not None and self.hears_s is None:
            self.hears_s = time.monotonic() - self.at

    def strike(self) -> None:
        """Now."""
        assert self._worker.pid is not None
        self.killed = self._worker.pid
        os.kill(self.killed, self._by)
        self.at = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether a successor is proven."""
        return self.killed is not None and self._worker.ready and self._worker.pid != self.killed


async def kill_at(it, lines, engine: str, state: State, by: signal.Signals = signal.SIGKILL) -> Killed:
    """Lead a resting agent (`Live`) to `state`, kill or stop the engine there, and ask something afterwards."""
    worker = next(worker for worker in it.agent.workers if worker.spec.name == engine)
    await it.until(lambda: worker.ready, HUNG_S)
    it.also = blow = Blow(worker, state, by)
    try:
        if state is State.LISTENING:
            blow.strike()
        await _lead_to(it, lines, state)
        await it.until(lambda: blow.hears_s is not None, HUNG_S)
        await it.until(lambda: blow.over, HUNG_S)  # Chunks of sound are news enough.
        back_s = time.monotonic() - blow.at
        await it.until(lambda: it.listens and _end(it, state) is not End.LOST, HUNG_S)
    except TimeoutError:
        # No verdict on the agent: on a busy machine the answer may be over before anybody speaks over it.
        assert blow.at is not None, f"never {state.value} within {HUNG_S:.0f} s, so no engine was struck"
        return Killed(engine, state, End.LOST, blow.hears_s or HUNG_S, HUNG_S, goes_on=False)
    finally:
        it.also = None
    end = _end(it, state)
    await it.rests()
    await it.asked(lines["time"])
    (turn, *_) = await it.answers(timeout_s=HUNG_S)
    return Killed(engine, state, end, blow.hears_s, back_s, goes_on=turn.heard not in ("", APOLOGY))


async def _lead_to(it, lines, state: State) -> None:
    if state in (State.HEARING, State.PAUSED, State.THINKING):
        it.person.says(lines["france"])
    elif state is not State.LISTENING:
        it.agent.post(Typed(STORY))
        if state in OVER:
            await it.until(lambda: it.speaks, HUNG_S)
            await it.person.passes(it.room.position + round(INTO_S * RATE_HZ))
            it.person.says(lines[OVER[state]])


def _end(it, state: State) -> End:
    if state is State.LISTENING:
        return End.NONE
    if APOLOGY in " ".join(phrase.text for phrase in it.of(PhraseQueued)):
        return End.APOLOGY
    return End.ANSWERED if any(turn.heard for turn in it.ended) else End.LOST
