"""The words of one answer, as far as they may be said.

1. An answer that comes to its limit of tokens ends with a whole sentence, where it has one.
2. For that, what is begun late in it is held back until it is whole. Nobody waits for it: a cloud writes faster than
   anybody speaks, so the voice is far behind by then.
3. What is no text, or does not end, is garbage.

Pure.
"""

from edge_agent.talk.mind.cloud.budget import CHARS_PER_TOKEN
from edge_agent.talk.mind.cloud.failures import Failure, ProviderError
from edge_agent.workers.text import Sentences

CUT_OFF = frozenset({"length", "content_filter"})
"""Why an answer may end before its end."""

AHEAD = 40
"""Tokens from which the voice is far behind: some ten seconds of speech."""

LETTERS_PER_TOKEN = 20
"""Of an answer, for each token that was asked for: English has 4 or 5. Who sends more does not mean to stop."""


class Words:
    """One answer on its way."""

    def __init__(self, provider: str, tokens_max: int) -> None:
        """`tokens_max` is how long an answer `provider` was asked for."""
        self._provider = provider
        self._tokens_max = tokens_max
        self._sentences = Sentences()
        self._pieces = 0
        self._letters = 0

    def add(self, content: object) -> str:
        """Return what can be said now. ProviderError for garbage."""
        if not isinstance(content, str):
            raise ProviderError(self._provider, Failure.GARBAGE, "what should be text is something else")
        self._pieces += 1
        self._letters += len(content)
        if self._letters > LETTERS_PER_TOKEN * self._tokens_max:
            raise ProviderError(self._provider, Failure.GARBAGE, "without an end")
        # A piece has a token or more.
        tokens = max(self._pieces, self._letters // CHARS_PER_TOKEN)
        return self._sentences.add(content, late=tokens > min(AHEAD, self._tokens_max / 2))

    def rest(self, finish_reason: object) -> str:
        """Return what is left when it is over, for this reason."""
        return self._sentences.rest(cut_off=finish_reason in CUT_OFF)
