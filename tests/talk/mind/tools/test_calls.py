"""How the model is asked for a call, and what it may say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from edge_agent.base.errors import InputError
from edge_agent.talk.mind.tools.calls import NOTHING, OFFERED_MAX, about, messages, offered, read, schema
from edge_agent.talk.mind.tools.tool import Call, Outcome, Tool
from edge_agent.workers.gbnf import grammar


async def nothing(_):
    return Outcome()


def tool(name, description, **properties):
    parts = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return Tool(name, description, parts, nothing)


LIGHTS = tool(
    "lights", "Turn the lights of a room on or off.", room={"enum": ["kitchen", "hall"]}, on={"type": "boolean"}
)
WEATHER = tool("weather", "Tell the weather in a city.", city={"type": "string"})
TRAINS = tool("train_times", "Tell when the next train leaves for a city.", city={"type": "string"})
TOOLS = {each.name: each for each in (LIGHTS, WEATHER, TRAINS)}


def names(words):
    return [each.name for each in offered(TOOLS, words)]


def test_tools_that_share_words_with_what_was_said_are_offered_the_likeliest_first():
    assert names("Turn on the lights in the kitchen.") == ["lights"]
    assert names("When does the next train leave for the city of Berlin?") == ["train_times", "weather"]
    assert names("Who wrote Yesterday?") == []


def test_words_are_about_a_tool_where_most_of_them_are_its_own():
    assert about(TRAINS, "Is there a train leaving for Prague?")
    assert not about(TRAINS, "Explain how a train works.")
    assert not about(TRAINS, "Tell me a story about a train.")
    assert not about(WEATHER, "My friend in the city wrote about the weather and some other things.")


def test_a_verb_and_what_is_made_of_it_are_one_word():
    go = tool("navigate", "Navigate to a place.", to={"type": "string"})
    assert [each.name for each in offered({"navigate": go}, "Start navigation to the city centre.")] == ["navigate"]


def test_a_text_that_nothing_was_said_for_is_not_asked_for():
    assert names("The weather!") == []
    assert names("The weather in Paris!") == ["weather"]


def test_there_are_never_too_many():
    many = {f"tool_{n}": tool(f"tool_{n}", "Play music.") for n in range(20)}
    assert len(offered(many, "play music")) == OFFERED_MAX


def texts_of(words):
    return schema([WEATHER], words)["oneOf"][0]["properties"]["arguments"]["properties"]["city"]["enum"]


def test_free_text_is_made_of_what_was_said():
    assert texts_of("What's the weather in New York today?") == [
        "new",
        "new york",
        "new york today",
        "york",
        "york today",
        "today",
    ]


def test_what_surely_is_a_command_for_a_tool_is_no_command_for_none():
    def ways(words):
        return len(schema([LIGHTS], words, commanded=True)["oneOf"])

    assert ways("Turn the kitchen lights on.") == 1
    assert ways("Is the kitchen nice?") == 2


def test_the_model_is_told_the_tools_and_the_words():
    told = messages([LIGHTS, WEATHER], "Lights on in the hall!")
    assert "weather: Tell the weather in a city." in told[0].content
    assert (told[-1].role, told[-1].content) == ("user", "Lights on in the hall!")


def test_what_a_schema_refers_to_within_itself_is_written_out():
    parts = {"type": "object", "properties": {"size": {"$ref": "#/$defs/Size"}}, "$defs": {"Size": {"enum": ["big"]}}}
    assert '\\"big\\"' in grammar(schema([Tool("cup", "Fill a cup.", parts, nothing)], "fill a cup"))


def test_a_schema_that_contains_itself_is_refused():
    parts = {"$ref": "#/$defs/Box", "$defs": {"Box": {"type": "object", "properties": {"in": {"$ref": "#/$defs/Box"}}}}}
    with pytest.raises(InputError):
        grammar(schema([Tool("box", "Fill a box.", {"type": "object", **parts}, nothing)], "fill a box"))


@pytest.mark.parametrize("value", [{"tool": NOTHING}, None, [], "lights", {"tool": "lights"}, {"arguments": 3}])
def test_what_is_no_call(value):
    assert read(value) is None


def test_what_is_one():
    assert read({"tool": "lights", "arguments": {"on": True}}) == Call("lights", {"on": True})


@given(st.text(max_size=60))
def test_whatever_is_said_has_a_schema_with_a_grammar(words):
    tools = offered(TOOLS, words) or [LIGHTS]
    whole = schema(tools, words)
    Draft202012Validator.check_schema(whole)
    assert grammar(whole).startswith("root ::= ")
