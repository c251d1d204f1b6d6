"""Passages found by the words of a question, through SQLite's FTS5 (in memory).

1. Words are compared by their stem (Porter), without case and accents.
2. A word that few passages have counts more than one that many have, and one that none has as much as any: of a
   question about what nobody wrote down, that is the word which says so.
3. What has nothing but words that most passages have (the name of the house) is not found.
4. `coverage` is the share of all this that a passage has. `bm25` only says which of several comes first.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import apsw

from edge_agent.talk.mind.notes.passages import Passage
from edge_agent.talk.mind.notes.terms import headed, terms, unsaid
from edge_agent.talk.mind.notes.wanted import fits

FOUND_MAX: Final = 3

_WEIGHTS: Final = "2.0, 1.0"
"""Of title and text, for bm25: a heading says what all of it is about."""

_IN_OTHER_WORDS: Final = 0.9
_HEADING: Final = 0.5
"""Worth of a word in the heading, of what it is worth in the sentence."""
_WHOLE_HEADING: Final = 1.25
"""The same where the heading has all of the question: it beats a sentence that has."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that has words of the question."""

    passage: Passage
    coverage: float
    """0-1, of the question's words by what they are worth."""
    fits: bool
    """Whether what it says is of the kind that was asked for: a number, a time, a price."""
    said: tuple[str, ...]
    """The sentence of it, or the two in a row, that have most of them."""
    headed: bool = False
    """Whether its heading has all of them, and no sentence any: then all of it is the answer."""


class Index:
    """Of passages. Made in any thread; used by one at a time."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._begins = list(accumulate((len(each.sentences) for each in passages), initial=0))
        sentences = [sentence for each in passages for sentence in each.sentences]
        self._base = apsw.Connection(":memory:")
        with self._base:
            for table, columns in (("passages", "title, body"), ("sentences", "body")):
                tokens = "porter unicode61 remove_diacritics 2"
                self._base.execute(f"CREATE VIRTUAL TABLE {table} USING fts5({columns}, tokenize='{tokens}')")
            self._base.executemany(
                "INSERT INTO passages(rowid, title, body) VALUES (?, ?, ?)",
                [(place, each.title, f"{each.text} {unsaid(each.text)}") for place, each in enumerate(passages)],
            )
            self._base.executemany(
                "INSERT INTO sentences(rowid, body) VALUES (?, ?)",
                list(enumerate(sentences)),
            )

    def __len__(self) -> int:
        return len(self._passages)

    def find(self, question: str) -> list[Found]:
        """Return the passages that have most of the question, the best first; none where it has no word to look for."""
        asked = terms(question)
        matches = [f"({_any_of(term)} OR {_in_title(term)})" for term in asked]
        if not matches or not self._passages:
            return []
        having = [self._rows("passages", match) for match in matches]
        worth = [self._worth(len(rows)) for rows in having]
        telling = set().union(*(rows for rows in having if len(rows) <= max(1, len(self._passages) // 2)))
        in_sentences = [self._worths(term, each) for term, each in zip(asked, worth, strict=True)]
        in_titles = [self._rows("passages", _in_title(term)) for term in asked]
        ranked = self._base.execute(
            f"SELECT rowid FROM passages WHERE passages MATCH ? ORDER BY bm25(passages, {_WEIGHTS})",
            (" OR ".join(matches),),
        )
        found = []
        for (place,) in ranked:
            if place not in telling:
                continue
            has = [place in rows for rows in having]
            share = sum(each for each, here in zip(worth, has, strict=True) if here) / sum(worth)
            said, score = self._best(place, in_sentences, question)
            in_heading = sum(each for each, rows in zip(worth, in_titles, strict=True) if place in rows)
            all_headed = all(place in rows for rows in in_titles)
            suits, passage = fits(question, " ".join(said)), self._passages[place]
            total = score + in_heading * (_WHOLE_HEADING if all_headed else _HEADING)
            found.append((share, total, Found(passage, share, suits, said, all_headed and not score)))
        found.sort(key=lambda one: (-one[0], -one[1]))  # Stable: bm25 decides among equals.
        return [one for _, _, one in found[:FOUND_MAX]]

    def _best(self, place: int, worths: Sequence[Mapping[int, float]], question: str) -> tuple[tuple[str, ...], float]:
        """Return the one or two sentences of a passage that have most of the question, and what that is worth."""
        sentences, begin = self._passages[place].sentences, self._begins[place]
        windows = [range(first, first + count) for count in (1, 2) for first in range(len(sentences) - count + 1)]
        scores = [sum(max(each.get(begin + row, 0.0) for row in rows) for each in worths) for rows in windows]
        fitting = [fits(question, " ".join(sentences[row] for row in rows)) for rows in windows]
        best = max(
            range(len(windows)), key=lambda one: (fitting[one], scores[one])
        )  # The first of equals: one before two.
        return tuple(sentences[row] for row in windows[best]), scores[best]

    def _worths(self, term: Sequence[str], worth: float) -> Mapping[int, float]:
        """Return what each sentence has of a term: a little less where it says it in another word."""
        literally = self._rows("sentences", _any_of(term[:1]))
        return {
            row: worth * (1.0 if row in literally else _IN_OTHER_WORDS)
            for row in self._rows("sentences", _any_of(term))
        }

    def _worth(self, passages: int) -> float:
        """Return what a word is worth that so many passages have; of none, as much as of one."""
        having = max(passages, 1)
        return math.log(1 + (len(self._passages) - having + 0.5) / (having + 0.5))

    def _rows(self, table: str, match: str) -> set[int]:
        return {row for (row,) in self._base.execute(f"SELECT rowid FROM {table} WHERE {table} MATCH ?", (match,))}


def _in_title(term: Sequence[str]) -> str:
    return f"title:{_any_of([*term, *headed(term)])}"


def _any_of(term: Sequence[str]) -> str:
    return "(" + " OR ".join('"' + word.replace('"', "") + '"' for word in term) + ")"
