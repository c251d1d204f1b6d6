"""What is taken of a tool that a stranger offers."""

import re

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.mind.tools.offered import DESCRIPTION_MAX, SCHEMA_MAX, cut, described, named, object_schema


@given(st.text(max_size=300))
def test_whatever_it_is_called_its_name_is_one(name):
    assert re.fullmatch(r"shop_[A-Za-z0-9_-]{0,59}", named("shop", name))


@given(st.text(max_size=500))
def test_a_description_is_one_short_line(text):
    line = described(text)
    assert len(line) <= DESCRIPTION_MAX
    assert "\n" not in line
    assert line == described(line)


def test_a_schema_describes_an_object_and_refers_to_nothing_outside_itself():
    inner = {"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"type": "string"}}}
    assert object_schema(inner) == {"type": "object", **inner}
    assert object_schema({}) == {"type": "object", "properties": {}}
    assert object_schema({"type": "string"}) is None
    assert object_schema("object") is None
    assert object_schema({"properties": {"a": {"anyOf": [{"$ref": "https://elsewhere/schema"}]}}}) is None
    assert object_schema({"description": "x" * SCHEMA_MAX}) is None


@given(st.text(max_size=10_000))
def test_of_a_result_only_so_much_is_read(text):
    assert len(cut(text)) == min(len(text), 4000)
