"""The models in the agent's own process (voice detector, end of a turn, wake word), when others take their place.

1. Only what differs is loaded, in a thread beside the loop: some tens of milliseconds each, a wake word most of a
   second. That they load at all was tried before in a process that may die of it (`supply/fleet/canary.py`).
2. The ear takes another voice detector when nobody speaks, so no edge of a voice is lost; its thresholds come with it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from edge_agent.app.judge import Judge
from edge_agent.base.settings import EarSettings
from edge_agent.supply.catalogue import Kind
from edge_agent.supply.fleet.models import Models
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.smart_turn import SmartTurn
from edge_agent.talk.ear.vad import Silero
from edge_agent.talk.ear.wakeword import WakeWord


@dataclass(frozen=True, slots=True)
class Senses:
    """Those that differ; None is the same as before."""

    ear: EarSettings
    silero: Silero | None = None
    smart_turn: SmartTurn | None = None
    wake_word: WakeWord | None = None


def loaded(chosen: Models, before: Models | None = None) -> Senses:
    """Load what `chosen` has and `before` had not; ModelError if one can't be loaded."""

    def new(kind: Kind) -> bool:
        return before is None or chosen.mark(kind) != before.mark(kind)

    ear = chosen.settings.ear
    other_ear = before is None or ear != before.settings.ear
    return Senses(
        ear,
        Silero(chosen.file(Kind.VAD)) if other_ear or new(Kind.VAD) else None,
        SmartTurn(chosen.file(Kind.TURN)) if new(Kind.TURN) else None,
        WakeWord(chosen.file(Kind.WAKE), ear.wake_at) if ear.wake_word and new(Kind.WAKE) else None,
    )


def taking(listener: Listener, judge: Judge) -> Callable[[Senses], None]:
    """Return how the running agent takes them over, on its loop."""

    def take(senses: Senses) -> None:
        if senses.silero:
            listener.fresh = senses.silero, senses.ear
        if senses.smart_turn:
            judge.adopt(senses.smart_turn)
        if senses.wake_word:
            listener.waking.spotter = senses.wake_word

    return take
