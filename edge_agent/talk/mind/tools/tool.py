"""A tool: something that the agent can do, whoever understood that it was asked for.

A sentence of a grammar, the local model or a cloud model may name a tool and its arguments. Where a tool comes from (a
function of the owner's, an MCP server, an OpenAPI document) makes no difference to whoever calls it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

Arguments: TypeAlias = Mapping[str, Any]
"""By parameter name; JSON values, valid for the tool's schema."""


class Risk(StrEnum):
    """What it costs if nobody meant it."""

    READ = "read"  # changes nothing: may be called by a draft that is dropped
    REVERSIBLE = "reversible"  # called when the turn is committed
    IRREVERSIBLE = "irreversible"  # called after a spoken yes, and never in a turn that holds untrusted text


class Failure(StrEnum):
    """Why a tool was not called, or has no answer."""

    UNKNOWN = "there is no such tool"
    NOT_ALLOWED = "this tool may not be called by a model"
    UNTRUSTED = "not in a turn that holds text from elsewhere: the person has to ask for it in his own words"
    UNSPEAKABLE = "its arguments are too long to be read out and confirmed"
    INVALID = "the arguments are not valid"
    TOO_MANY = "no more calls in this turn"
    TOO_OFTEN = "too many calls within a minute"
    SLOW = "it took too long"
    BROKEN = "it failed"


@dataclass(frozen=True, slots=True)
class Call:
    """What a tool is to do."""

    name: str
    """Of the tool."""
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool answered."""

    say: str = ""
    """To be spoken as it is; empty where `text` is for a model to put into words."""
    text: str = ""
    """For the model."""
    trusted: bool = True
    """False for text that came from elsewhere (a server, the web): it is data, whatever it says."""
    failure: Failure | None = None
    """Why there is no other answer; None where there is."""
    undo: Callable[[], Awaitable[None]] | None = None
    """Takes it back for a person who goes on right after the answer began: he is answered anew, and it is called again.
    None where twice is like once."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool."""

    name: str
    """Unique among the agent's tools; letters, digits, `_` and `-`."""
    description: str
    """One line, for a model and for the owner."""
    schema: Mapping[str, Any]
    """Of its arguments: a JSON schema of type `object`."""
    call: Callable[[Arguments], Awaitable[Outcome]]
    """Does it. May raise anything; cancelling it is safe."""
    risk: Risk = Risk.IRREVERSIBLE
    """Whatever does not say what it is, is taken for the worst."""
    timeout_s: float = 5.0
    ask: str = ""
    """The question before an irreversible call, with its arguments in braces: "Order a {size} {drink}?". Empty takes
    one that is made of the description; so does a question that leaves an argument out."""
    source: str = ""
    """Where it comes from, for the owner: a file, a server."""

    @property
    def can_be_called(self) -> bool:
        """Whether there is a value for each argument that it needs: a list of them may be empty today."""
        properties: Mapping[str, Any] = self.schema.get("properties", {})
        needed = [properties.get(name) for name in self.schema.get("required", ())]
        return not any(isinstance(each, Mapping) and each.get("enum") == [] for each in needed)
