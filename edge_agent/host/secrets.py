"""Keys and tokens that got into a log line by somebody's mistake, ours or a library's, are taken out of it. Pure.

By their form: what follows `Bearer` or the name of a secret, and what providers' keys and signed tokens look like. It
is the last thing that happens to a line, so tracebacks and libraries' own lines are covered.
"""

import re
from typing import Final

HIDDEN: Final = "[hidden]"

# A fraction is none: `"first_token": 1560.0` is a time, and a line of JSON stays one.
_NAMED = re.compile(
    r"(?i)((?:\b|_)(?:api[_-]?key|access[_-]?token|token|secret|passw(?:or)?d|authorization)\b[\"']?\s*[:=]\s*[\"']?)"
    r"(?!\[hidden\]|\d+\.\d+(?![^\s,;)}\]]))(?:Bearer\s+|Basic\s+)?[^\s\"',;&)}\]]{6,}"
)
_BEARER = re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,}")
_SHAPES = re.compile(
    r"\b(?:sk|pk|rk|ghp|gho|xox[abp]|hf|AKIA)[-_][A-Za-z0-9_-]{8,}"  # providers' keys
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"  # signed tokens
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    re.DOTALL,
)
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")


def without_secrets(line: str) -> str:
    """Return the line with `HIDDEN` in the place of everything that looks like a secret."""
    line = _SHAPES.sub(HIDDEN, line)
    line = _IN_ADDRESS.sub(HIDDEN, line)
    line = _NAMED.sub(rf"\1{HIDDEN}", line)
    return _BEARER.sub(rf"\1{HIDDEN}", line)
