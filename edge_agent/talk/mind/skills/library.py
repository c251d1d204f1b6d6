"""All grammars together.

1. What was heard is normalised once, then every grammar is asked, the owner's before the one that ships.
2. The first that is certain answers. None is the normal case: most of what people say is no command.
3. Where none knows the words, the owner's are asked once more by their sound: in a kiosk, what sounds like an order was
   one. The one that ships is not: it has short words that much sounds like, and hears commands where none was given.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_agent.talk.mind.leanings import Leanings
from edge_agent.talk.mind.skills.by_sound import DOUBT_MAX, PERHAPS, BySound, Hypothesis, Near
from edge_agent.talk.mind.skills.grammar import SENTENCES, Grammar, Sentences, Understood
from edge_agent.talk.mind.skills.normal import normalise
from edge_agent.talk.mind.skills.rhino import Rhino
from edge_agent.talk.mind.skills.taught import Taught


@dataclass(frozen=True, slots=True)
class Doubt:
    """What was heard may have been a command."""

    grammar: BySound
    """Whose command it would be."""
    near: Near
    """Which one it may have been."""

    @property
    def words(self) -> tuple[str, ...]:
        """What to listen for: every word of that grammar."""
        return self.grammar.words

    @property
    def sentences(self) -> tuple[str, ...]:
        """Some of its sentences."""
        return self.grammar.examples


class Skills:
    """What the agent can do by itself: the sentences that ship, the owner's grammars and those of his skills."""

    def __init__(self, grammars: Iterable[Path] = (), taught: Taught | None = None) -> None:
        self._read = tuple(Sentences(path) if path.is_dir() else Rhino(path) for path in grammars)
        self._ships = Sentences(SENTENCES)
        self._taught = taught
        self._learn()

    def refresh(self) -> None:
        """Ask again for the lists of words that may have changed. In a thread: whoever is asked may take his time."""
        if self._taught and self._taught.refresh():
            self._learn()

    def _learn(self) -> None:
        taught = (self._taught.grammar,) if self._taught and self._taught.grammar else ()
        own = (*self._read, *taught)
        by_sound = [BySound(grammar) for grammar in own]
        self._grammars: tuple[Grammar, ...] = (*own, self._ships)
        self._by_sound = by_sound

    def understand(self, text: str) -> Understood | None:
        """Return what `text` asks for, or None if that is not certain."""
        words = normalise(text)
        if not words:
            return None
        return next(filter(None, (grammar.understand(words) for grammar in self._grammars)), None)

    def sounds_like(self, text: str) -> Understood | Doubt | None:
        """Return what `text`, which nobody understands, asks for by its sound; or that it is worth hearing again."""
        words = normalise(text)
        nearest = [(own, own.nearest(words)) for own in self._by_sound] if words else []
        own, near = min(nearest, key=lambda each: each[1].doubt, default=(None, None))
        if own is None or near is None or near.doubt > PERHAPS:
            return None
        return own.said(near) if own.is_sure(near) else Doubt(own, near)

    def leaned_to(self, doubt: Doubt, leanings: Leanings) -> Understood | Doubt | None:
        """Return what was asked for in the light of what was nearly written, or what doubt is left."""
        if not leanings.pieces:
            return doubt
        own = doubt.grammar
        near = own.leaning(leanings)
        return own.said(near) if own.is_sure(near) else Doubt(own, near)

    def settled(self, text: str, doubt: Doubt, again: Sequence[Hypothesis]) -> Understood | None:
        """Return what was asked for after a second hearing of `text`: `again`, the likeliest first."""
        own = doubt.grammar
        near = own.confirmed(normalise(text), doubt.near, again)
        return own.said(near) if near and near.doubt <= DOUBT_MAX else None

    def is_complete(self, text: str) -> bool:
        """Whether these words are a whole command: then nobody needs to wait for more."""
        return self.understand(text) is not None

    def can_go_on(self, text: str) -> bool:
        """Whether `text` begins a command and has not come to the end of it, be it whole by itself or not."""
        words = normalise(text)
        return any(grammar.can_go_on(words) for grammar in self._grammars)
