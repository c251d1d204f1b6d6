"""Settings from where people write them: layer over layer, each value with the place that it came from.

1. From low to high: built in, the packager's file, the owner's `config.toml`, `conf.d/*.toml` by name,
   `EDGE_AGENT_*` in the environment, the command line. The highest that names a setting wins.
2. A file that does not exist says nothing. One that can't be read or is not TOML is an error.
3. Each layer is checked by itself, so that an error names the place to mend, also where a higher layer would hide it.
4. A name that does not exist is an error with a suggestion, never silence: a typo would otherwise look like a setting
   that does not work.
5. A file's values have their type (`"500"` is not a number). The environment and the command line have only text, which
   is read as TOML unless the setting itself is text.

An environment variable is a setting's name with `__` for the dot: `EDGE_AGENT_FLOOR__SILENCE_MS=500`.
"""

import difflib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from edge_agent.base.errors import AccessError, EdgeAgentError, SettingsError
from edge_agent.base.paths import Paths, paths
from edge_agent.base.room import Room
from edge_agent.base.settings import Settings

BUILT_IN = "built in"
COMMAND_LINE = "the command line"
PREFIX = "EDGE_AGENT_"
SWITCHES = frozenset({"EDGE_AGENT_DEBUG", "EDGE_AGENT_EVAL", "EDGE_AGENT_LOG"})
"""Variables with our prefix that are not settings: tracebacks, the tests' recordings, the log's level."""

Tree = dict[str, Any]
"""Room -> name -> value, as TOML has it."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one place says."""

    origin: str
    """The place, as it is printed."""
    values: Tree


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and where each comes from."""

    settings: Settings
    origins: Mapping[str, str]
    """For every setting (`room.name`) the place that has the last word."""


def load(overrides: Mapping[str, object] | None = None) -> Settings:
    """Return the settings of this process. `overrides` are those of the command line, by `room.name`."""
    return load_with_origins(overrides).settings


def load_with_origins(
    overrides: Mapping[str, object] | None = None,
    *,
    places: Paths | None = None,
    environment: Mapping[str, str] | None = None,
) -> Loaded:
    """Return settings and origins; raises SettingsError for the first thing that is wrong."""
    given = os.environ if environment is None else environment
    merged: Tree = {}
    origins = dict.fromkeys(keys(), BUILT_IN)
    for layer in _layers(overrides or {}, places or paths(given), given):
        for error in problems(layer):
            raise error
        for room, values in layer.values.items():
            merged.setdefault(room, {}).update(values)
            origins.update({f"{room}.{name}": layer.origin for name in values})
    return Loaded(_validate(merged), origins)


def check(
    overrides: Mapping[str, object] | None = None,
    *,
    places: Paths | None = None,
    environment: Mapping[str, str] | None = None,
) -> list[EdgeAgentError]:
    """Return everything that is wrong in files, environment and on the command line, not only the first thing."""
    given = os.environ if environment is None else environment
    where = places or paths(given)
    found: list[EdgeAgentError] = []
    for path in files(where):
        try:
            found += problems(Layer(str(path), _read(path)))
        except EdgeAgentError as error:
            found.append(error)
    for layer in (*_from_environment(given), *_from_command_line(overrides or {})):
        found += problems(layer)
    return found


def files(places: Paths) -> list[Path]:
    """Return the files that are read, lowest first, whether they exist or not (but `conf.d` lists what is there)."""
    drop_ins = sorted((places.config / "conf.d").glob("*.toml"), key=lambda path: path.name)
    return [places.vendor / "config.toml", places.config / "config.toml", *drop_ins]


def keys() -> Iterator[str]:
    """Yield `room.name` of every setting, in the order of settings.py."""
    for room, name, _ in fields():
        yield f"{room}.{name}"


def fields() -> Iterator[tuple[str, str, FieldInfo]]:
    """Yield room, name and field of every setting, in the order of settings.py."""
    for room, info in Settings.model_fields.items():
        assert isinstance(info.annotation, type), f"{room} is a room"
        assert issubclass(info.annotation, Room), f"{room} is a room"
        for name, inner in info.annotation.model_fields.items():
            yield room, name, inner


def problems(layer: Layer) -> list[SettingsError]:
    """Return what is wrong in one layer."""
    try:
        _validate(layer.values)
    except ValidationError as error:
        return [_explain(layer.origin, details["loc"], details["input"]) for details in error.errors()]
    return []


def allowed(field: FieldInfo) -> str:
    """Return in words what a setting may be: `a whole number from 100 to 5000`."""
    limits = {}
    for limit in field.metadata:
        limits.update({name: getattr(limit, name) for name in ("ge", "gt", "le", "lt") if hasattr(limit, name)})
    words = [_kind(field.annotation)]
    if "ge" in limits and "le" in limits:
        words.append(f"from {limits['ge']} to {limits['le']}")
    else:
        names = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
        words.append(" and ".join(f"{names[name]} {limits[name]}" for name in names if name in limits))
    return " ".join(word for word in words if word)


def field(key: str) -> FieldInfo | None:
    """Return the field that `room.name` stands for, if there is one."""
    return next((info for room, name, info in fields() if f"{room}.{name}" == key), None)


def _layers(overrides: Mapping[str, object], places: Paths, environment: Mapping[str, str]) -> Iterator[Layer]:
    for path in files(places):
        yield Layer(str(path), _read(path))
    yield from _from_environment(environment)
    yield from _from_command_line(overrides)


def _from_command_line(overrides: Mapping[str, object]) -> Iterator[Layer]:
    for key, value in overrides.items():
        yield _text_layer(COMMAND_LINE, key, value) if isinstance(value, str) else _layer(COMMAND_LINE, key, value)


def _from_environment(environment: Mapping[str, str]) -> Iterator[Layer]:
    for variable, text in sorted(environment.items()):
        if variable.startswith(PREFIX) and variable not in SWITCHES:
            yield _text_layer(variable, variable.removeprefix(PREFIX).lower().replace("__", "."), text)


def _text_layer(origin: str, key: str, text: str) -> Layer:
    known = field(key)
    return _layer(origin, key, text if known is None else _parse(known, text))


def _layer(origin: str, key: str, value: object) -> Layer:
    room, _, name = key.partition(".")
    return Layer(origin, {room: {name: value} if name else value})


def _parse(known: FieldInfo, text: str) -> object:
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    # `EDGE_AGENT_AUDIO__INPUT=2` names a device "2", whatever TOML makes of it.
    textual = _kind(known.annotation) in ("text", "a path") or isinstance(known.default, Enum)
    return text if textual and not isinstance(value, str) else value


def _read(path: Path) -> Tree:
    try:
        return tomllib.loads(
            path.read_text(encoding="utf-8-sig")
        )  # with the mark in front that Windows' editors put there
    except FileNotFoundError:
        return {}
    except PermissionError:
        raise AccessError(
            f"{path} may not be read by this user", hint=f"`chmod o+r {path}`, or run as its owner."
        ) from None
    except OSError as error:
        raise SettingsError(f"{path} can't be read: {error.strerror}", hint="It should be a TOML file.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}", hint="See https://toml.io for the notation.") from None


def _validate(values: Tree) -> Settings:
    # By way of JSON because pydantic is then strict about types and still takes names for enums and paths.
    return Settings.model_validate_json(json.dumps(values, default=str), strict=True)


def _explain(origin: str, location: tuple[int | str, ...], value: object) -> SettingsError:
    key = ".".join(str(part) for part in location[:2])
    known = field(key)
    if known is not None and len(location) > 3 and (inner := tables(known)):
        inner_key, within = ".".join(map(str, location[:4])), inner.get(str(location[3]))
        return _explain_in_table(origin, inner_key, within, value, listed=len(location) > 4)
    if known is not None:
        return SettingsError(
            f"{key} = {json.dumps(value)} in {origin} is not allowed", hint=_must(known, value, len(location) > 2)
        )
    if key in Settings.model_fields:
        return SettingsError(
            f"{key} = {json.dumps(value)} in {origin} is not allowed",
            hint=f"[{key}] is a table; a setting in it has a name of its own, such as {_first_of(key)}.",
        )
    near = suggestion(key)
    hint = f"Did you mean {near}?" if near else "`edge-agent config show` lists every setting."
    return SettingsError(f"there is no setting {key} ({origin})", hint=hint)


def _explain_in_table(origin: str, key: str, known: FieldInfo | None, value: object, *, listed: bool) -> SettingsError:
    if known is None:  # The value is not printed: this is where somebody might have written a key.
        return SettingsError(
            f"there is no setting {key} ({origin})", hint="docs/settings.md lists what a table may have."
        )
    if known.is_required() and isinstance(value, dict):
        return SettingsError(f"{key} in {origin} is missing", hint=f"It must be {allowed(known)}.")
    return SettingsError(f"{key} = {json.dumps(value)} in {origin} is not allowed", hint=_must(known, value, listed))


def _must(known: FieldInfo, value: object, listed: bool) -> str:
    """What it must be instead of `value`, which may be one of a list."""
    about = " ".join((known.description or "").split())
    if isinstance(value, str) and _kind(known.annotation) == ("a list of texts" if listed else "text"):
        return f"It must be of another form: {about}"
    return f"It must be {allowed(known)}. {about}" if isinstance(value, str) else f"It must be {allowed(known)}."


def suggestion(key: str) -> str:
    """Return the setting or room whose name is nearest to a wrong one, or nothing."""
    every = list(keys())
    if "." not in key:
        near = difflib.get_close_matches(key, list(Settings.model_fields), 1) or _named(key, every)
        return near[0] if near else ""
    near = _named(key.partition(".")[2], every) or difflib.get_close_matches(key, every, 1)
    return near[0] if near else ""


def _named(name: str, every: list[str]) -> list[str]:
    """Return the settings of that name in any room: the right name under the wrong heading is a common slip."""
    return [key for key in every if key.partition(".")[2] == name]


def _first_of(room: str) -> str:
    return next(key for key in keys() if key.startswith(f"{room}."))


def _kind(annotation: Any) -> str:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "one of " + ", ".join(str(member.value) for member in annotation)
    if get_origin(annotation) is tuple:
        return _list_of(get_args(annotation)[0])
    options = [option for option in get_args(annotation) if option is not type(None)] or [annotation]
    return {bool: "true or false", int: "a whole number", float: "a number", str: "text", Path: "a path"}[options[0]]


def _list_of(kind: Any) -> str:
    if not (isinstance(kind, type) and issubclass(kind, Room)):
        return "a list of texts"
    names = [name if info.is_required() else f"{name}?" for name, info in kind.model_fields.items()]
    return f"a list of tables: {', '.join(names)}"


def tables(known: FieldInfo) -> Mapping[str, FieldInfo]:
    """The fields of each table in a list of tables; none for anything else."""
    kinds = get_args(known.annotation)
    return kinds[0].model_fields if kinds and isinstance(kinds[0], type) and issubclass(kinds[0], Room) else {}
