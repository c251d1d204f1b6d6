"""Reads a grammar in Rhino's expression format, as kiosks have it.

    context:
      expressions:
        orderDrink:
          - "[can I get, make me] (a) $size:size $drink:coffeeDrink"
      slots:
        size: [small, large]

`[a, b]` is a choice, `(a)` may be left out, `$size:size` is a value of the list before the colon for the slot after it.
It becomes a hassil grammar with one template per expression, and understands like this:

1. A word that the grammar does not have, but nearly has ("americana"), is taken for the one that it has. That may
   happen twice in a text; more would be guessing.
2. Thereafter the words must be a whole expression. A hesitation or a courtesy ("um", "please") does not count.
   An article may be missing: it is the word that is most often swallowed.
3. The words are compared with those expressions only that have all of them, and need nothing that is not among them:
   of a hundred, that leaves two or three.
4. The answer confirms what was understood, in the user's own order: "One large latte with milk, coming up."
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import compress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from hassil.intents import Intents
from hassil.recognize import recognize_all

from edge_agent.base.errors import InputError
from edge_agent.talk.mind.skills.going_on import can_go_on
from edge_agent.talk.mind.skills.grammar import Understood, best, parse, without
from edge_agent.talk.mind.skills.normal import normalise

FILLERS = ("please", "um", "uh", "hi", "hello", "hey", "okay", "so", "thanks", "thank you")
REPAIRS_MAX = 2
LIKENESS = 0.66
"""Of two words, 0-1: "americana" and "americano" are 0.89 alike, "rose" and "roast" 0.67, "tea" and "milk" 0."""

_PART = re.compile(r"\$([\w.]+):(\w+)|([\[\](),])|([^\[\](),$]+|\$)")
_BRACKETS = {"[": "(", "]": ")", "(": "[", ")": "]", ",": "|"}


@dataclass(frozen=True, slots=True)
class _Needs:
    """What words must be for an expression to be worth comparing."""

    among: frozenset[str]
    """All of them are among these, but for what is skipped."""
    some_of: tuple[frozenset[str], ...]
    """Of each of these, there is at least one."""


class Rhino:
    """One such file."""

    def __init__(self, path: Path) -> None:
        expressions, slots = _load(path)
        sentences = {name: [_template(text, slots, path) for text in texts] for name, texts in expressions.items()}
        lists = {name: {"values": [{"in": normalise(v), "out": v} for v in values]} for name, values in slots.items()}
        grammar = {
            "skip_words": list(FILLERS),
            "intents": {name: {"data": [{"sentences": [text]} for text in texts]} for name, texts in sentences.items()},
            "lists": lists,
        }
        self.intents = parse(grammar, path)
        self.skipped: Sequence[str] = FILLERS
        spoken = {
            name: frozenset(word for v in values for word in normalise(v).split()) for name, values in slots.items()
        }
        self._needs = {name: [_needs(text, spoken) for text in texts] for name, texts in sentences.items()}
        spelled = [*(text for texts in sentences.values() for text in texts), *FILLERS]
        spelled += [value["in"] for values in lists.values() for value in values["values"]]
        self._vocabulary = sorted(
            {word for text in spelled for word in re.findall(r"[\w']+", re.sub(r"\{.*?\}", "", text))}
        )

    def understand(self, words: str) -> Understood | None:
        """As in `Grammar`."""
        text, repairs = self._mended(words)
        if repairs > REPAIRS_MAX:
            return None
        reading = best(recognize_all(text, self.worth_comparing(text)))
        if reading is None:
            return None
        score = 1 - 0.5 * repairs / len(words.split())
        return Understood(reading.name, MappingProxyType(reading.slots), score, _confirmation(text, reading.texts))

    def can_go_on(self, words: str) -> bool:
        """As in `Grammar`."""
        text, repairs = self._mended(words)
        return repairs <= REPAIRS_MAX and can_go_on(without(self.skipped, text), self.intents)

    def worth_comparing(self, words: str) -> Intents:
        """Return the grammar with those expressions alone that these words may be (rule 3)."""
        said, counted = words.split(), frozenset(without(self.skipped, words))

        def worth(needs: _Needs) -> bool:
            return counted <= needs.among and not any(some.isdisjoint(said) for some in needs.some_of)

        kept = {
            name: replace(intent, data=list(compress(intent.data, map(worth, self._needs[name]))))
            for name, intent in self.intents.intents.items()
        }
        return replace(self.intents, intents=kept)

    def _mended(self, words: str) -> tuple[str, int]:
        """The words with all repairs, and how many those were."""
        heard = words.split()
        repaired = [self._repaired(word) for word in heard]
        return " ".join(repaired), sum(a != b for a, b in zip(heard, repaired, strict=True))

    def _repaired(self, word: str) -> str:
        if word in self._vocabulary or word.isdigit():
            return word
        return next(iter(get_close_matches(word, self._vocabulary, 1, LIKENESS)), word)


def _load(path: Path) -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    hint = "It needs `context:` with `expressions:` and `slots:`."
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        context = content["context"]
        expressions = {str(name): _listed(texts) for name, texts in context["expressions"].items()}
        slots = {str(name): _listed(values) for name, values in context.get("slots", {}).items()}
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}", hint="Look at mind.grammars.") from error
    except (UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is not a grammar of expressions: {error}", hint=hint) from error
    return expressions, slots


def _listed(texts: object) -> list[str]:
    if not isinstance(texts, list):
        raise TypeError(f"{texts!r} is no list")  # A text is one of letters.
    return list(map(str, texts))


def _template(expression: str, slots: Mapping[str, list[str]], path: Path) -> str:
    """Return the expression as a hassil template."""
    parts = []
    for found in _PART.finditer(expression):
        values, slot, bracket, literal = found.groups()
        if values and values not in slots:
            raise InputError(f"{path}: the slot ${values} has no values.", hint="List them under `slots:`.")
        if literal == "$":
            raise InputError(f"{path}: a `$` without `slot:name` in {expression!r}.", hint="Write $slot:name.")
        parts.append(f"{{{values}:{slot}}}" if values else _BRACKETS.get(bracket) or normalise(literal))
    template = " ".join(filter(None, parts))
    template = re.sub(r"(?<=[(\[|]) | (?=[)\]|])", "", template)
    return re.sub(r"\((a\|an|an\|a)\)", r"[\1]", template)


def _needs(template: str, spoken: Mapping[str, frozenset[str]]) -> _Needs:
    """`spoken` are the words of each list."""
    listed = re.findall(r"\{([^:}]*)", template)
    literal = re.sub(r"\{[^}]*\}|[\[\]()|]", " ", template).split()
    outside = template
    while (inner := re.sub(r"\([^()\[\]]*\)|\[[^()\[\]]*\]", " ", outside)) != outside:
        outside = inner
    needed = re.findall(r"\{([^:}]*)", outside)
    return _Needs(frozenset(literal).union(*(spoken[name] for name in listed)), tuple(spoken[name] for name in needed))


def _confirmation(text: str, spoken_slots: tuple[str, ...]) -> str:
    if not spoken_slots:
        return "Okay."
    before, _, _ = text.partition(spoken_slots[0])
    order = re.sub(rf"(?: (?:{'|'.join(FILLERS)}))+$", "", text[len(before) :])
    ordered = before.split()[-1:] in (["a"], ["an"], ["1"])
    return f"One {order}, coming up." if ordered else f"Okay, {order}."
