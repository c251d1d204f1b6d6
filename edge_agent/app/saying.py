"""What the user is saying: the sound of the open turn, its words so far, its pauses, and what was foreseen of it.

One turn is open at a time, or none. What opens and closes it is the floor's; here it only is collected.
"""

from collections.abc import Callable

from edge_agent.app.costs import Costs
from edge_agent.app.foresight import Foreseen, Foresight
from edge_agent.app.partials import Partials
from edge_agent.app.pauses import Pauses
from edge_agent.app.questions import Spoken
from edge_agent.app.reading import Reading
from edge_agent.app.rooms import Rooms
from edge_agent.base.frames import Heard
from edge_agent.base.settings import Settings
from edge_agent.talk.ear.utterance import Utterance
from edge_agent.talk.floor.state import State, Turn
from edge_agent.talk.mind.context import Memory


class Saying:
    """Of one conversation, on its loop."""

    def __init__(
        self, rooms: Rooms, settings: Settings, costs: Costs, reading: Reading, on_words: Callable[[str], None]
    ) -> None:
        """`on_words` is called with the words so far, whenever more of them are known."""
        every_s = settings.mind.partial_ms / 1000
        self.pauses = Pauses()
        self._utterance = Utterance(settings.ear.preroll_ms)
        self._partials = Partials(rooms.stt, every_s, settings.ear.voice_off, costs, on_words)
        self._foresight = Foresight(rooms, reading)

    @property
    def foreseen(self) -> Foreseen:
        """What was foreseen of this turn."""
        return self._foresight.seen

    @property
    def voice_s(self) -> float:
        """For how long somebody surely spoke in this turn, s."""
        return self._utterance.voice_s

    @property
    def sparing(self) -> bool:
        """Whether the processor is spared: it glances less while the voice goes on, and the model does not read."""
        return self._partials.sparing

    def spare(self, sparing: bool) -> None:
        """Spare the processor from now on, or no more."""
        self._partials.sparing = sparing

    def hear(self, heard: Heard, state: State) -> None:
        """Take one chunk from the ear; `state` is who speaks."""
        self._utterance.hear(heard)
        if state in (State.HEARING, State.HELD):
            over = state is State.HELD
            self._partials.hear(heard.voice, self._utterance.end, self._utterance.samples, over=over)

    def open(self, position: int) -> None:
        """A turn begins, whose first voiced sample was at `position`."""
        self._utterance.open(position)
        self.pauses.begin()
        self._foresight.reset()

    def close(self) -> None:
        """The turn is over; its sound is forgotten."""
        self._utterance.close()
        self._partials.reset()

    def forget(self) -> None:
        """Forget all sound, also what was heard before the turn."""
        self._utterance.forget()
        self._partials.reset()

    def foresee(self, words: str, memory: Memory, persona: str) -> None:
        """Make ready what these words will need."""
        self._foresight.look(words, memory, persona, sparing=self.sparing)

    def end(self, turn: Turn) -> int | None:
        """Position at which the voice ended; None of a turn that is cut: the voice goes on."""
        return self.pauses.last.position if turn.silent_since is not None else None

    def question(self, turn: Turn) -> Spoken:
        """Return what was said so far, as a draft is asked."""
        end = self.end(turn)
        glance = None if end is None else self._partials.covering(end)
        return Spoken(self._utterance.samples(), glance, turn.silent_since, self._utterance.began)

    def stop(self) -> None:
        """Stop what is under way."""
        self._foresight.close()
        self._partials.reset()
