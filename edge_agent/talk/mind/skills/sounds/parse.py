"""Finds the sentence of a grammar that sounds most like what was heard.

The graph of words becomes a graph of phones, each word a chain of them. Through it goes a weighted edit distance: for
each place in the graph and each phone of what was heard, the least that it costs to have come there. To begin a word
may cost something too, here more and there less (a *toll*). All places that are equally far from the start, all phones
and all hypotheses are taken in one step of numpy; there are as many steps as the longest sentence has phones.

After R. A. Wagner, "Order-n correction for regular languages" (1974).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from edge_agent.talk.mind.skills.sounds.phones import MISSED, TAKEN, numbers
from edge_agent.talk.mind.skills.sounds.pronounce import pronunciations
from edge_agent.talk.mind.skills.sounds.words import Words, only

_ROUNDING = 1e-3
"""Sums of the same costs in another order differ by less."""

_FORBIDDEN = 1e3
"""Costs more than any sentence."""

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Part:
    """A word of the grammar, and what was heard for it."""

    word: str
    cost: float
    """Its toll is in it."""
    beside: float
    """Of the cost, what was heard after the word and belongs to none."""
    phones: int
    """Of the word."""


@dataclass(frozen=True, slots=True)
class Parse:
    """The sentence of a grammar that is nearest to one hypothesis."""

    parts: tuple[Part, ...]
    cost: float
    """In lost consonants, 0 where every phone is as it should be."""
    phones: int
    """Of the sentence or of the hypothesis, whichever has more."""

    @property
    def share(self) -> float:
        """The cost of a phone, on average."""
        return self.cost / max(1, self.phones)

    @property
    def sentence(self) -> str:
        """In the words of the grammar."""
        return " ".join(part.word for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Arc:
    """From one node to another."""

    source: int
    target: int
    phone: int
    begins: str
    """The word that begins with it, if one does."""
    ends: str
    """And the one that ends with it."""


@dataclass(frozen=True, slots=True)
class _Level:
    """The nodes at one distance from the start, and the arcs that end there."""

    first: int
    arcs: slice
    groups: Ints
    """Where the arcs to each node begin among them."""


class Sounds:
    """The sentences of one grammar, as sounds."""

    def __init__(self, words: Words) -> None:
        arcs = _spelled_out(words)
        depth = [0] * (1 + max((arc.target for arc in arcs), default=words.start))
        for arc in arcs:
            depth[arc.target] = max(depth[arc.target], depth[arc.source] + 1)
        order = sorted(range(len(depth)), key=lambda node: (depth[node], node != words.start))
        place = {node: number for number, node in enumerate(order)}
        moved = sorted((place[arc.target], place[arc.source], arc.phone, arc.begins, arc.ends) for arc in arcs)
        self.words = tuple(sorted({word for *_, word in moved if word}))
        """All that have a sound, in the order of tolls."""
        self._numbers = {word: number for number, word in enumerate((*self.words, ""))}
        table = np.array([(*row[:3], self._numbers[row[3]]) for row in moved], np.intp).reshape(-1, 4)
        self._targets, self._sources, self._phones, self._begun = np.ascontiguousarray(table.T)
        self._ended = [word for *_, word in moved]
        self._ends = np.array([place[node] for node in words.ends], np.intp)
        self._size = len(order)
        self._levels = list(self._by_level(np.array([depth[node] for node in order], np.intp)))

    def _by_level(self, depth: Ints) -> Iterator[_Level]:
        """Arcs are sorted by target, nodes by depth: all arcs to one depth stand together."""
        nodes, firsts = np.unique(self._targets, return_index=True)
        starts = np.flatnonzero(np.diff(depth[nodes], prepend=-1))
        for start, stop in pairwise((*starts, nodes.size)):
            low, high = firsts[start], firsts[stop] if stop < nodes.size else self._targets.size
            yield _Level(int(nodes[start]), slice(int(low), int(high)), firsts[start:stop] - low)

    def parse(self, heard: Sequence[bytes], tolls: Floats | None = None) -> list[Parse]:
        """Return the nearest sentence to each of these strings of phones.

        `tolls` are what it costs to begin each of `words` after each phone; (words, phones + 1).
        """
        return self._parse(heard, [""] * len(heard), tolls)

    def rivals(self, heard: bytes, words: Sequence[str], tolls: Floats | None = None) -> list[Parse]:
        """Return the nearest sentence that lacks the first of these words, that lacks the second, and so on."""
        found = self._parse([heard] * len(words), words, tolls)
        return [parse for parse in found if parse.cost < _FORBIDDEN]

    def cost(self, sentence: str, heard: bytes, tolls: Floats | None = None) -> float:
        """Return what this sentence of the grammar costs, as one of those in `parse` would."""
        one = Sounds(only(sentence))
        of_words = None if tolls is None else tolls[[self._numbers[word] for word in one.words]]
        return one.parse([heard], of_words)[0].cost

    def _parse(self, heard: Sequence[bytes], without: Sequence[str], tolls: Floats | None) -> list[Parse]:
        if not heard:
            return []
        length = max(map(len, heard))
        padded = np.stack([numbers(phones.ljust(length, b"A")) for phones in heard])
        # Arcs that begin no word have the last row.
        asked = np.zeros((len(self.words) + 1, len(heard), length + 1), np.float32)
        if tolls is not None:
            asked[:-1] = tolls[:, None]
        for h, word in enumerate(without):
            if word:
                asked[self._numbers[word], h] = _FORBIDDEN
        costs = self._costs(padded, asked)
        return [self._traced(costs[:, h], asked[:, h], padded[h, : len(phones)]) for h, phones in enumerate(heard)]

    def _costs(self, heard: Ints, tolls: Floats) -> Floats:
        """The least cost to be at each node after each phone of each hypothesis; (nodes, hypotheses, phones + 1).

        `tolls`: (words + 1, hypotheses, phones + 1).
        """
        hypotheses, length = heard.shape
        added = np.zeros((hypotheses, length + 1), np.float32)
        np.cumsum(MISSED[heard], axis=1, out=added[:, 1:])
        # Less what it costs that all phones so far were heard beside: to hear one more beside then costs nothing.
        taken = TAKEN[self._phones[:, None, None], heard] - MISSED[heard]
        missed = MISSED[self._phones, None, None]
        begun = tolls[self._begun]
        costs = np.full((self._size, hypotheses, length + 1), _FORBIDDEN, np.float32)  # Some are behind silent words.
        costs[0] = 0
        for level in self._levels:
            before = costs[self._sources[level.arcs]] + begun[level.arcs]
            now = before + missed[level.arcs]
            np.minimum(now[:, :, 1:], before[:, :, :-1] + taken[level.arcs], out=now[:, :, 1:])
            best = np.minimum.reduceat(now, level.groups, axis=0)
            np.minimum.accumulate(best, axis=2, out=costs[level.first : level.first + best.shape[0]])
        costs += added
        return costs

    def _traced(self, costs: Floats, tolls: Floats, heard: Ints) -> Parse:
        """Go back the cheapest way."""
        if not self._ends.size:
            return Parse((), _FORBIDDEN, 0)
        at = heard.size
        node = int(self._ends[costs[self._ends, at].argmin()])
        total = until = arrived = float(costs[node, at])
        parts: list[Part] = []
        word, phones, beside = "", 0, 0.0
        while True:
            # What was heard beside belongs to the word that it is in, or stands behind; before all words, to the first.
            skipped = 0.0
            while at and (not node or costs[node, at] >= costs[node, at - 1] + MISSED[heard[at - 1]] - _ROUNDING):
                at -= 1
                skipped += float(MISSED[heard[at]])
            if not node:
                break
            arc, before = self._arc_taken(costs, tolls, heard, (node, at))
            if self._ended[arc]:
                if word:
                    parts.append(Part(word, until - arrived, beside, phones))
                    until = arrived
                word, phones, beside = self._ended[arc], 0, 0.0
            beside += skipped
            phones += 1
            node, at = int(self._sources[arc]), before
            arrived = float(costs[node, at])
        parts.append(Part(word, until, beside + skipped, phones))
        return Parse(tuple(reversed(parts)), total, max(heard.size, sum(part.phones for part in parts)))

    def _arc_taken(self, costs: Floats, tolls: Floats, heard: Ints, place: tuple[int, int]) -> tuple[int, int]:
        """The arc by which the cheapest way comes to `place` (node, phones heard), and the phones heard before it."""
        node, at = place
        low, high = np.searchsorted(self._targets, (node, node + 1))
        sources, phones, begun = self._sources[low:high], self._phones[low:high], self._begun[low:high]
        missed = costs[sources, at] + tolls[begun, at] + MISSED[phones]
        taken = np.full_like(missed, np.inf)
        if at:
            taken = costs[sources, at - 1] + tolls[begun, at - 1] + TAKEN[phones, heard[at - 1]]
        if taken.min() <= missed.min():
            return int(low + taken.argmin()), at - 1
        return int(low + missed.argmin()), at


def difference(one: bytes, other: bytes) -> float:
    """Return what it costs to take one string of phones for the other, for each phone of the longer one."""
    return cost(one, other) / max(1, len(one), len(other))


def cost(one: bytes, other: bytes) -> float:
    """Return what it costs to take one string of phones for the other."""
    first, second = numbers(one), numbers(other)
    row = np.concatenate(([0.0], np.cumsum(MISSED[second])))
    added = row.copy()
    for phone in first:
        now = row + MISSED[phone]
        now[1:] = np.minimum(now[1:], row[:-1] + TAKEN[phone, second])
        row = np.minimum.accumulate(now - added) + added
    return float(row[-1])


def _spelled_out(words: Words) -> list[_Arc]:
    """The arcs of the graph of phones, sources before targets."""
    arcs: list[_Arc] = []
    nodes = len(words.places)
    for place in range(len(words.places) - 1, -1, -1):
        for word, after in words.places[place].items():
            for sound in filter(None, pronunciations(word)):
                chain = [place, *range(nodes, nodes + len(sound) - 1), after]
                nodes += len(sound) - 1
                last = len(sound) - 1
                arcs += [
                    _Arc(*ends, phone - ord("A"), word if at == 0 else "", word if at == last else "")
                    for at, (ends, phone) in enumerate(zip(pairwise(chain), sound, strict=True))
                ]
    return arcs
