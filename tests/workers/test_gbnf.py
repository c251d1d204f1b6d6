"""A schema's grammar and its values are the same: read as a regular expression, which the grammars written here are."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from edge_agent.base.errors import InputError
from edge_agent.workers.gbnf import STRING_MAX, grammar, whole

TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|(\[(?:[^\]\\]|\\.)*\])|\s+|(.)')


def regex(text):
    """The grammar's one rule as a pattern for `re`."""

    def translated(found):
        literal, characters, other = found.groups()
        if literal is not None:
            plain = re.sub(r"\\(.)", r"\1", literal)
            return f"(?:{re.escape(plain)})"
        return characters or (other or "").replace("(", "(?:")

    return TOKEN.sub(translated, text.removeprefix("root ::= ").strip())


def says(schema, value):
    return (
        re.fullmatch(regex(grammar(schema)), json.dumps(value, ensure_ascii=False, separators=(",", ":"))) is not None
    )


WORDS = st.text("abc é'{}[]", max_size=6)
BOUNDS = st.tuples(st.integers(-2000, 2000), st.integers(0, 3000)).map(lambda pair: (pair[0], sum(pair)))
LEAVES = st.one_of(
    st.just({"type": "boolean"}),
    st.just({"type": ["string", "null"], "maxLength": 4}),
    st.lists(st.one_of(WORDS, st.integers(-9, 9), st.none()), min_size=1, max_size=3).map(lambda some: {"enum": some}),
    WORDS.map(lambda word: {"const": word}),
    st.integers(0, 3).map(lambda low: {"type": "string", "minLength": low, "maxLength": low + 2}),
    BOUNDS.map(lambda pair: {"type": "integer", "minimum": pair[0], "maximum": pair[1]}),
    BOUNDS.map(lambda pair: {"type": "number", "minimum": pair[0], "maximum": pair[1]}),
    st.just({"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5}),
)


def objects(inner):
    def made(properties):
        return st.sets(st.sampled_from(sorted(properties)) if properties else st.nothing()).map(
            lambda required: {
                "type": "object",
                "properties": properties,
                "required": sorted(required),
                "additionalProperties": False,
            }
        )

    return st.dictionaries(st.sampled_from(["room", "size", 'a"b', "é"]), inner, max_size=3).flatmap(made)


SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        objects(inner),
        st.tuples(inner, st.integers(0, 2)).map(
            lambda pair: {"type": "array", "items": pair[0], "minItems": pair[1], "maxItems": pair[1] + 1}
        ),
        st.lists(inner, min_size=1, max_size=2).map(lambda some: {"anyOf": some}),
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_the_grammar_lets_through_parses_and_is_valid(data):
    schema = data.draw(SCHEMAS)
    said = data.draw(st.from_regex(regex(grammar(schema)), fullmatch=True))
    Draft202012Validator(schema).validate(json.loads(said))


@given(st.integers(-5000, 5000), st.integers(0, 7000), st.integers(-13_000, 13_000))
def test_whole_numbers_are_those_between_the_bounds(low, span, number):
    high = low + span
    between = re.compile(regex(whole(low, high)))
    for each in (number, low - 1, low, high, high + 1):
        assert (between.fullmatch(str(each)) is not None) == (low <= each <= high)


def test_what_is_optional_may_be_left_out():
    schema = {"type": "object", "properties": {"a": {"const": 1}, "b": {"const": 2}, "c": {"const": 3}}}
    for value in ({}, {"a": 1}, {"b": 2}, {"a": 1, "c": 3}, {"b": 2, "c": 3}, {"a": 1, "b": 2, "c": 3}):
        assert says(schema, value)
    assert not says({**schema, "required": ["b"]}, {"a": 1})
    assert says({**schema, "required": ["b"]}, {"b": 2, "a": 1})


def test_references_within_the_schema_are_followed():
    schema = {
        "type": "object",
        "properties": {"size": {"$ref": "#/$defs/Size"}},
        "required": ["size"],
        "$defs": {"Size": {"enum": ["small", "large"]}},
    }
    assert says(schema, {"size": "small"})
    assert not says(schema, {"size": "huge"})


def test_all_of_several_objects_are_one():
    one, other = ({"type": "object", "properties": {name: {"const": 1}}, "required": [name]} for name in "ab")
    assert says({"allOf": [one, other]}, {"a": 1, "b": 1})
    assert not says({"allOf": [one, other]}, {"a": 1})


def test_what_has_no_end_gets_one():
    assert says({"type": "string"}, "x" * STRING_MAX)
    assert not says({"type": "string"}, "x" * (STRING_MAX + 1))
    assert says({"type": "number"}, 12.5)


LOOP = {"type": "object", "properties": {"in": {"$ref": "#"}}, "required": ["in"]}


@pytest.mark.parametrize(
    "schema",
    [
        LOOP,
        {"$ref": "#/$defs/Gone"},
        {"$ref": "https://example.com/schema"},
        {"enum": []},
        {"type": "integer", "minimum": 2, "maximum": 1},
        {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 4},
        {"type": "array", "minItems": 2, "maxItems": 1},
        {"type": "widget"},
        {"anyOf": [False]},
        {"anyOf": 3},
        {"properties": None, "allOf": [{"properties": None}]},
        {"type": "array", "items": {"type": "string"}, "maxItems": "many"},
    ],
)
def test_a_schema_for_which_nothing_is_valid_or_which_never_ends(schema):
    with pytest.raises(InputError):
        grammar(schema)
