"""JSON from somebody who may mean harm: every field is asked for by name, type and bounds, and no other may be there.

1. No duplicate key, no NaN, no number as a text, no true as a number, no unknown field, no depth that fells the parser.
2. What is wrong is a ValueError that names the field; whoever reads a document says in which one.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

TEXT_MAX = 255


def canonical(table: object) -> bytes:
    """Return the only spelling of a JSON value: sorted keys, no spaces, UTF-8."""
    return json.dumps(table, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def loads(data: bytes, most: int, where: str = "the whole") -> "Table":
    """Read an object of at most `most` bytes."""
    if len(data) > most:
        raise ValueError(f"it has {len(data)} bytes, more than {most}")
    try:
        value = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return Table(value, where)


class Table:
    """A JSON object from which each field is taken once."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"{where} must be an object")
        self._left: dict[str, Any] = dict(value)
        self._where = where

    def text(self, name: str, shape: re.Pattern[str] | None = None, most: int = TEXT_MAX) -> str:
        """Take a text of at most `most` bytes that is all of `shape`."""
        value: str = self._take(name, str)
        if len(value.encode()) > most or "\0" in value or (shape and not shape.fullmatch(value)):
            raise ValueError(f"{name!r} of {self._where} is not allowed: {value[:80]!r}")
        return value

    def number(self, name: str, least: int = 0, most: int = 1 << 31) -> int:
        """Take a whole number."""
        value: int = self._take(name, int)
        if not least <= value <= most:
            raise ValueError(f"{name!r} of {self._where} must be from {least} to {most}")
        return value

    def flag(self, name: str) -> bool:
        """Take true or false."""
        return bool(self._take(name, bool))

    def many(self, name: str, most: int, least: int = 0) -> list[Any]:
        """Take a list of anything."""
        values: list[Any] = self._take(name, list)
        if not least <= len(values) <= most:
            raise ValueError(f"{name!r} of {self._where} must have {least} to {most} entries")
        return values

    def texts(self, name: str, most: int = 64, shape: re.Pattern[str] | None = None) -> tuple[str, ...]:
        """Take a list of texts."""
        return tuple(Table({name: value}, self._where).text(name, shape) for value in self.many(name, most))

    def each(self, name: str, most: int, read: Callable[["Table"], T], least: int = 0) -> tuple[T, ...]:
        """Take a list of objects, each read by `read`, which must take every field."""
        found: list[T] = []
        for place, value in enumerate(self.many(name, most, least)):
            table = Table(value, f"{name}[{place}]")
            found.append(read(table))
            table.end()
        return tuple(found)

    def table(self, name: str) -> "Table":
        """Take an object."""
        return Table(self._take(name, dict), name)

    def rest(self) -> dict[str, Any]:
        """Take whatever is left, unchecked."""
        left, self._left = self._left, {}
        return left

    def end(self) -> None:
        """Refuse what nobody took."""
        if self._left:
            raise ValueError(f"{self._where} has unknown fields: {', '.join(sorted(self._left))[:80]}")

    def _take(self, name: str, kind: type) -> Any:
        if name not in self._left:
            raise ValueError(f"{self._where} lacks {name!r}")
        value = self._left.pop(name)
        if type(value) is not kind:
            raise ValueError(f"{name!r} of {self._where} must be of type {kind.__name__}")
        return value


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _unique(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a key stands there twice")
    return table
