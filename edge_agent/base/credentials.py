"""Keys and tokens: read from where their owner put them, kept in no setting and no log."""

import os
import re
from pathlib import Path

from edge_agent.base.errors import SettingsError

_HERE = re.compile(r"^https?://(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?(/|$)")


def secret(path: Path, whose: str) -> str:
    """Return what the file at `path` holds; a relative one lies in `$CREDENTIALS_DIRECTORY`. SettingsError if it can't.

    `whose` is for the message: `the key of first`.
    """
    where = Path(os.environ.get("CREDENTIALS_DIRECTORY", "")) / path
    try:
        return where.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        hint = "Write it into that file, readable by this user alone, or name another file."
        raise SettingsError(f"{whose} can't be read from {where}", hint=hint) from error


def on_this_device(url: str) -> bool:
    """Whether what is sent to `url` stays on the device."""
    return _HERE.match(url) is not None
