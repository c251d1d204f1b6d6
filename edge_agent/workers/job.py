"""One job of a worker, as the agent's side sees it: what it has brought so far, and whether anybody still reads it."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from edge_agent.base.errors import EdgeAgentError, EngineError, InputError, ModelError
from edge_agent.workers.bill import BILL, Bill
from edge_agent.workers.wire import AHEAD, JSON, Item


@dataclass(slots=True, eq=False)
class Job:
    """To be used from one event loop."""

    id: int
    fields: Mapping[str, JSON]
    payload: bytes
    items: deque[Item] = field(default_factory=lambda: deque(maxlen=AHEAD))
    closed: bool = False
    """Nobody reads it any more."""
    ended: bool = False
    error: EdgeAgentError | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)
    bill: Bill | None = field(default_factory=BILL.get)
    """Of whoever asked for it."""

    @property
    def unread(self) -> bool:
        """Whether the engine may be resting because of its reader."""
        return not self.closed and len(self.items) >= AHEAD

    def add(self, item: Item) -> None:
        """The engine has brought a piece."""
        if not self.closed:
            self.items.append(item)
            self.news.set()

    def end(self, error: EdgeAgentError | None = None) -> None:
        """No more pieces will come."""
        self.ended, self.error = True, error
        self.news.set()

    def charge(self, fields: Mapping[str, JSON]) -> None:
        """The engine has told what the job cost."""
        if self.bill is not None:
            self.bill.cpu_ms += fields["cpu_ms"]


def rebuilt(fields: Mapping[str, JSON]) -> EdgeAgentError:
    """Return the error that a worker told us of: an InputError stays one, whatever is unknown is the engine's fault."""
    if fields["error"] == InputError.__name__:
        return InputError(fields["text"], hint=fields["hint"])
    known = fields["error"] in (EngineError.__name__, ModelError.__name__)
    return EngineError(fields["text"] if known else f"{fields['error']}: {fields['text']}", hint=fields["hint"])
