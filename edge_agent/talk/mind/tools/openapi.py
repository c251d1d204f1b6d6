"""An OpenAPI 3 document, read as operations that can be called. Pure.

1. An operation takes one flat object: its parameters, and the properties of its JSON body beside them. Where that is no
   object, or a name would stand twice, the body is one argument, `body`.
2. Schemas hold no references any more, and only what a validator of JSON Schema knows.
3. What can't be called like this is left out: a body that is no JSON, a cookie, a schema that contains itself.
4. No argument leaves its place: a value in a path is one segment of it, never `..`, and every path begins with `/`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from edge_agent.base.errors import InputError
from edge_agent.talk.mind.tools import offered

METHODS: Final = ("get", "post", "put", "patch", "delete")

NODES_MAX: Final = 2000
"""Of one operation's schemas, references resolved: more is no tool that a model could call."""

_KEPT: Final = frozenset(
    "type description enum const default properties required items minItems maxItems minLength maxLength pattern "
    "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf anyOf oneOf allOf additionalProperties".split()
)
_OURS: Final = frozenset(("authorization", "content-type", "content-length", "accept", "host", "cookie"))
"""Headers that no argument sets."""


class _Unusable(Exception):
    """Something in an operation that can't be called."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One way of calling the service."""

    name: str
    """Its `operationId`, or its method and path."""
    description: str
    method: str
    path: str
    schema: Mapping[str, Any]
    """Of all arguments together."""
    places: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Of each parameter: where it goes (`path`, `query`, `header`) and its name there. All else is in the body."""
    whole_body: bool = False
    """Whether the argument `body` is the body."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    """JSON; None for none."""


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Yield what can be called."""
    for path, item in _mapping(document.get("paths")).items():
        if not path.startswith("/"):
            continue
        for method in METHODS:
            with suppress(_Unusable):
                shared = _resolved(item, document)
                if isinstance(entry := shared.get(method), Mapping):
                    yield _operation(document, path, method, shared, entry)


def base_url(document: Mapping[str, Any]) -> str:
    """Return the address of the document's first server, its variables filled in; empty where it names none."""
    servers = document.get("servers")
    first = _mapping(servers[0]) if isinstance(servers, list) and servers else {}
    url = str(first.get("url", ""))
    for name, variable in _mapping(first.get("variables")).items():
        url = url.replace("{" + name + "}", str(_mapping(variable).get("default", "")))
    return url


def request(operation: Operation, arguments: Mapping[str, Any]) -> Request:
    """Return what is sent for these arguments, which are valid. InputError if one can't stand in a path."""
    path, query, headers, rest = operation.path, list[tuple[str, str]](), dict[str, str](), dict[str, Any]()
    for name, value in arguments.items():
        place, there = operation.places.get(name, ("body", name))
        match place:
            case "path":
                path = path.replace("{" + there + "}", _segment(there, value))
            case "query":
                values = value if isinstance(value, list) else [value]
                query += [(there, _plain_text(each)) for each in values]
            case "header":
                headers[there] = _plain_text(value).replace("\r", " ").replace("\n", " ")
            case _:
                rest[name] = value
    body = rest.get("body") if operation.whole_body else rest or None
    return Request(operation.method.upper(), path, tuple(query), headers, body)


def _operation(
    document: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any], entry: Mapping[str, Any]
) -> Operation:
    properties: dict[str, Any] = {}
    places: dict[str, tuple[str, str]] = {}
    required: list[str] = []
    for name, parameter in _parameters(document, item, entry):
        place = parameter["in"]
        properties[name] = _schema(parameter.get("schema", {}), document)
        if "description" in parameter:
            properties[name] = {**properties[name], "description": offered.described(str(parameter["description"]))}
        places[name] = (place, parameter["name"])
        required += [name] if parameter.get("required") or place == "path" else []
    body, needed = _body(document, entry)
    flat = body is not None and body.get("type") == "object" and "properties" in body
    if body is not None and flat and not set(body["properties"]) & {*properties, "body"}:
        properties |= body["properties"]
        required += body.get("required", []) if needed else []
    elif body is not None:
        flat = False
        properties["body"] = body
        required += ["body"] if needed else []
    schema = offered.object_schema({"type": "object", "properties": properties, "required": required})
    if schema is None:
        raise _Unusable
    name = str(entry.get("operationId") or f"{method}{path}")
    about = str(entry.get("summary") or entry.get("description") or name)
    return Operation(name, offered.described(about), method, path, schema, places, body is not None and not flat)


def _parameters(
    document: Mapping[str, Any], item: Mapping[str, Any], entry: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the parameters, each with the name of its argument."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for given in [*_list(item.get("parameters")), *_list(entry.get("parameters"))]:
        parameter = _resolved(given, document)
        name, place = str(parameter.get("name", "")), str(parameter.get("in", ""))
        if place == "header" and name.lower() in _OURS:
            continue
        if place not in ("path", "query", "header"):
            if parameter.get("required"):
                raise _Unusable
            continue
        found[name, place] = {**parameter, "name": name, "in": place}
    names = [name for name, _ in found]
    for (name, place), parameter in found.items():
        yield (name if names.count(name) == 1 and name != "body" else f"{name}_{place}"), parameter


def _body(document: Mapping[str, Any], entry: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, bool]:
    """Return the schema of the body, None where it has none, and whether it must be there."""
    if "requestBody" not in entry:
        return None, False
    given = _resolved(entry["requestBody"], document)
    needed = bool(given.get("required"))
    content = _mapping(given.get("content"))
    media = next((media for kind, media in content.items() if kind.split(";")[0] == "application/json"), None)
    if media is None:
        if needed:
            raise _Unusable
        return None, False
    return _schema(_mapping(media).get("schema", {}), document), needed


def _schema(node: Any, document: Mapping[str, Any]) -> dict[str, Any]:
    left = [NODES_MAX]
    return _plain(node, document, left, ())


def _plain(node: Any, document: Mapping[str, Any], left: list[int], within: Sequence[str]) -> dict[str, Any]:
    """Return a schema without references, and with nothing in it that a validator does not know."""
    left[0] -= 1
    if left[0] < 0 or not isinstance(node, Mapping):
        raise _Unusable
    if isinstance(ref := node.get("$ref"), str):
        if ref in within:
            raise _Unusable
        return _plain(_at(ref, document), document, left, (*within, ref))
    kept = {key: value for key, value in node.items() if key in _KEPT}
    for key in ("exclusiveMinimum", "exclusiveMaximum"):
        if isinstance(kept.get(key), bool):  # OpenAPI 3.0
            del kept[key]
    if node.get("nullable") and isinstance(kept.get("type"), str):
        kept["type"] = [kept["type"], "null"]
    if isinstance(kept.get("properties"), Mapping):
        kept["properties"] = {
            str(name): _plain(each, document, left, within) for name, each in kept["properties"].items()
        }
    for key in ("items", "additionalProperties"):
        if isinstance(kept.get(key), Mapping):
            kept[key] = _plain(kept[key], document, left, within)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in kept:
            kept[key] = [_plain(each, document, left, within) for each in _list(kept[key])]
    return kept


def _resolved(node: Any, document: Mapping[str, Any]) -> Mapping[str, Any]:
    ref = _mapping(node).get("$ref")
    return _mapping(_at(ref, document) if isinstance(ref, str) else node)


def _at(ref: str, document: Mapping[str, Any]) -> Any:
    """Return what a reference within the document points to."""
    if not ref.startswith("#/"):
        raise _Unusable
    node: Any = document
    for step in ref.removeprefix("#/").split("/"):
        node = _mapping(node).get(step.replace("~1", "/").replace("~0", "~"))
    return node


def _segment(name: str, value: Any) -> str:
    text = _plain_text(value)
    if text in ("", ".", ".."):
        raise InputError(f"{name} can't be {text!r}", hint="Give it a value.")
    return quote(text, safe="")


def _plain_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _mapping(node: Any) -> Mapping[str, Any]:
    return node if isinstance(node, Mapping) else {}


def _list(node: Any) -> list[Any]:
    return node if isinstance(node, list) else []
