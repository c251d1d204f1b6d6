"""The sentences of a grammar as a graph of words, small however many sentences there are.

A sentence's template is a tree of choices, and its sentences are never listed. It is built from its end to its
beginning: a place in a sentence is what may follow it, so two places that may be followed by the same are one, and the
ends of all templates are shared. Then their beginnings are joined, as a subset construction does, and what became equal
is shared again: the smallest graph there is.

1. Where a template writes no space there is none: "timer[s]" is "timer" or "timers".
2. A number is spelled as it is spoken. More numbers fit than the list allows; the exact match knows which.
3. What has a wildcard in it is left out: a name of the user's own sounds like anything.

After D. Revuz, "Minimisation of acyclic deterministic automata in linear time" (1992).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hassil import Intents
from hassil.expression import (
    Alternative,
    Expression,
    Group,
    ListReference,
    Permutation,
    RuleReference,
    Sentence,
    TextChunk,
)
from hassil.intents import RangeSlotList, SlotList, TextSlotList

_ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

Arcs = frozenset[tuple[str, int]]
"""What may follow: pieces of words (or a space), and the place after each."""


@dataclass(frozen=True, slots=True)
class Words:
    """A graph of words: from each place, the words that may follow and the place after each. It has no cycles."""

    places: tuple[Mapping[str, int], ...]
    """By number; the places after a place have lower ones."""
    ends: frozenset[int]
    """Places where a sentence may be over."""
    start: int

    def examples(self) -> list[str]:
        """Return a few sentences in which every word of the graph is at least once, the richest first."""
        said: list[str] = []
        unsaid = {word for place in self.places for word in place}
        while unsaid:
            sentence = self._richest(unsaid)
            unsaid -= set(sentence)
            said.append(" ".join(sentence))
        return said

    def _richest(self, wanted: set[str]) -> list[str]:
        """The sentence with the most of the `wanted` words, and the shortest of those."""
        best: list[
            tuple[int, int, str, int]
        ] = []  # by place: wanted words to come, words to come (less than 0), the next
        for place, arcs in enumerate(self.places):
            ways = [
                (best[after][0] + (word in wanted), best[after][1] - 1, word, after) for word, after in arcs.items()
            ]
            best.append(max([*ways, (0, 0, "", -1)] if place in self.ends else ways))
        sentence, place = [], self.start
        while best[place][2]:
            _, _, word, place = best[place]
            sentence.append(word)
        return sentence


def only(sentence: str) -> Words:
    """Return the graph of a single sentence."""
    words = sentence.split()[::-1]
    return Words(({}, *({word: place} for place, word in enumerate(words))), frozenset({0}), len(words))


def words_of(intents: Intents) -> Words:
    """Return the graph of all sentences in a grammar that have no wildcard."""
    pieces = _Pieces()
    starts: set[int | None] = set()
    for data in (data for intent in intents.intents.values() for data in intent.data):
        rules = {**intents.expansion_rules, **data.expansion_rules}
        lists = {**intents.slot_lists, **data.slot_lists}
        template = _Template(pieces, rules, lists)
        starts |= {template.before(sentence.expression, _Pieces.END) for sentence in data.sentences}
    return _joined(pieces, frozenset(start for start in starts if start is not None))


class _Pieces:
    """Places in templates, each kept once."""

    END = 0

    def __init__(self) -> None:
        self.arcs: list[Arcs] = [frozenset()]
        self.ends: list[bool] = [True]
        self._known: dict[tuple[Arcs, bool], int] = {(frozenset(), True): 0}

    def place(self, arcs: Arcs, *, end: bool = False) -> int:
        known = self._known.setdefault((arcs, end), len(self.arcs))
        if known == len(self.arcs):
            self.arcs.append(arcs)
            self.ends.append(end)
        return known

    def any_of(self, places: Iterable[int | None]) -> int | None:
        """The place that is followed by whatever may follow one of these; None stands for nowhere."""
        chosen = {place for place in places if place is not None}
        if len(chosen) <= 1:
            return next(iter(chosen), None)
        arcs: Arcs = frozenset().union(*(self.arcs[place] for place in chosen))
        return self.place(arcs, end=any(self.ends[place] for place in chosen))

    def text(self, text: str, after: int) -> int:
        """The place before this text; where it has spaces, words are parted."""
        for piece in reversed(re.findall(r"\S+| (?! )", text)):
            after = self.place(frozenset({(piece, after)}))
        return after


class _Template:
    def __init__(self, pieces: _Pieces, rules: Mapping[str, Sentence], lists: Mapping[str, SlotList]) -> None:
        self._pieces = pieces
        self._rules = rules
        self._lists = lists
        self._known: dict[tuple[int, int], int | None] = {}

    def before(self, part: Expression, after: int | None) -> int | None:
        """The place before `part`, if `after` is the one behind it; None where no sentence comes through."""
        if after is None:
            return None
        key = (id(part), after)
        if key not in self._known:
            self._known[key] = self._before(part, after)
        return self._known[key]

    def _before(self, part: Expression, after: int) -> int | None:
        match part:
            case TextChunk(text=text):
                return self._pieces.text(text, after)
            case Alternative(items=items):
                return self._pieces.any_of(self.before(item, after) for item in items)
            case Permutation(items=items):
                return self._in_any_order(tuple(items), after)
            case Group(items=items):
                place: int | None = after
                for item in reversed(items):
                    place = self.before(item, place)
                return place
            case RuleReference(rule_name=name):
                return self.before(self._rules[name].expression, after)
            case ListReference(list_name=name):
                return self._before_slot(self._lists[name], after)
        raise AssertionError(f"hassil has a new kind of expression: {type(part).__name__}")

    def _in_any_order(self, items: tuple[Expression, ...], after: int | None) -> int | None:
        if not items:
            return after
        rests = ((item, items[:number] + items[number + 1 :]) for number, item in enumerate(items))
        return self._pieces.any_of(self.before(item, self._in_any_order(rest, after)) for item, rest in rests)

    def _before_slot(self, values: SlotList, after: int) -> int | None:
        if isinstance(values, TextSlotList):
            return self._pieces.any_of(self.before(value.text_in, after) for value in values.values)
        return self._number(values.stop, after) if isinstance(values, RangeSlotList) else None

    def _number(self, largest: int, after: int) -> int | None:
        """The place before any number from 0 to `largest`, give or take."""
        pieces = self._pieces

        def one_of(words: Iterable[str], then: int | None) -> int | None:
            return pieces.any_of(pieces.text(word, then) for word in words if then is not None)

        ones = one_of(_ONES, after)
        small = pieces.any_of((ones, one_of(_TEENS, after)))
        below_hundred = pieces.any_of((small, one_of(_TENS, after), one_of((f"{ten} " for ten in _TENS), ones)))
        if largest < 100:
            return pieces.any_of((one_of(("zero",), after), below_hundred if largest > 9 else ones))
        rest = pieces.any_of((below_hundred, one_of(("and ",), below_hundred)))
        hundreds = pieces.any_of((one_of(("hundred",), after), one_of(("hundred ",), rest)))
        return pieces.any_of(
            (one_of(("zero",), after), below_hundred, one_of((f"{one} " for one in ("a", *_ONES)), hundreds))
        )


def _joined(pieces: _Pieces, starts: frozenset[int]) -> Words:
    """Make words of pieces, one place of all that are reached by the same words, and one of all that go on alike."""
    following: dict[int, list[tuple[str, int]]] = {}

    def words_after(place: int) -> list[tuple[str, int]]:
        if place not in following:
            following[place] = list(_words_after(pieces, place))
        return following[place]

    done: dict[frozenset[int], int] = {}
    known: dict[tuple[tuple[tuple[str, int], ...], bool], int] = {}

    def number(subset: frozenset[int]) -> int:
        if subset not in done:
            targets: dict[str, set[int]] = {}
            for place in subset:
                for word, after in words_after(place):
                    targets.setdefault(word, set()).add(after)
            arcs = tuple(sorted((word, number(frozenset(after))) for word, after in targets.items()))
            done[subset] = known.setdefault((arcs, any(_may_end(pieces, place) for place in subset)), len(known))
        return done[subset]

    start = number(starts)
    ends = frozenset(place for (_, end), place in known.items() if end)
    return Words(tuple(dict(arcs) for arcs, _ in known), ends, start)


def _may_end(pieces: _Pieces, place: int) -> bool:
    return pieces.ends[place] or any(_may_end(pieces, after) for piece, after in pieces.arcs[place] if piece == " ")


def _words_after(pieces: _Pieces, place: int, begun: str = "") -> Iterable[tuple[str, int]]:
    """The whole words that may follow, and the place behind each (before or behind its space)."""
    if begun and pieces.ends[place]:
        yield begun, _Pieces.END
    for piece, after in pieces.arcs[place]:
        if piece != " ":
            yield from _words_after(pieces, after, begun + piece)
        elif begun:
            yield begun, after
        else:
            yield from _words_after(pieces, after)
