"""A scenario from its file. Whatever is wrong is an InputError with the file, the line, the field and what to do.

All scalars are text (`yes` is a word that somebody says), so nothing is converted before the form has looked at it.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from edge_agent.base.errors import InputError
from edge_agent.bench.scenarios.form import (
    STEPS,
    Acoustics,
    AnsweredWithin,
    Backchannel,
    DeviceIs,
    Form,
    GoesOn,
    Head,
    LetsFinish,
    MakeNoise,
    PlayRecording,
    Say,
    SilentWithin,
    Step,
    Type,
)

HINT = "docs/scenarios.md describes the form."

SOUNDS = (Say, Backchannel, MakeNoise, PlayRecording)
"""Steps in which somebody is to be heard."""

F = TypeVar("F", bound=Form)


@dataclass(frozen=True, slots=True)
class Line:
    """One step, and where it stands."""

    number: int
    """Of the line in the file, from 1."""
    text: str
    """The leading word and what follows it, for people."""
    step: Step


@dataclass(frozen=True, slots=True)
class Scenario:
    """One file."""

    name: str
    head: Head
    lines: tuple[Line, ...]

    @property
    def room(self) -> Acoustics:
        """Where it is played."""
        return self.head.room


def read_all(place: Path) -> list[Scenario]:
    """Read a file, or every `*.yaml` of a folder, those of one room beside each other; InputError if there is none."""
    paths = sorted(place.glob("*.yaml")) if place.is_dir() else [place]
    if not paths:
        raise InputError(f"{place} holds no scenarios", hint="Put files there whose names end in .yaml. " + HINT)
    return sorted(map(read, paths), key=lambda scenario: (scenario.room.kind.value != "simulated", scenario.room.echo,
                                                          scenario.room.noise, scenario.name))  # fmt: skip


def read(path: Path) -> Scenario:
    """Read one file."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}", hint="Name a file or a folder of them.") from error
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8", hint="Save it as UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise InputError(f"{where}: {getattr(error, 'problem', error)}", hint="It must be YAML. " + HINT) from None
    return _Reader(path).scenario(node)


class _Reader:
    """Turns one file's nodes into a scenario."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: dict[tuple[str | int, ...], int] = {(): 1}

    def scenario(self, node: Any) -> Scenario:
        whole = None if node is None else self._plain(node, ())
        if not isinstance(whole, dict):
            raise self._error((), "this is no mapping with `proves:` and `steps:`")
        steps = whole.pop("steps", None)
        head = self._form(Head, whole, (), ("steps",))
        if not isinstance(steps, list) or not steps:
            raise self._error(("steps",), "`steps` must be a list of at least one step")
        lines = tuple(self._line(step, ("steps", number)) for number, step in enumerate(steps))
        self._is_playable(lines)
        return Scenario(self._path.stem, head, lines)

    def _plain(self, node: Any, at: tuple[str | int, ...]) -> Any:
        """Return the node's value, and keep the line of everything in it."""
        self._lines[at] = node.start_mark.line + 1
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, (*at, number)) for number, item in enumerate(node.value)]
        if not isinstance(node, yaml.MappingNode):
            return node.value
        values: dict[str, Any] = {}
        for key, value in node.value:
            here = (*at, str(key.value))
            plain = self._plain(value, here)
            self._lines[here] = key.start_mark.line + 1
            if here[-1] in values:
                raise self._error(here, f"`{here[-1]}` is said twice", "Keep one of the two.")
            values[str(key.value)] = plain
        return values

    def _line(self, raw: Any, at: tuple[str | int, ...]) -> Line:
        fields = {raw: "true"} if isinstance(raw, str) else raw
        if not isinstance(fields, dict):
            raise self._error(at, "a step is a word, a colon and what goes with it", f"One of: {_listed(STEPS)}.")
        leading = [key for key in fields if key in STEPS]
        if len(leading) > 1:
            raise self._error(at, f"this step says {_listed(leading)}", "Make it a step each.")
        if not leading:
            first = next(iter(fields), "")
            near = difflib.get_close_matches(first, STEPS, 1)
            hint = f"Did you mean `{near[0]}`?" if near else f"A step begins with one of: {_listed(STEPS)}."
            raise self._error((*at, first), f"no step is called `{first}`", hint)
        step = self._form(STEPS[leading[0]], fields, at)
        value = fields[leading[0]]
        text = leading[0] if value == "true" else f"{leading[0]}: {value}"
        return Line(self._lines[at], text, step)

    def _form(self, form: type[F], values: Mapping[str, Any], at: tuple[str | int, ...], also: Iterable[str] = ()) -> F:
        try:
            return form.model_validate(values)
        except ValidationError as failure:
            problem = failure.errors()[0]
        here = (*at, *problem["loc"])
        name = ".".join(str(part) for part in problem["loc"])
        known = [field.alias or "" for field in form.model_fields.values()] + [*also]
        match problem["type"]:
            case "extra_forbidden":
                near = difflib.get_close_matches(name, known, 1)
                hint = f"Did you mean `{near[0]}`?" if near else f"There are: {_listed(known)}." if at else HINT
                raise self._error(here, f"there is no `{name}` here", hint)
            case "missing":
                raise self._error(here[: len(at)], f"`{name}` is missing", "Add it. " + HINT)
            case _:
                told = problem["msg"].removeprefix("Value error, ")
                raise self._error(here, f"`{name}`: {told}")

    def _is_playable(self, lines: Iterable[Line]) -> None:
        """Refuse what would wait for something that can't come."""
        spoken = asked = gone = False
        for number, line in enumerate(lines):
            at = ("steps", number)
            match line.step:
                case DeviceIs(device=device):
                    if gone == (device == "lost"):
                        raise self._error(at, f"the device is {'lost' if gone else 'there'} already")
                    gone = device == "lost"
                case GoesOn() | SilentWithin() | LetsFinish() if not spoken:
                    raise self._error(at, f"`{line.text}` needs something that was said before", "Put it behind that.")
                case AnsweredWithin() if not (spoken or asked):
                    raise self._error(at, "nothing was asked before", "Put it behind the question.")
                case step if isinstance(step, SOUNDS) and gone:
                    raise self._error(at, "nobody is heard while the device is lost", "Say `device: back` before.")
            spoken = spoken or isinstance(line.step, SOUNDS)
            asked = asked or isinstance(line.step, Type)

    def _error(self, at: tuple[str | int, ...], what: str, hint: str = HINT) -> InputError:
        while at not in self._lines:
            at = at[:-1]
        return InputError(f"{self._path}, line {self._lines[at]}: {what}", hint=hint)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words if word)
