"""What `edge-agent status` and its like do: ask the agent that runs on this machine, through its socket."""

import http.client
import json
import socket
from pathlib import Path
from typing import Any

from edge_agent.base.errors import AccessError, EngineError, NetworkError
from edge_agent.base.paths import NAME, paths
from edge_agent.host.server import FILE

SYSTEM = Path("/run") / NAME / FILE
"""Where the system's service listens."""

PATIENCE_S = 10.0
"""The agent answers within milliseconds, unless its machine stands still."""


def socket_path() -> Path:
    """Return where an agent listens: this user's, else the system's."""
    own = paths().runtime / FILE
    return own if _is_there(own) or not _is_there(SYSTEM) else SYSTEM


def _is_there(place: Path) -> bool:
    """Whether it is there; whoever may not look is told so when he asks."""
    try:
        return place.exists()
    except PermissionError:
        return True


def ask(method: str, path: str, where: Path | None = None) -> Any:
    """Return what the agent answers.

    NetworkError if none runs, AccessError if it may not be asked that, EngineError for whatever else it says no to.
    """
    where = where or socket_path()
    line = _Line(where)
    try:
        line.request(method, path)
        answer = line.getresponse()
        body = answer.read()
        told = json.loads(body)
    except (FileNotFoundError, ConnectionRefusedError):
        hint = "Start it: edge-agent run. Or with a screen: edge-agent talk --socket."
        raise NetworkError("no agent is running here", hint=hint) from None
    except PermissionError:
        raise AccessError(f"{where} may not be used", hint="Join the socket's group, or use sudo.") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise EngineError(f"the agent behind {where} does not answer: {error}", hint="Look at its log.") from error
    finally:
        line.close()
    if answer.status == 200:
        return told
    said = str(told.get("error", answer.reason)) if isinstance(told, dict) else answer.reason
    if answer.status in (401, 403):
        raise AccessError(said, hint="Ask as the agent's own user or root, or set api.may_open.")
    raise EngineError(f"the agent says no: {said}")


class _Line(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, where: Path) -> None:
        super().__init__("localhost", timeout=PATIENCE_S)
        self._where = where

    def connect(self) -> None:
        """Connect to the socket instead of a host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect(str(self._where))
