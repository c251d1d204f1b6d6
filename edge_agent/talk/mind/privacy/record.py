"""What left the device last: in memory, and in a file for `edge-agent privacy last` where the owner wants that.

There is one record of each kind: the last question to a cloud model, and, where endpoints were chosen to hear or speak,
the last turn's sound (how long it was, nothing else) and the last phrase.

1. It holds the text as it was sent, with its placeholders; what stands for them is never written down.
2. The file is this user's alone (0600) from its first byte, and whole or not there.
3. An agent that is told to keep no file deletes the one that it finds.
4. A file that can't be written costs the file, never the turn.
"""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from edge_agent.base.errors import AccessError, InputError
from edge_agent.base.settings import PrivacySettings

log = logging.getLogger(__name__)

FILE = "sent.json"
"""In the state folder."""

Kind = Literal["question", "sound", "speech"]
KINDS: Final[tuple[Kind, ...]] = ("question", "sound", "speech")


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that left."""

    provider: str
    """Whom it went to, as the owner knows it."""
    at: str
    """When: ISO 8601, with the offset from UTC."""
    messages: tuple[tuple[str, str], ...]
    """Role and text of each message, as sent."""
    held: Mapping[str, int]
    """How many things of which category stayed here."""
    kind: Kind = "question"


class Record:
    """The last of what was sent."""

    def __init__(self, settings: PrivacySettings, state: Path) -> None:
        """`state` is the folder that `edge-agent paths` calls so."""
        self._path = state / FILE
        self._on_disk = settings.keep_last
        self.last: dict[Kind, Sent] = {}
        if not self._on_disk:
            self.forget()

    def keep(self, sent: Sent) -> None:
        """Remember it in place of what was sent of its kind before."""
        self.last[sent.kind] = sent
        if self._on_disk:
            self._write()

    def _write(self) -> None:
        unfinished = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.unlink(missing_ok=True)
            handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                kept = {kind: asdict(sent) for kind, sent in self.last.items()}
                json.dump(kept, file, ensure_ascii=False, indent=1)
            unfinished.replace(self._path)
        except OSError as error:
            log.warning("what was sent can't be kept in %s: %s", self._path, error)

    def forget(self) -> None:
        """Forget it, and delete the file."""
        self.last = {}
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s can't be deleted: %s", self._path, error)


def last_kept(state: Path) -> dict[Kind, Sent]:
    """Return what a running or former agent wrote down; often nothing. InputError if that is damaged."""
    path = state / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if unknown := set(found) - set(KINDS):
            raise ValueError(f"it has {', '.join(sorted(unknown))}")
        return {kind: _sent(kind, found[kind]) for kind in KINDS if kind in found}
    except FileNotFoundError:
        return {}
    except PermissionError:
        raise AccessError(f"{path} belongs to another user", hint="Ask as the user that the agent runs as.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} can't be read: {error}", hint="Delete it; the next turn writes it anew.") from None


def _sent(kind: Kind, found: Mapping[str, Any]) -> Sent:
    messages = tuple((str(role), str(text)) for role, text in found["messages"])
    held = {str(category): int(count) for category, count in found["held"].items()}
    return Sent(str(found["provider"]), str(found["at"]), messages, held, kind)
