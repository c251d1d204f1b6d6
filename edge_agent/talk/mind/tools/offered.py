"""What a stranger offers as a tool, cut down to what the agent takes. Pure.

1. A name has letters, digits, `_` and `-`, and begins with that of the source: no server passes a tool off as
   another's.
2. A description is one line, and short: it stands in a prompt, and long ones are written to persuade.
3. A schema describes an object, is small, and refers to nothing outside itself.
4. A result is cut to what a small model can read.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

NAME_MAX: Final = 64
DESCRIPTION_MAX: Final = 200
SCHEMA_MAX: Final = 8000
"""Characters of its JSON."""

TEXT_MAX: Final = 4000
"""Characters of a result: about a thousand tokens, half of the small model's context."""

TOOLS_MAX: Final = 64
"""Of one source. No model tells more apart."""


def named(source: str, name: str) -> str:
    """Return the tool's name among all others."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", f"{source}_{name}")[:NAME_MAX]


def described(text: str) -> str:
    """Return a description as one short line."""
    line = " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())
    return line if len(line) <= DESCRIPTION_MAX else line[: DESCRIPTION_MAX - 1] + "…"


def object_schema(schema: object) -> Mapping[str, Any] | None:
    """Return a schema of arguments that may be used; None for one that may not."""
    if not isinstance(schema, dict) or schema.get("type", "object") != "object":
        return None
    if len(json.dumps(schema, default=str)) > SCHEMA_MAX or not _refers_to_itself(schema):
        return None
    return {"properties": {}, **schema, "type": "object"}


def cut(text: str) -> str:
    """Return as much of a result as is used."""
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"


def _refers_to_itself(node: object) -> bool:
    if isinstance(node, Mapping):
        ref = node.get("$ref", "#")
        return isinstance(ref, str) and ref.startswith("#") and all(map(_refers_to_itself, node.values()))
    return all(map(_refers_to_itself, node)) if isinstance(node, list) else True
