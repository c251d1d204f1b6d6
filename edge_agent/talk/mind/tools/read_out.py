"""What a tool found, where that is data and no text, in words to say. Pure.

1. Names and values are read in their order: "Price 2.5, count 3." Nothing is added: a small model that is to put data
   into words makes some up.
2. A value within another has the names of both ("bus departs 14:35"). What is empty is left out.
3. It ends with the last whole value before `CHARS_MAX`, for nobody listens to more; of a first one that is longer, its
   first words are read.
"""

import json
import re
from collections.abc import Iterator
from textwrap import shorten
from typing import Any, Final

CHARS_MAX: Final = 160
"""About 10 s of speech."""

DEPTH_MAX: Final = 4
"""Of values within values; what is deeper is nobody's answer."""

EMPTY: Final = "Nothing came back."

_JOINTS = re.compile(r"[_\W]+|(?<=[a-z])(?=[A-Z])")


def read_out(text: str) -> str:
    """Return what `text` holds as a sentence; empty where it is no JSON object and no list."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict | list):
        return ""
    said = ""
    for part in _parts(found, "", 0):
        if said and len(said) + len(part) > CHARS_MAX:
            break
        said += f", {part}" if said else shorten(part, CHARS_MAX, placeholder="…")
    return f"{said[0].upper()}{said[1:]}." if said else EMPTY


def _parts(value: Any, name: str, depth: int) -> Iterator[str]:
    if depth > DEPTH_MAX or value is None:
        return
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _parts(part, f"{name} {_JOINTS.sub(' ', key).lower()}".strip(), depth + 1)
    elif isinstance(value, list):
        for part in value:
            yield from _parts(part, name, depth + 1)
    elif words := " ".join(str({True: "yes", False: "no"}[value] if isinstance(value, bool) else value).split()):
        yield f"{name} {words}".strip()
