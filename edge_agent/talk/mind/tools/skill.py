"""A typed function becomes a tool, with the sentences that ask for it.

::

    @skill("[can I get] a {size} {drink}", risk=Risk.IRREVERSIBLE, ask="Shall I order a {size} {drink}?")
    def order(size: Literal["small", "large"], drink: Annotated[str, one_of(menu)]) -> str:
        \"\"\"Order a drink.\"\"\"

1. The parameters are the slots of the sentences and, as a JSON schema, the arguments for a model. `Literal`, an `Enum`
   and `one_of` are lists of words, an `int` is a number, and a `str` is a name of one to three words. What has another
   type can't be in a sentence, and is left to models.
2. The docstring is the description: a model decides by it.
3. What the function returns is said; an `Outcome` says more. One that is no coroutine runs in a thread, and there it
   goes on also when it takes too long: give it time-outs of its own.
4. It stays a function: call it, test it.
"""

import asyncio
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Generic, ParamSpec, TypeVar, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model
from pydantic.errors import PydanticUserError

from edge_agent.talk.mind.tools.tool import Arguments, Outcome, Risk, Tool

P = ParamSpec("P")
R = TypeVar("R")

DONE = "Okay."
"""What is said for a function that returns nothing."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """The words that a parameter may be."""

    values: Callable[[], Iterable[str]]


def one_of(values: Callable[[], Iterable[str]] | Iterable[str]) -> OneOf:
    """Return the second half of an annotation: the words that the parameter may be, as they are at the time.

    A function is asked again before each turn, in a thread; what it raises leaves the words as they were.
    """
    if callable(values):
        return OneOf(values)
    fixed = tuple(values)
    return OneOf(lambda: fixed)


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter, as a sentence sees it."""

    name: str
    schema: Mapping[str, Any]
    """Of its values."""
    one_of: OneOf | None = None
    """Where the words are asked for each time."""


class Skill(Generic[P, R]):
    """A function that was decorated."""

    def __init__(
        self, function: Callable[P, R], sentences: tuple[str, ...], risk: Risk, timeout_s: float, ask: str
    ) -> None:
        self.function = function
        self.sentences = sentences
        self.name = function.__name__
        self.description = " ".join(
            (inspect.getdoc(function) or self.name.replace("_", " ")).partition("\n\n")[0].split()
        )
        self._risk = risk
        self._timeout_s = timeout_s
        self._ask = ask

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function as it was written."""
        return self.function(*args, **kwargs)

    @cached_property
    def _parameters(self) -> type[BaseModel]:
        """The parameters as pydantic sees them. TypeError where it can't: no annotation, or one of no JSON type."""
        hints = get_type_hints(self.function, include_extras=True)
        fields: dict[str, Any] = {}
        for name, parameter in inspect.signature(self.function).parameters.items():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) or name not in hints:
                raise TypeError(f"its parameter {name} needs a type")
            fields[name] = (hints[name], ... if parameter.default is parameter.empty else parameter.default)
        try:
            return create_model(self.name, __config__=ConfigDict(extra="forbid"), **fields)
        except (PydanticUserError, ValueError) as error:
            raise TypeError(str(error).splitlines()[0]) from error

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The parameters. TypeError where one has no type, or one that JSON does not know."""
        try:
            schema = self._parameters.model_json_schema()
        except PydanticUserError as error:
            raise TypeError(str(error).splitlines()[0]) from error
        hints = get_type_hints(self.function, include_extras=True)
        defined = schema.get("$defs", {})
        return tuple(
            Slot(name, _plain(own, defined), _one_of(hints[name])) for name, own in schema.get("properties", {}).items()
        )

    def words(self) -> dict[str, tuple[str, ...]]:
        """Ask for the words of each parameter that has a list of them that may change."""
        asked = {slot.name: map(str, slot.one_of.values()) for slot in self.slots if slot.one_of}
        return {name: tuple(word for word in words if word.strip()) for name, words in asked.items()}

    def tool(self, words: Mapping[str, tuple[str, ...]]) -> Tool:
        """Return the tool, with these words for the parameters whose lists may change; none is a list, too."""
        required = [name for name, field in self._parameters.model_fields.items() if field.is_required()]
        properties = {
            slot.name: {**slot.schema, "enum": list(words[slot.name])} if slot.name in words else slot.schema
            for slot in self.slots
            if slot.name in required or words.get(slot.name, True)
        }
        schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
        source = Path(self.function.__code__.co_filename).name
        return Tool(self.name, self.description, schema, self._call, self._risk, self._timeout_s, self._ask, source)

    async def _call(self, arguments: Arguments) -> Outcome:
        checked = self._parameters.model_validate(dict(arguments))
        given = {name: getattr(checked, name) for name in checked.model_fields_set}
        function: Callable[..., Any] = self.function
        if inspect.iscoroutinefunction(function):
            returned = await function(**given)
        else:
            returned = await asyncio.to_thread(function, **given)
        return returned if isinstance(returned, Outcome) else Outcome(DONE if returned is None else str(returned))


def skill(
    *sentences: str, risk: Risk = Risk.IRREVERSIBLE, timeout_s: float = 5.0, ask: str = ""
) -> Callable[[Callable[P, R]], Skill[P, R]]:
    """Make a tool of a typed function.

    `sentences` are hassil templates (`[optional]`, `(one|other)`, `{parameter}`); there may be none, and more in a YAML
    file of the same name beside it. `risk` says what it costs if nobody meant it; `timeout_s` how long it may take, s;
    `ask` is the question before an irreversible call.
    """

    def decorate(function: Callable[P, R]) -> Skill[P, R]:
        return Skill(function, sentences, Risk(risk), timeout_s, ask)

    return decorate


def _one_of(hint: Any) -> OneOf | None:
    extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((extra for extra in extras if isinstance(extra, OneOf)), None)


def _plain(schema: Mapping[str, Any], defined: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter's schema without titles, and without references to what stands elsewhere."""
    if reference := schema.get("$ref"):
        schema = {**defined[str(reference).rpartition("/")[2]], **{k: v for k, v in schema.items() if k != "$ref"}}
    plain: dict[str, Any] = {}
    for key, value in schema.items():
        match key, value:
            case "title", str():
                continue
            case (("anyOf" | "allOf" | "oneOf"), list()):
                plain[key] = [_plain(each, defined) for each in value]
            case (("items" | "additionalProperties"), dict()):
                plain[key] = _plain(value, defined)
            case "properties", dict():
                plain[key] = {name: _plain(each, defined) for name, each in value.items()}
            case _:
                plain[key] = value
    return plain
