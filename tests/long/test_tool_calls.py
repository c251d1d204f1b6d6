"""What the smallest model makes of requests for tools: every call parses and is valid; how many are the right ones.

The requests were written for this, and nothing was tuned on them. The tools' schemas are as owners, MCP servers and
OpenAPI documents have them: nested, optional, bounded, free.
"""

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from edge_agent.app.doing import tools_for
from edge_agent.base.settings import MindSettings
from edge_agent.base.settings_tools import ToolSettings
from edge_agent.talk.mind.learned import learned
from edge_agent.talk.mind.llm import LlamaLlm
from edge_agent.talk.mind.router import Situation, route
from edge_agent.talk.mind.tools import calls
from edge_agent.talk.mind.tools.tool import Outcome, Tool
from edge_agent.talk.mind.tools.toolbox import Toolbox
from edge_agent.workers.process import Spec, Worker
from tests.sim.engines import model_folder

pytestmark = [pytest.mark.models, pytest.mark.long, pytest.mark.timeout(3600)]

REQUESTS = [line.split("\t") for line in Path(__file__).with_name("requests.tsv").read_text().splitlines()[1:]]
TEXT, FLAG = {"type": "string"}, {"type": "boolean"}
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
DRINK = {
    "type": "object",
    "properties": {
        "drink": {"$ref": "#/$defs/Drink"},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "extras": {"type": "array", "items": {"enum": ["milk", "sugar"]}, "maxItems": 2},
    },
    "required": ["drink", "count"],
    "additionalProperties": False,
}


async def nothing(_):
    return Outcome()


def tool(name, description, required=None, defs=None, /, **properties):
    needed = list(properties) if required is None else required
    schema = {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}
    return Tool(name, description, schema | ({"$defs": defs} if defs else {}), nothing)


UNITS = {"enum": ["miles", "kilometres", "pounds", "kilograms", "celsius", "fahrenheit"]}
TOOLS = {
    each.name: each
    for each in (
        tool("lights", "Turn the lights of a room on or off.", room={"enum": ["kitchen", "bedroom", "hall"]}, on=FLAG),
        tool(
            "dim",
            "Dim the lamp: set its brightness in percent.",
            percent={"type": "integer", "minimum": 0, "maximum": 100},
        ),
        tool(
            "heating",
            "Set the heating to a temperature in degrees.",
            degrees={"type": "number", "minimum": 5, "maximum": 30},
        ),
        tool("weather", "Tell the weather in a city.", city=TEXT),
        tool("add_to_list", "Add an item to the shopping list.", item=TEXT),
        tool("play_music", "Play music by an artist.", ["artist"], artist=TEXT, shuffle=FLAG),
        tool("send_message", "Send a message to a contact.", contact={"enum": ["Ann", "Bob", "mum"]}, text=TEXT),
        tool("find_shop", "Find a shop in the mall.", name=TEXT),
        tool(
            "train_times", "Tell when the next train leaves for a city.", city=TEXT, day={"enum": ["today", "tomorrow"]}
        ),
        tool(
            "order",
            "Order drinks: coffee, latte, tea.",
            None,
            {"Drink": {"enum": ["coffee", "latte", "tea"]}},
            drinks={"type": "array", "items": DRINK, "minItems": 1, "maxItems": 3},
        ),
        tool(
            "book_table",
            "Book a table for some people.",
            ["people"],
            people={"type": "integer", "exclusiveMinimum": 0, "maximum": 20},
            when=TEXT,
        ),
        tool(
            "alarm",
            "Set an alarm.",
            hour={"type": "integer", "minimum": 0, "maximum": 23},
            minute={"type": "integer", "minimum": 0, "maximum": 59},
            days={"type": "array", "items": {"enum": DAYS}, "maxItems": 7, "uniqueItems": True},
        ),
        tool(
            "navigate",
            "Navigate to a place.",
            ["to"],
            to=TEXT,
            avoid={"type": ["string", "null"], "enum": ["tolls", "motorways", None]},
        ),
        tool(
            "convert",
            "Convert an amount from one unit to another.",
            amount={"type": "number", "minimum": 0},
            of=UNITS,
            to=UNITS,
        ),
        tool("open_gate", "Open the gate."),
    )
}


BOX = Toolbox(ToolSettings(device=("*",)), [TOOLS.values])


async def asked(llm, words, plan):
    offered = tools_for(BOX, plan, words)
    if not offered:
        return None, None
    began = time.monotonic()
    value = await llm.value(calls.messages(offered, words), calls.schema(offered, words, commanded=plan.unable))
    return value, 1000 * (time.monotonic() - began)


def test_every_call_parses_and_is_valid():
    async def run():
        worker = Worker(
            Spec(
                "llm",
                "edge_agent.workers.llama",
                {"folder": str(model_folder("smollm2-135m")), "context_tokens": 2048},
                1,
            )
        )
        await worker.start()
        try:
            llm = LlamaLlm(worker, MindSettings())
            return [await asked(llm, words, route(Situation(words), learned())) for _, words in REQUESTS]
        finally:
            await worker.stop()

    made = asyncio.run(run())
    values = [value for value, ms in made if ms is not None]
    chosen = [calls.read(value) for value, _ in made]
    invalid = [
        call
        for call in chosen
        if call and not Draft202012Validator(TOOLS[call.name].schema).is_valid(dict(call.arguments))
    ]
    named = [call.name if call else calls.NOTHING for call in chosen]
    wanted = [name for name, _ in REQUESTS]
    for_tools = [got == want for got, want in zip(named, wanted, strict=True) if want != calls.NOTHING]
    for_none = [got == want for got, want in zip(named, wanted, strict=True) if want == calls.NOTHING]
    ms = [ms for _, ms in made if ms is not None]
    print(f"\n{len(REQUESTS)} requests, the model was asked {len(values)} times")
    print(f"not parsed: {values.count(None)}; not valid: {len(invalid)}")
    print(f"right tool: {np.mean(for_tools):.1%}; left alone what is for none: {np.mean(for_none):.1%}")
    print(f"ms p50 {np.median(ms):.0f}, p95 {np.percentile(ms, 95):.0f}")
    for (want, words), got, call in zip(REQUESTS, named, chosen, strict=True):
        if got != want:
            print(f"  {words!r} is for {want}, not for {call or calls.NOTHING}")
    assert len(REQUESTS) >= 190
    assert None not in values
    assert invalid == []
    assert np.mean(for_none) > 0.8
