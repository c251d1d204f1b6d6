"""Understands commands by sentence templates.

1. The words, normalised, are matched as a whole: a command with anything left over is not a command.
2. A sentence that names every word beats one with a wildcard; among those, the one with more words of its own.
3. If two readings are equally good and mean different things, nothing was understood: the model may ask back.
4. A name that a wildcard caught has at most three words. Longer ones are a story, not a name.

Templates are parsed once, when the grammar is loaded; understanding is pure and takes milliseconds.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

import yaml
from hassil import Intents
from hassil.expression import Expression, Group, ListReference, RuleReference, Sentence
from hassil.intents import IntentData, TextSlotList
from hassil.parser import ParseError
from hassil.recognize import RecognizeResult, recognize_all
from hassil.util import merge_dict

from edge_agent.base.errors import InputError
from edge_agent.talk.mind.skills.going_on import NAME_WORDS_MAX, can_go_on

SENTENCES = Path(__file__).parent / "sentences"
"""The folder that ships."""

Value: TypeAlias = str | int


@dataclass(frozen=True, slots=True)
class Understood:
    """What a grammar made of a text."""

    name: str
    """Of the skill."""
    slots: Mapping[str, Value]
    score: float
    """0-1: 1 for the very words of a sentence, less where words had to be repaired."""
    say: str = ""
    """The answer, when the grammar brings its own; empty for the skills that ship."""
    words: str = ""
    """The sentence that was taken for what was heard, where those words were others."""

    def means(self, other: "Understood | None") -> bool:
        """Whether `other` asks for the same."""
        return other is not None and (self.name, self.slots) == (other.name, other.slots)


class Grammar(Protocol):
    """Whatever understands commands."""

    def understand(self, words: str) -> Understood | None:
        """Return what normalised `words` ask for, or None if that is not certain."""

    def can_go_on(self, words: str) -> bool:
        """Whether normalised `words` begin a command that has more words."""


class Sentences:
    """Sentences as Home Assistant writes them: the folder that ships, the owner's own, or those of his skills."""

    def __init__(self, origin: Path = SENTENCES, sentences: dict[str, Any] | None = None) -> None:
        """`origin` is a folder of YAML files or, where the `sentences` are given, what an error names."""
        sentences = load(origin) if sentences is None else sentences
        self._answers = _checked(sentences.pop("answers", {}), origin)
        self.intents = parse(sentences, origin)
        self.skipped: Sequence[str] = self.intents.skip_words

    def understand(self, words: str) -> Understood | None:
        """As in `Grammar`."""
        reading = best(recognize_all(words, self.intents))
        if reading is None:
            return None
        say = self._answers.get(reading.name, "").format_map(_Blank(reading.slots))
        return Understood(reading.name, MappingProxyType(reading.slots), 1.0, say)

    def can_go_on(self, words: str) -> bool:
        """As in `Grammar`."""
        return can_go_on(without(self.skipped, words), self.intents)


class _Blank(dict[str, Value]):
    """Slots that were not spoken are blank in an answer."""

    def __missing__(self, key: str) -> str:
        return ""


def _checked(answers: Any, origin: Path) -> dict[str, str]:
    """Return the owner's answers: texts in which `{slot}` stands for what filled it, and no other brace."""
    try:
        for text in answers.values():
            for _, slot, form, conversion in Formatter().parse(text):
                if form or conversion or not (slot is None or slot.isidentifier()):
                    raise ValueError(f"{{{slot}}} is no slot")
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(
            f"The answers in {origin} can't be read: {error}",
            hint="Under `answers:` stands a text for each intent, with `{slot}` where a slot is named.",
        ) from error
    return dict(answers)


def load(origin: Path) -> dict[str, Any]:
    """Return a YAML file, or all of a folder as one. The owner's answers (`answers: {Name: text}`) are among it."""
    files = sorted([*origin.glob("*.yaml"), *origin.glob("*.yml")]) if origin.is_dir() else [origin]
    if not files:
        raise InputError(
            f"There is no grammar in {origin}.", hint="A grammar is a folder of .yaml files with sentences."
        )
    merged: dict[str, Any] = {}
    for file in files:
        try:
            content = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise InputError(f"{file} is not a grammar: {error}", hint="It must be YAML.") from error
        if not isinstance(content, dict):
            raise InputError(f"{file} is not a grammar.", hint="It must have `intents:` with sentences.")
        merge_dict(merged, content)
    return merged


def parse(sentences: dict[str, Any], origin: Path) -> Intents:
    """Parse all sentences of a grammar; the error names where it came from."""
    try:
        intents = Intents.from_dict({"language": "en", **sentences})
        for skipped in intents.skip_words:  # hassil looks at them when somebody speaks.
            if not isinstance(skipped, str):
                raise ValueError(f"{skipped!r} among skip_words is no word")
        for intent in intents.intents.values():
            for data in intent.data:
                # The sentences are parsed when they are first asked for: now, not in somebody's turn.
                assert data.sentences is not None
                _look_up(data, intents)
    except (KeyError, TypeError, AttributeError, ValueError, AssertionError, ParseError) as error:
        # hassil asserts that a sentence has words.
        raise InputError(
            f"The grammar in {origin} can't be read: {error}", hint="See `intents:` in the one that ships."
        ) from error
    return intents


def _look_up(data: IntentData, intents: Intents) -> None:
    """ValueError if some sentence refers to what the grammar lacks, or to itself: hassil would see it in a turn."""
    rules = {**intents.expansion_rules, **data.expansion_rules}
    lists = {**intents.slot_lists, **data.slot_lists}
    whole: set[str] = set()

    def look(part: Expression, inside: tuple[str, ...]) -> None:
        match part:
            case Group(items=items):
                for item in items:
                    look(item, inside)
            case RuleReference(rule_name=name):
                follow(f"<{name}>", [rules[name].expression] if name in rules else None, inside)
            case ListReference(list_name=name):
                values = lists.get(name)
                texts = [value.text_in for value in values.values] if isinstance(values, TextSlotList) else []
                follow(f"{{{name}}}", texts if values else None, inside)
            case Sentence(expression=expression):
                look(expression, inside)

    def follow(name: str, parts: Sequence[Expression] | None, inside: tuple[str, ...]) -> None:
        if parts is None:
            raise ValueError(f"there is no {name}")
        if name in inside:
            raise ValueError(f"{name} refers to itself")
        if name not in whole:
            for part in parts:
                look(part, (*inside, name))
            whole.add(name)

    for sentence in data.sentences:
        look(sentence.expression, ())


def without(skipped: Iterable[str], words: str) -> list[str]:
    """Return `words` less what a grammar skips wherever it stands; a courtesy of several words goes as a whole."""
    longest_first = "|".join(re.escape(phrase) for phrase in sorted(skipped, key=len, reverse=True))
    return re.sub(rf"\b(?:{longest_first})\b", "", words).split()


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a command."""

    name: str
    slots: dict[str, Value]
    texts: tuple[str, ...]
    """The words that filled the slots, in the order in which they were spoken."""


def best(results: Iterable[RecognizeResult]) -> Reading | None:
    """Return the best of several readings, or None if two of them are equally good (rules 2 to 4)."""
    found: list[Reading] = []
    found_rank = (False, -1)
    for result in results:
        caught = [str(entity.value) for entity in result.entities_list if entity.is_wildcard]
        if any(len(words.split()) > NAME_WORDS_MAX for words in caught):
            continue
        rank = (not caught, result.text_chunks_matched)
        slots = {entity.name: _value(entity.value) for entity in result.entities_list}
        reading = Reading(result.intent.name, slots, tuple(entity.text.strip() for entity in result.entities_list))
        if rank > found_rank:
            found, found_rank = [reading], rank
        elif rank == found_rank and reading not in found:
            found.append(reading)
    return found[0] if len(found) == 1 else None


def _value(value: Any) -> Value:
    return int(value) if isinstance(value, int | float) else str(value).strip()
