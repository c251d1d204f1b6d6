"""What strangers hand to tools: schemas, documents, arguments."""

import json

from fuzzing import Target, mutated, texts, trees, written
from hypothesis import strategies as st

from edge_agent.talk.mind.tools import openapi, services
from edge_agent.talk.mind.tools.toolbox import _problem
from edge_agent.workers.gbnf import grammar

SCHEMA = {
    "type": "object",
    "properties": {
        "room": {"enum": ["hall", "kitchen"]},
        "level": {"$ref": "#/$defs/level"},
        "no": {"type": "string"},
    },
    "required": ["room"],
    "$defs": {"level": {"type": "integer", "minimum": 0, "maximum": 10}},
}
DOCUMENT = {
    "openapi": "3.1.0",
    "servers": [{"url": "https://{host}/v1", "variables": {"host": {"default": "a.example"}}}],
    "paths": {
        "/lamps/{id}": {
            "post": {
                "operationId": "setLamp",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "requestBody": {"content": {"application/json": {"schema": SCHEMA}}},
            }
        }
    },
}
WORDS = (
    b'"$ref": "#"',
    b'"$ref": "#/paths"',
    b"null",
    b"[]",
    b"{}",
    b"-1",
    b"1e999",
    b'"type": "array"',
    b'"anyOf": []',
)

_SCHEMAS = st.recursive(
    st.sampled_from(("string", "integer", "number", "boolean", "null", "array", "object", "x")).map(
        lambda kind: {"type": kind}
    )
    | st.dictionaries(st.sampled_from(("properties", "enum", "const", "items", "$ref", "allOf", "minLength")), trees()),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.text(max_size=4), inner, max_size=3),
            "items": inner,
            "anyOf": st.lists(inner, max_size=3),
            "allOf": st.lists(inner, max_size=3),
            "required": st.lists(st.text(max_size=4), max_size=3),
            "maxItems": st.integers(-5, 10**6),
            "minimum": st.integers() | st.floats(),
        },
    ),
    max_leaves=12,
)


def _document(data, folder):
    document = services.read(written(folder, "api.json", data))
    openapi.base_url(document)
    for operation in openapi.operations(document):
        openapi.request(operation, {"id": "../1", "room": "hall", "level": 3})


def _grammar(schema, _):
    assert grammar(schema).startswith("root ::= ")


def _arguments(case, _):
    schema, arguments = case
    _problem(schema, arguments)


_DOCUMENTS = mutated([json.dumps(DOCUMENT).encode()], WORDS) | _SCHEMAS.map(
    lambda schema: json.dumps({"openapi": "3.0.0", "paths": {"/a": {"get": schema, "parameters": [schema]}}}).encode()
)

_ARGUMENTS = st.dictionaries(texts(["room", "level"]), trees())

TARGETS = [
    Target("OpenAPI document", _DOCUMENTS, _document),
    Target("schema to a grammar", _SCHEMAS, _grammar),
    Target(
        "arguments of a tool",
        st.tuples(st.just(SCHEMA), st.dictionaries(texts(["room", "level"]), trees())),
        _arguments,
    ),
]
