"""The owner's notes, cut into passages: a heading or a question, and what stands under it. Pure.

Markdown and plain text: the one heading over all of a file names the house and tells nothing; any other holds for the
paragraphs below it. `Q:` and `A:` make a pair; a list is one paragraph whose items are sentences. YAML: pairs of
`question` and `answer`, or keys with a text, as deep as they are nested.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

PASSAGE_MAX: Final = 1200
"""Characters; a longer paragraph is cut between sentences."""

SENTENCE_MAX: Final = 300
"""Characters that are said at once, at most."""

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_PAIRED = re.compile(r"^(q|question|a|answer)\s*[:.]\s*(.*)$", re.IGNORECASE)
_LEAD = re.compile(r"^\*\*([^*]+?)[.:]?\*\*[.:]?\s+(?=\S)")
_ITEM = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+(.*)$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"[*_`~]{1,3}(?=\S)|(?<=\S)[*_`~]{1,3}")
_END = re.compile(r"(?<=[.!?])[\"')]*\s+(?=[\"'(]*[A-Z0-9])")
_ABBREVIATED = re.compile(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St|No|e\.g|i\.e|approx|ca)\.$")


@dataclass(frozen=True, slots=True)
class Passage:
    """What answers one question, or a few."""

    source: str
    """The file."""
    title: str
    """Its heading, or its questions; empty for none."""
    sentences: tuple[str, ...]
    asked: bool = False
    """Whether the title is a question that all of it answers."""

    @property
    def text(self) -> str:
        """All that it says."""
        return " ".join(self.sentences)


def from_text(source: str, text: str) -> Iterator[Passage]:
    """Yield the passages of a Markdown or plain text file."""
    headings: list[tuple[int, str]] = []
    house = _house(text)
    for block in re.split(r"\n\s*\n", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)):
        lines = [line for line in block.splitlines() if line.strip() and not re.fullmatch(r"[\s|:=-]+", line)]
        body: list[str] = []
        for line in [*lines, "# "]:
            heading = _HEADING.match(line) if line != "# " else None
            if heading or line == "# ":
                yield from _under(source, headings, body)
                body = []
                if heading and heading[2] != house:
                    level = len(heading[1])
                    headings = [*((depth, title) for depth, title in headings if depth < level), (level, heading[2])]
            else:
                body.append(line)


def _house(text: str) -> str:
    """Return the heading that only names the house: the one of the first level, where all others are below it."""
    headings = [heading for line in text.splitlines() if (heading := _HEADING.match(line))]
    tops = [heading[2] for heading in headings if len(heading[1]) == 1]
    return tops[0] if len(tops) == 1 and len(headings) > 1 and len(headings[0][1]) == 1 else ""


def from_data(source: str, data: Any, title: str = "") -> Iterator[Passage]:
    """Yield the passages of what a YAML file holds."""
    match data:
        case {"question": asked, "answer": answer} | {"q": asked, "a": answer}:
            questions = asked if isinstance(asked, list) else [asked]
            yield from _passages(source, " ".join(_plain(str(each)) for each in questions), str(answer), asked=True)
        case dict():
            for key, inner in data.items():
                yield from from_data(source, inner, f"{title} {key}".strip())
        case list():
            for inner in data:
                yield from from_data(source, inner, title)
        case str() | int() | float():
            yield from _passages(source, title, str(data), asked=title.endswith("?"))


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a paragraph."""
    found: list[str] = []
    for piece in _END.split(" ".join(text.split())):
        if found and _ABBREVIATED.search(found[-1]):
            found[-1] += f" {piece}"
        elif piece:
            found.append(piece)
    return [_short(sentence) for sentence in found]


def _under(source: str, headings: list[tuple[int, str]], lines: list[str]) -> Iterator[Passage]:
    """Yield what stands in one paragraph."""
    if not lines:
        return
    if len(lines) == 1 and len(lines[0].split()) <= 8 and not re.search(r"[.!?:]$", lines[0].strip()):
        headings[:] = [(1, lines[0].strip())]  # A line by itself heads what follows.
        return
    question, answer = "", list[str]()
    for line in lines:
        pair = _PAIRED.match(line.strip())
        if pair and pair[1].lower().startswith("q"):
            yield from _passages(source, question, " ".join(answer), asked=True)
            question, answer = pair[2], []
        else:
            answer.append(pair[2] if pair else _sentence(line))
    lead = _LEAD.match(lines[0])  # "**Parking.** Behind the house" is a heading as well.
    if lead:
        headings, answer = [*headings, (7, lead[1])], [_LEAD.sub("", answer[0]), *answer[1:]]
    title = question or " ".join(title for _, title in headings[-2:])
    yield from _passages(source, title, " ".join(answer), asked=question != "")


def _sentence(line: str) -> str:
    item = _ITEM.match(line)
    text = (item[1] if item else ", ".join(cell.strip() for cell in line.strip().strip("|").split("|"))).strip()
    return f"{text}." if (item or "|" in line) and text[-1:].isalnum() else text


def _passages(source: str, title: str, text: str, *, asked: bool) -> Iterator[Passage]:
    kept: list[str] = []
    for sentence in sentences_of(_plain(text)):
        if kept and sum(map(len, kept)) + len(sentence) > PASSAGE_MAX:
            yield Passage(source, _plain(title), tuple(kept), asked)
            kept = []
        kept.append(sentence)
    if kept:
        yield Passage(source, _plain(title), tuple(kept), asked)


def _plain(text: str) -> str:
    return " ".join(_MARKS.sub("", _LINK.sub(r"\1", text)).split())


def _short(sentence: str) -> str:
    if len(sentence) <= SENTENCE_MAX:
        return sentence
    return sentence[:SENTENCE_MAX].rsplit(" ", 1)[0].rstrip(",;:") + "…"
