"""Whether a command may go on: "a large latte", whole as it is, or "a large", which is not.

hassil knows whole sentences only. Here its templates are walked from their beginning, and the words may run out on the
way: where a template has more to say, more may come.

1. Spaces do not count, as little as they do where a template writes "timer[s]".
2. A name of the user's own (a wildcard) has one to `NAME_WORDS_MAX` words. Any text may go on with one, so only a name
   that has not begun yet counts as something to come.
3. A number is one word: everything was normalised before.
"""

from functools import cache

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

NAME_WORDS_MAX = 3


def can_go_on(words: list[str], intents: Intents) -> bool:
    """Whether some sentence begins with `words` and has more; False without words."""
    if not words:
        return False
    for data in (data for intent in intents.intents.values() for data in intent.data):
        walk = _Walk(
            words, {**intents.expansion_rules, **data.expansion_rules}, {**intents.slot_lists, **data.slot_lists}
        )
        if any(walk.runs_out_in(sentence) for sentence in data.sentences):
            return True
    return False


class _Walk:
    """One text on its way through one sentence. A place is a number of characters that have been matched."""

    def __init__(self, words: list[str], rules: dict[str, Sentence], lists: dict[str, SlotList]) -> None:
        self._text = "".join(words)
        self._rules = rules
        self._lists = lists
        self._ran_out = False
        self._ends: list[int] = []
        for word in words:
            self._ends.append((self._ends[-1] if self._ends else 0) + len(word))
        self._starts = [0, *self._ends[:-1]]

    def runs_out_in(self, sentence: Sentence) -> bool:
        self._after(sentence.expression, {0})
        return self._ran_out

    def _after(self, part: Expression, places: set[int]) -> set[int]:
        """Where one may be after `part`, if one was at `places` before it."""
        if not places:
            return places
        match part:
            case TextChunk():
                return self._after_text(_joined(part.text), places)
            case Alternative(items=items):
                return set().union(*(self._after(item, places) for item in items))
            case Permutation(items=items):
                if not items:
                    return places
                return set().union(
                    *(self._after(rest, self._after(a, places)) for a, rest in part.iterate_permutations())
                )
            case Group(items=items):
                for item in items:
                    places = self._after(item, places)
                return places
            case RuleReference(rule_name=name):
                return self._after(self._rules[name].expression, places)
            case ListReference(list_name=name):
                return self._after_slot(self._lists[name], places)
        raise AssertionError(f"hassil has a new kind of expression: {type(part).__name__}")

    def _after_text(self, text: str, places: set[int]) -> set[int]:
        self._ran_out |= any(text != (rest := self._text[place:]) and text.startswith(rest) for place in places)
        return {place + len(text) for place in places if self._text.startswith(text, place)}

    def _after_slot(self, values: SlotList, places: set[int]) -> set[int]:
        self._ran_out |= len(self._text) in places
        if isinstance(values, TextSlotList):
            return set().union(*(self._after(value.text_in, places) for value in values.values))
        begun = [word for word, start in enumerate(self._starts) if start in places]
        if isinstance(values, RangeSlotList):
            return {self._ends[word] for word in begun if self._text[self._starts[word] : self._ends[word]].isdigit()}
        named = {end for word in begun for end in self._ends[word : word + NAME_WORDS_MAX]}
        return named - {len(self._text)}  # Rule 2.


@cache
def _joined(text: str) -> str:
    """A piece of a template without its spaces; there are as many as the grammar has, and each is met in every turn."""
    return "".join(text.split())
