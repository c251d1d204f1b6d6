"""The corpus, and how much of it is kept back."""

from dataclasses import dataclass
from pathlib import Path

from edge_agent.base.settings import PrivacySettings
from edge_agent.talk.mind.privacy import redact

FOLDER = Path(__file__).parent / "corpus"
OWNER = PrivacySettings(
    names=("Ann Kowalski", "Will", "May", "Siobhan O'Brien"),
    addresses=("12 Rose Lane, Springfield, 99501", "Flat 4B, 221 Elm Street"),
)
"""Who is speaking in it."""


@dataclass(frozen=True)
class Row:
    category: str
    secrets: tuple[str, ...]
    text: str


def sensitive(name):
    """Read a file of sentences that hold secrets; each secret is a part of its sentence, to the letter."""
    rows = []
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()[1:]:
        category, secrets, text = line.split("\t")
        row = Row(category, tuple(secrets.split(" | ")), text)
        assert all(secret in text for secret in row.secrets), row
        rows.append(row)
    return rows


def innocent(name):
    return (FOLDER / name).read_text(encoding="utf-8").splitlines()[1:]


def leaked(row):
    """Return what is still there of a row's secrets: letters and digits that no placeholder covers."""
    redacted = redact(row.text, OWNER)
    kept = [False] * len(row.text)
    at = 0
    # What stands between the placeholders stands in the text, in the same order.
    for piece in _between(redacted.text):
        found = row.text.index(piece, at)
        kept[found : found + len(piece)] = [True] * len(piece)
        at = found + len(piece)
    for secret in row.secrets:
        start = row.text.index(secret)
        rest = "".join(letter for letter, stays in zip(secret, kept[start : start + len(secret)], strict=True) if stays)
        if any(map(str.isalnum, rest)):
            return rest
    return ""


def _between(text):
    import re

    from edge_agent.talk.mind.privacy.placeholders import PLACEHOLDER

    return re.split(PLACEHOLDER, text)


def missed(rows):
    return [(row.category, row.text, redact(row.text, OWNER).text) for row in rows if leaked(row)]


def touched(texts):
    return [(text, redacted) for text in texts if (redacted := redact(text, OWNER).text) != text]
