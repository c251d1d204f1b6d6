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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool answered."""

    say: str = ""
    """To be spoken as it is; empty where `text` is for a model to put into words."""
    text: str = ""
    """For the model."""
    trusted: bool = True
    """False for text that came from elsewhere (a server, the web): it is data, whatever it says."""


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
