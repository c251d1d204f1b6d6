"""A JSON schema as a grammar for llama.cpp: what a model says under it parses, and is valid. Pure.

1. The JSON is written without blanks, what is required first. What has no end in the schema gets one here: strings,
   lists and numbers are bounded, so that a model comes to an end.
2. `$ref` within the schema, `enum`, `const`, `anyOf`, `oneOf`, `allOf`, `type`, `properties`, `required`, `items` and
   the bounds of lengths and numbers are kept to the letter. Anything else (`pattern`, `format`, `multipleOf`, `not`)
   is left to whoever validates the value.
3. A schema that nothing is valid for, or that contains itself, is an InputError.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from edge_agent.base.errors import InputError

STRING_MAX: Final = 64
ITEMS_MAX: Final = 8
WHOLE_MAX: Final = 10**9 - 1
DEPTH_MAX: Final = 12

_CHARACTER: Final = r'[^"\\\x7F\x00-\x1F]'

Schema = Mapping[str, Any]


def grammar(schema: Schema) -> str:
    """Return the grammar of all values of a schema, and some others where rule 2 says so."""
    try:
        return f"root ::= {_Writer(schema).value(schema, 0)}\n"
    except (TypeError, ValueError, AttributeError, KeyError, OverflowError, RecursionError) as error:
        raise InputError(f"the schema can't be read: {error}", hint="Mend the tool's schema.") from None


class _Writer:
    """Writes one schema. Each method returns an expression that may stand anywhere."""

    def __init__(self, root: Schema) -> None:
        self._root = root

    def value(self, schema: Any, depth: int) -> str:
        if depth > DEPTH_MAX:
            raise InputError("the schema contains itself, or is too deep", hint="Give the tool a flatter schema.")
        if schema is True or schema == {}:
            schema = {"type": ["string", "number", "boolean", "null"]}
        if not isinstance(schema, Mapping):
            raise _nothing(schema)
        if "$ref" in schema:
            rest = {key: part for key, part in schema.items() if key != "$ref"}
            return self.value({**self._named(str(schema["$ref"])), **rest}, depth + 1)
        if parts := schema.get("allOf"):
            rest = {key: part for key, part in schema.items() if key != "allOf"}
            return self.value(_merged([rest, *(self._resolved(part) for part in parts)]), depth + 1)
        if "const" in schema:
            return _literal(_json(schema["const"]))
        if "enum" in schema:
            return _one([_literal(_json(value)) for value in schema["enum"]], schema)
        if parts := schema.get("anyOf") or schema.get("oneOf"):
            return _one([self.value(part, depth + 1) for part in parts], schema)
        kinds = schema.get("type", "object" if "properties" in schema else "string")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        return _one([self._typed(str(kind), schema, depth) for kind in kinds], schema)

    def _typed(self, kind: str, schema: Schema, depth: int) -> str:
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "string":
                low = int(schema.get("minLength", 0))
                high = int(schema.get("maxLength", max(low, STRING_MAX)))
                if high < low:
                    raise _nothing(schema)
                return f'("\\"" {_CHARACTER}{{{low},{high}}} "\\"")'
            case "integer":
                least, most = _bounds(schema)
                return whole(math.ceil(least), math.floor(most))
            case "number":
                return _number(*_bounds(schema))
            case "boolean":
                return '("true" | "false")'
            case "null":
                return '"null"'
        raise _nothing(schema)

    def _object(self, schema: Schema, depth: int) -> str:
        properties = {**{name: {} for name in schema.get("required", ())}, **schema.get("properties", {})}
        required = [name for name in properties if name in schema.get("required", ())]
        pairs = {
            name: f"({_literal(_json(name) + ':')} {self.value(part, depth + 1)})" for name, part in properties.items()
        }
        optional = [pairs[name] for name in properties if name not in required]
        first = ' "," '.join(pairs[name] for name in required)
        if first:
            more = " ".join(f'("," {pair})?' for pair in optional)
            return f'("{{" {first} {more} "}}")'
        runs = [
            " ".join([pair, *(f'("," {next_})?' for next_ in optional[at + 1 :])]) for at, pair in enumerate(optional)
        ]
        return f'("{{" ({" | ".join(runs)})? "}}")' if runs else '"{}"'

    def _array(self, schema: Schema, depth: int) -> str:
        low = int(schema.get("minItems", 0))
        high = int(schema.get("maxItems", max(low, ITEMS_MAX)))
        if high < low:
            raise _nothing(schema)
        if high == 0:
            return '"[]"'
        item = self.value(schema.get("items", {}), depth + 1)
        some = f'({item} ("," {item}){{{max(low - 1, 0)},{high - 1}}})'
        return f'("[" {some}{"" if low else "?"} "]")'

    def _resolved(self, part: Any) -> Schema:
        if isinstance(part, Mapping) and "$ref" in part:
            return {**self._named(str(part["$ref"])), **{key: each for key, each in part.items() if key != "$ref"}}
        return part if isinstance(part, Mapping) else {}

    def _named(self, reference: str) -> Schema:
        """What a reference within the schema names."""
        found: Any = self._root
        for step in reference.removeprefix("#").split("/")[1:] if reference.startswith("#") else ["nowhere"]:
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
        if not isinstance(found, Mapping):
            raise InputError(f"the schema refers to {reference}, which is not in it", hint="Write it out.")
        return found


def whole(low: int, high: int) -> str:
    """Return the grammar of all whole numbers from `low` to `high`."""
    if low > high:
        raise _nothing({"minimum": low, "maximum": high})
    ways = [f'("-" {_digits(max(1, -high), -low)})'] if low < 0 else []
    ways += [_digits(max(0, low), high)] if high >= 0 else []
    return _either(ways)


def _digits(low: int, high: int) -> str:
    """All numbers between these, which are not negative, without leading zeros."""
    ways = []
    for length in range(len(str(low)), len(str(high)) + 1):
        least, most = max(low, 10 ** (length - 1) if length > 1 else 0), min(high, 10**length - 1)
        ways.append(_same_length(str(least), str(most)))
    return _either(ways)


def _same_length(low: str, high: str) -> str:
    if low == "0" * len(low) and high == "9" * len(high):
        return f"[0-9]{{{len(low)}}}"
    if len(low) == 1:
        return f"[{low}-{high}]"
    if low[0] == high[0]:
        return f'("{low[0]}" {_same_length(low[1:], high[1:])})'
    rest = len(low) - 1
    ways, first, last = [], int(low[0]), int(high[0])
    if low[1:] != "0" * rest:
        ways.append(f'("{low[0]}" {_same_length(low[1:], "9" * rest)})')
        first += 1
    if high[1:] != "9" * rest:
        ways.append(f'("{high[0]}" {_same_length("0" * rest, high[1:])})')
        last -= 1
    if first <= last:
        ways.append(f"([{first}-{last}] [0-9]{{{rest}}})")
    return _either(ways)


def _number(low: float, high: float) -> str:
    """Whole numbers, and from nought up those with one or two decimals."""
    ways = [whole(math.ceil(low), math.floor(high))] if math.ceil(low) <= math.floor(high) else []
    if math.floor(high) - 1 >= max(0, math.ceil(low)):
        ways.append(f'({whole(max(0, math.ceil(low)), math.floor(high) - 1)} "." [0-9]{{1,2}})')
    if not ways:
        raise _nothing({"minimum": low, "maximum": high})
    return _either(ways)


def _bounds(schema: Schema) -> tuple[float, float]:
    step = 1 if schema.get("type") == "integer" else 0.01
    low = max(schema.get("minimum", -WHOLE_MAX), schema.get("exclusiveMinimum", -WHOLE_MAX - step) + step)
    high = min(schema.get("maximum", WHOLE_MAX), schema.get("exclusiveMaximum", WHOLE_MAX + step) - step)
    return low, high


def _merged(parts: Sequence[Schema]) -> Schema:
    """All of several schemas at once, as far as they are objects."""
    merged: dict[str, Any] = {}
    for part in parts:
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        required = [*merged.get("required", ()), *part.get("required", ())]
        merged = {**merged, **part, "properties": properties, "required": required}
    return merged if merged["properties"] else {k: v for k, v in merged.items() if k not in ("properties", "required")}


def _one(ways: Sequence[str], schema: Schema) -> str:
    if not ways:
        raise _nothing(schema)
    return _either(list(dict.fromkeys(ways)))


def _either(ways: Sequence[str]) -> str:
    return ways[0] if len(ways) == 1 else f"({' | '.join(ways)})"


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _nothing(schema: object) -> InputError:
    return InputError(f"nothing is valid for the schema {schema!r}"[:200], hint="Mend the tool's schema.")
