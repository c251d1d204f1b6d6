"""All grammars together.

1. What was heard is normalised once, then every grammar is asked, the owner's before the one that ships.
2. The first that is certain answers. None is the normal case: most of what people say is no command.
"""

from collections.abc import Iterable
from pathlib import Path

from edge_agent.talk.mind.skills.grammar import SENTENCES, Grammar, Sentences, Understood
from edge_agent.talk.mind.skills.normal import normalise
from edge_agent.talk.mind.skills.rhino import Rhino


class Skills:
    """What the agent can do by itself: the sentences that ship, and the owner's grammars."""

    def __init__(self, grammars: Iterable[Path] = ()) -> None:
        own: list[Grammar] = [Sentences(path) if path.is_dir() else Rhino(path) for path in grammars]
        self._grammars: tuple[Grammar, ...] = (*own, Sentences(SENTENCES))

    def understand(self, text: str) -> Understood | None:
        """Return what `text` asks for, or None if that is not certain."""
        words = normalise(text)
        if not words:
            return None
        return next(filter(None, (grammar.understand(words) for grammar in self._grammars)), None)

    def is_complete(self, text: str) -> bool:
        """Whether these words are a whole command: then nobody needs to wait for more."""
        return self.understand(text) is not None

    def can_go_on(self, text: str) -> bool:
        """Whether `text` begins a command and has not come to the end of it, be it whole by itself or not."""
        words = normalise(text)
        return any(grammar.can_go_on(words) for grammar in self._grammars)
