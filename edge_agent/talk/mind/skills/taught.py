"""The owner's own skills, and the grammar of their sentences.

1. Every `*.py` of a folder is run once, in the order of the names; one that begins with `_` is for the others to
   import. What is wrong with one is an InputError that names the file, the line and what to do.
2. The sentences of a skill are those of its decorator and those below its name in a YAML file beside it
   (`intents:`, as in Home Assistant's format). The lists of their slots are made of the parameters' types.
3. Lists that may change are asked for at the start, and again whenever `refresh` is called. A list that can't be had
   then stays as it was.
"""

import importlib.util
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hassil import parse_sentence
from hassil.parser import ParseError

from edge_agent.base.errors import InputError
from edge_agent.talk.mind.skills.answers import NAMES
from edge_agent.talk.mind.skills.grammar import Sentences, load
from edge_agent.talk.mind.skills.normal import normalise
from edge_agent.talk.mind.tools.skill import Skill, Slot
from edge_agent.talk.mind.tools.tool import Tool

log = logging.getLogger(__name__)

FILLERS = ("please", "um", "uh", "hi", "hello", "hey", "okay", "so", "thanks", "thank you", "can you", "could you")
"""What is skipped wherever it stands."""

NUMBERS = (0, 1000)
"""Between these is a number whose parameter has no bounds."""

_LITERAL = re.compile(r"\{[^}]*\}|<[^>]*>|[^\[\](){}<>|;]+")

Words = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Known:
    """One skill, and where it stands."""

    skill: Skill[Any, Any]
    file: Path


class Taught:
    """The skills in some folders. Their code is run here: InputError where it, or a sentence of it, is wrong."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._known = [known for folder in folders for known in _of_folder(folder)]
        _check_unique(self._known)
        self._beside = {file: _beside(file) for file in dict.fromkeys(known.file for known in self._known)}
        for file, sentences in self._beside.items():
            _check_names(file, sentences, {known.skill.name for known in self._known if known.file == file})
        self._words = {known.skill.name: _asked(known) for known in self._known}
        self.tools: tuple[Tool, ...] = ()
        """Of all of them, as their lists are now."""
        self.grammar: Sentences | None = None
        """Of their sentences; None where they have none."""
        self._learn()

    def refresh(self) -> bool:
        """Ask again for the lists that may change, and return whether one did. May take as long as their functions."""
        words = dict(self._words)
        for known in self._known:
            try:
                words[known.skill.name] = known.skill.words()
            except Exception:
                log.warning("the lists of the skill %s can't be had now", known.skill.name, exc_info=True)
        if words == self._words:
            return False
        self._words = words
        self._learn()
        return True

    def _learn(self) -> None:
        self.tools = tuple(known.skill.tool(self._words[known.skill.name]) for known in self._known)
        self.grammar = self._grammar()

    def _grammar(self) -> Sentences | None:
        intents: dict[str, Any] = {}
        for known in self._known:
            written = self._beside[known.file].get("intents", {}).get(known.skill.name, {}).get("data", [])
            own = [_template(sentence) for sentence in known.skill.sentences]
            blocks = [*([{"sentences": own}] if own else []), *written]
            lists = _lists(known.skill.slots, self._words[known.skill.name])
            for data in blocks:
                block = {**data, "lists": {**lists, **data.get("lists", {})}}
                _check_slots(known, block["sentences"], block["lists"])
                intents.setdefault(known.skill.name, {"data": []})["data"].append(block)
        if not intents:
            return None
        shared = {
            key: {name: value for sentences in self._beside.values() for name, value in sentences.get(key, {}).items()}
            for key in ("lists", "expansion_rules")
        }
        first = self._known[0].file
        return Sentences(first.parent, {"skip_words": list(FILLERS), "intents": intents, **shared})


def _of_folder(folder: Path) -> list[_Known]:
    files = [file for file in sorted(folder.glob("*.py")) if not file.name.startswith("_")]
    if not files:
        raise InputError(f"there are no skills in {folder}", hint="Name a folder with .py files: tools.folders.")
    if str(folder) not in sys.path:
        sys.path.append(str(folder))  # Behind everything else: a file called json.py takes the place of nothing.
    return [_Known(skill, file) for file in files for skill in _of_file(file)]


def _of_file(file: Path) -> list[Skill[Any, Any]]:
    """Run a file, and return the skills that it defines."""
    name = f"edge_agent_own_skills.{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None  # The suffix is one that Python knows.
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pydantic looks there for what annotations name.
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise _wrong(file, _line(error, file), f"{type(error).__name__}: {error}") from error
    found = [thing for thing in vars(module).values() if isinstance(thing, Skill) and thing.function.__module__ == name]
    for skill in found:
        try:
            assert skill.slots is not None
        except (TypeError, NameError) as error:
            raise _wrong(file, skill.function.__code__.co_firstlineno, f"{skill.name}: {error}") from error
    return found


def _check_unique(skills: Iterable[_Known]) -> None:
    found: dict[str, str] = dict.fromkeys(NAMES, "a skill that ships")
    for known in skills:
        if taken := found.get(known.skill.name):
            line = known.skill.function.__code__.co_firstlineno
            raise _wrong(known.file, line, f"{known.skill.name} is the name of {taken}, too")
        found[known.skill.name] = f"a skill in {known.file.name}"


def _line(error: BaseException, file: Path) -> int:
    if isinstance(error, SyntaxError) and error.lineno:
        return error.lineno
    frames = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == file]
    return frames[-1] if frames and frames[-1] else 1


def _wrong(file: Path, line: int, what: str) -> InputError:
    hint = f"Mend it, or take {file.name} out of the folder."
    return InputError(f"{file}, line {line}: {what}", hint=hint)


def _asked(known: _Known) -> Words:
    try:
        return known.skill.words()
    except Exception as error:
        line = known.skill.function.__code__.co_firstlineno
        raise _wrong(known.file, line, f"a list of {known.skill.name} can't be had: {error}") from error


def _beside(file: Path) -> dict[str, Any]:
    path = file.with_suffix(".yaml")
    return load(path) if path.exists() else {}


def _check_names(file: Path, sentences: Mapping[str, Any], names: set[str]) -> None:
    for name in sentences.get("intents", {}):
        if name not in names:
            hint = f"It has {', '.join(sorted(names)) or 'no skill'}."
            raise InputError(f"{file.with_suffix('.yaml')}: there is no skill {name} in {file.name}", hint=hint)


def _check_slots(known: _Known, sentences: Sequence[str], lists: Mapping[str, Any]) -> None:
    parameters = {slot.name for slot in known.skill.slots}
    required = set(known.skill.tool({}).schema["required"])
    line = known.skill.function.__code__.co_firstlineno
    for sentence in sentences:
        try:
            parse_sentence(sentence)
        except ParseError as error:
            raise _wrong(known.file, line, f"the sentence {sentence!r} can't be read: {error}") from error
        named = [name.partition(":") for name in re.findall(r"\{([^}]+)\}", sentence)]
        slots = {slot or name for name, _, slot in named}
        for name in sorted(slots - parameters):
            raise _wrong(known.file, line, f"the sentence {sentence!r} has {{{name}}}, which is no parameter")
        for name in sorted({name for name, _, _ in named} - set(lists)):
            raise _wrong(known.file, line, f"{{{name}}} can't be in a sentence: of its type nobody knows the words")
        if "<" not in sentence and (missing := sorted(required - slots)):
            raise _wrong(known.file, line, f"the sentence {sentence!r} lacks {{{missing[0]}}}, which has no default")


def _template(sentence: str) -> str:
    """The sentence with its own words in the form that everything heard is brought into."""

    def written(found: re.Match[str]) -> str:
        text = found[0]
        if text[0] in "{<":
            return text
        before, after = " " * text[:1].isspace(), " " * text[-1:].isspace()
        return f"{before}{normalise(text)}{after}" if text.strip() else " "

    return _LITERAL.sub(written, sentence)


def _lists(slots: Sequence[Slot], words: Words) -> dict[str, Any]:
    """What may stand in each slot: the list of a hassil grammar."""
    lists: dict[str, Any] = {}
    for slot in slots:
        schema: Mapping[str, Any] = next(
            (each for each in slot.schema.get("anyOf", [slot.schema]) if each.get("type") != "null"), {}
        )
        values = words.get(slot.name) or schema.get("enum") or ([schema["const"]] if "const" in schema else [])
        if slot.one_of or values:
            lists[slot.name] = {"values": [{"in": normalise(str(v)), "out": v} for v in values if normalise(str(v))]}
        elif schema.get("type") == "integer":
            low = schema.get("minimum", schema.get("exclusiveMinimum", NUMBERS[0] - 1) + 1)
            high = schema.get("maximum", schema.get("exclusiveMaximum", NUMBERS[1] + 1) - 1)
            lists[slot.name] = {"range": {"from": low, "to": high}}
        elif schema.get("type") == "string":
            lists[slot.name] = {"wildcard": True}
    return lists
