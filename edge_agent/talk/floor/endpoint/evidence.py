"""What is known about a pause when it is judged."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whatever is not known (yet) is None, and then has no vote."""

    smart_turn: float | None = None
    """Smart Turn's probability (0-1) that the turn is over."""
    words: str | None = None
    """The turn so far, as speech-to-text wrote it; empty where it heard no words."""
    avg_logprob: float | None = None
    """How sure speech-to-text was of its words: the mean log-probability of their tokens, at most 0."""
    sentence_end: float | None = None
    """The language model's probability (0-1) that a sentence ends after these words."""
    grammar_complete: bool | None = None
    """True: the words are a whole command. False: they are the beginning of one. None: no grammar knows them."""
    can_go_on: bool | None = None
    """Whether a grammar has more words to come: after a whole command, "with milk". None: it was not asked."""
    asked: bool | None = None
    """Whether the agent has just asked something."""
    paused_s: float | None = None
    """The longest pause that the speaker made earlier in this turn, s; 0 where there was none."""
