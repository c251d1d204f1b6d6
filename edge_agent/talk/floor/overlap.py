"""What somebody means who speaks while the agent does: to have the floor, or only to show that they listen. English.

1. No words are no interruption: a cough, a laugh, a door. Words that were not made out are one where a voice was sure
   for as long as a word lasts (`MUMBLED_S`): nobody can know what they were, and to go on talking is the worse mistake.
2. Backchannels ("mm-hm", "yeah", "I see", "wow") leave the floor where it is, however many of them there are. All of
   the words decide: "yeah, but why" is an interruption.
3. Where the agent has just asked something, a backchannel that can be an answer ("yes", "okay", "mm-hm") is one.
4. What repeats the agent's own latest words is its echo, which a canceller let through. Words with which people stop
   each other are believed all the same, unless the agent said them last.
5. Before the first sound of an answer the voice is heard together with the question, so the words that come after the
   question's decide.
6. An alarm is acknowledged by "okay", "thanks" and their like. "Mm-hm" and "right" are none: whoever says that listens.
7. A final transcript decides by any other word. A glance at a voice that goes on is a guess, so it decides nothing by a
   single word, unless that is one with which people stop each other ("wait", "no").
"""

import re
from difflib import SequenceMatcher
from typing import Final

from edge_agent.talk.floor.endpoint.words import vocabulary

ANSWERS: Final = vocabulary(
    """
    yes | yeah | yep | yup | mhm | mm hm | mm hmm | uh huh | okay | ok | right | all right | alright | sure | fine |
    good | great | exactly | of course | true | that's right | that's true | absolutely | definitely | correct |
    go on | go ahead | please
    """,
    "|",
)
"""Backchannels that are answers after a question."""

BACKCHANNELS: Final = ANSWERS | vocabulary(
    """
    mm | hm | hmm | uh | um | huh | ah | aha | oh | ooh | ha | haha | wow | really | i see | i know | got it | cool |
    nice | interesting | indeed | totally | no way | no kidding | my god | thanks | thank you | that's nice |
    that's great | that's good | that's cool | that's interesting
    """,
    "|",
)
"""What listeners say without wanting the floor. "Thank you" is also what Whisper writes where nobody speaks."""

ACKNOWLEDGEMENTS: Final = vocabulary("okay | ok | all right | alright | thanks | thank you | got it | i know", "|")
"""Backchannels by which somebody who was told something lets it be."""

STOPS: Final = vocabulary(
    """
    stop | wait | no | nope | hold on | hold it | hang on | shut up | be quiet | quiet | enough | cancel | never mind |
    nevermind | pause | excuse me | hey | listen | sorry | one moment
    """,
    "|",
)

PHRASE_MAX: Final = 2
"""Words of the longest entry above."""

GLANCE_WORDS: Final = 2
"""Words, backchannels left out, by which a glance decides."""

MUMBLED_S: Final = 0.35
"""Of a sure voice whose words can't be believed: more than coughs have, and most of "mm-hm"."""

ASKED_WITHIN: Final = 3
"""Words that an agent gets out after its question, before an answer to it is heard: about a second's."""


ECHO_WORDS: Final = 16
"""Of the agent's latest words, how many may still be in the air, in the buffers, or in the transcript's reach."""

ECHO_SHARE: Final = 0.75
"""Of a transcript's words that the agent has just said in that order: speech-to-text mishears one now and then."""


def interrupts(text: str, heard: str, *, final: bool) -> bool:
    """Whether `text` takes the floor from an agent of whose answer `heard` was heard."""
    words, said = _words(text), _words(heard)
    if _echoes(words, said):
        return False
    backchannels, others = _divided(words)
    if not others:
        return final and _asks(heard) and not ANSWERS.isdisjoint(backchannels)
    return final or len(others) >= GLANCE_WORDS or bool(_begins(others, STOPS))


def mumbles(doubted: str, voice_s: float, heard: str) -> bool:
    """Whether who surely spoke for `voice_s` takes the floor, although of the words no more is known than `doubted`."""
    words = _words(doubted)
    return voice_s >= MUMBLED_S and bool(_divided(words)[1]) and not _echoes(words, _words(heard))


def acknowledges(text: str, heard: str) -> bool:
    """Whether the final transcript `text` only says that what was `heard` has been noticed."""
    words = _words(text)
    backchannels, others = _divided(words)
    return not others and not ACKNOWLEDGEMENTS.isdisjoint(backchannels) and not _echoes(words, _words(heard))


def added(text: str, asked: str) -> str:
    """Return the words of `text` that come after those of `asked`, which it was heard together with."""
    words, known = _words(text), _words(asked)
    blocks = SequenceMatcher(None, words, known, autojunk=False).get_matching_blocks()
    return " ".join(words[max((block.a + block.size for block in blocks if block.size), default=0) :])


def _words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower().replace("’", "'"))


def _echoes(words: list[str], said: list[str]) -> bool:
    """Whether `words` are what the agent has just `said`."""
    latest = said[-len(words) :] if " ".join(words) in STOPS else said[-ECHO_WORDS:]
    same = sum(block.size for block in SequenceMatcher(None, words, latest, autojunk=False).get_matching_blocks())
    return bool(words) and same >= ECHO_SHARE * len(words)


def _divided(words: list[str]) -> tuple[list[str], list[str]]:
    """The backchannels among `words`, and the words that are left."""
    backchannels: list[str] = []
    others: list[str] = []
    while words:
        length = _begins(words, BACKCHANNELS)
        if length:
            backchannels.append(" ".join(words[:length]))
        else:
            others.append(words[0])
        words = words[length or 1 :]
    return backchannels, others


def _begins(words: list[str], phrases: frozenset[str]) -> int:
    """How many words the longest of `phrases` has with which `words` begin; 0 if there is none."""
    return next((n for n in range(PHRASE_MAX, 0, -1) if " ".join(words[:n]) in phrases), 0)


def _asks(heard: str) -> bool:
    return any("?" in word for word in heard.split()[-1 - ASKED_WITHIN :])
