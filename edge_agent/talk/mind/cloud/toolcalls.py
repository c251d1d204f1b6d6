"""Tools in the words of the OpenAI interface: what is offered, what is wanted, what came of it. Pure.

What a provider sends about a call is a stranger's: it is bounded, and anything that has no name is no call.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from edge_agent.talk.mind.cloud.outgoing import Offer, Outgoing, Wanted

CALLS_MAX: Final = 8
"""In one answer."""

ARGUMENTS_MAX: Final = 8000
"""Characters of the arguments of one call."""


def offered(offers: Sequence[Offer]) -> list[dict[str, Any]]:
    """Return the tools of a question."""
    return [
        {
            "type": "function",
            "function": {"name": offer.name, "description": offer.description, "parameters": dict(offer.schema)},
        }
        for offer in offers
    ]


def said(sent: Outgoing) -> list[dict[str, Any]]:
    """Return the messages of a question, the calls that were made in this turn behind them."""
    messages: list[dict[str, Any]] = [{"role": each.role, "content": each.content} for each in sent.messages]
    for made in sent.made:
        calls = [
            {
                "id": each.wanted.id,
                "type": "function",
                "function": {"name": each.wanted.name, "arguments": each.wanted.arguments},
            }
            for each in made
        ]
        messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        messages += [{"role": "tool", "tool_call_id": each.wanted.id, "content": each.result} for each in made]
    return messages


class Calls:
    """The calls of one answer, which come in pieces."""

    def __init__(self) -> None:
        self._calls: dict[int, Wanted] = {}

    def take(self, pieces: Iterable[Any]) -> None:
        """Take some pieces."""
        for piece in pieces:
            place = piece.index if isinstance(piece.index, int) else len(self._calls)
            known = self._calls.get(place)
            if known is None and len(self._calls) >= CALLS_MAX:
                continue
            known = known or Wanted("", "", "")
            function = piece.function
            self._calls[place] = Wanted(
                known.id or str(piece.id or f"call_{place}"),
                known.name or str((function and function.name) or ""),
                (known.arguments + str((function and function.arguments) or ""))[:ARGUMENTS_MAX],
            )

    @property
    def wanted(self) -> list[Wanted]:
        """All of them, in order."""
        return [call for _, call in sorted(self._calls.items()) if call.name]
