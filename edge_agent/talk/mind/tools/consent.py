"""The question before something that can't be taken back, and whether the answer to it is a yes. Pure.

1. The question repeats every argument: who says yes has heard to what. What is too long to be heard is not asked.
2. Only a whole answer counts: "yes", "go ahead", and nothing beside it. "Yes, but with milk" is another order, and
   "mm-hm" and "okay" are what people say who only listen.
3. It counts if it was begun after the question's last sample. What is heard before that may be the agent's own voice,
   and whoever answers before the end has not heard all of it: he is asked again.
4. It counts for `within_s`, and for the turn that follows at once. Any other words, and what was asked is forgotten.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from edge_agent.talk.mind.skills.normal import normalise
from edge_agent.talk.mind.tools.tool import Arguments, Call, Tool

QUESTION_CHARS_MAX: Final = 240
"""About 15 s of speech. Nobody keeps more in mind than that to say yes to it."""


def _answers(text: str) -> frozenset[str]:
    return frozenset(" ".join(each.split()) for each in text.split("|"))


_YES: Final = _answers(
    """
    yes | yeah | yep | yup | yes yes | yes please | yes do it | yes do that | yes go ahead | yes i do | yes i am |
    yes i'm sure | yes of course | yes that's right | yes correct | yes sure | do it | do that | please do | go ahead |
    of course | sure | absolutely | definitely | correct | that's right | i'm sure | i confirm | confirm
    """
)

_NO: Final = _answers(
    """
    no | nope | nah | no no | no thanks | no thank you | no don't | don't | do not | don't do it | don't do that |
    no stop | stop | cancel | cancel it | cancel that | no cancel | no cancel that | never mind | forget it |
    forget that | rather not | better not | not now | no wait | wait no
    """
)

_COURTESIES: Final = re.compile(r"\b(please|thanks|thank you|um|uh|oh|well)\b")


class Consent(Enum):
    """What somebody's words are to a question."""

    YES = "yes"
    NO = "no"
    AGAIN = "again"  # a yes that does not count: the question is put once more
    NONE = "none"  # no answer to it


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that waits for its answer."""

    call: Call
    until: int | None
    """Position, samples, of the end of its sound; None where it was not heard to its end."""
    at: float
    """When it ended, s, monotonic."""


def consent(asked: Asked, words: str, began: int | None, now: float, within_s: float) -> Consent:
    """Return what `words` are to a question. `began` is where their sound begins, samples; None if they were typed."""
    said = normalise(words)
    plain = " ".join(_COURTESIES.sub("", said).split()) or said
    if {said, plain} & _NO:
        return Consent.NO
    if not {said, plain} & _YES or now > asked.at + within_s:
        return Consent.NONE
    if asked.until is None or (began is not None and began < asked.until):
        return Consent.AGAIN
    return Consent.YES


def question(tool: Tool, arguments: Arguments) -> str | None:
    """Return the question before this call: with every argument in it; None where that is too long to be heard."""
    own = _filled(tool.ask, arguments) if tool.ask else ""
    if not own or not all(_within(value, own) for _, value in _leaves(arguments)):
        told = ", ".join(f"{name} {value}".strip() for name, value in _leaves(arguments))
        what = tool.description.rstrip(" .?!") or tool.name
        own = f"{what}{': ' if told else ''}{told}. Shall I do that?"
    return own if len(own) <= QUESTION_CHARS_MAX else None


def _filled(template: str, arguments: Arguments) -> str:
    told = re.sub(r"\{(\w+)\}", lambda slot: _spoken(arguments[slot[1]]) if slot[1] in arguments else "", template)
    return " ".join(told.split())


def _within(value: str, text: str) -> bool:
    return f" {normalise(value)} " in f" {normalise(text)} "


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every single value in some arguments, with the name that it has."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, str(key).replace("_", " "))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _leaves(each, name)
    else:
        yield name, _spoken(value)


def _spoken(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "none"
        case list() | tuple():
            return ", ".join(_spoken(each) for each in value)
        case Mapping():
            return ", ".join(f"{name} {_spoken(each)}" for name, each in value.items())
    return str(value)
