"""How the model on this device is asked for a call: what it is told, and what it may say. Pure.

1. It is asked only where a tool that it may call has a word in common with what was said, and the words sound like a
   command or are mostly the tool's own: few turns cost anything, and a small model that is asked too often finds a tool
   for everything.
2. It is told the tools and the person's words, and nothing else: no text from elsewhere has a say in a call.
3. What it may say is a schema. Free text in the arguments is made of words that were said: a small model would invent
   some otherwise.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from edge_agent.talk.mind.llm import Message
from edge_agent.talk.mind.skills.normal import normalise
from edge_agent.talk.mind.tools.tool import Call, Tool

OFFERED_MAX: Final = 4
"""Tools that the model chooses from, those with most words in common."""

SAID_MAX: Final = 6
"""Words of a text in an argument, at most."""

DEPTH_MAX: Final = 8
"""References within each other. A schema that contains itself keeps one, and the model is not asked for it."""

WORDS_MAX: Final = 40
"""Words of a turn from which they are taken: an order is not a story."""

ABOUT_MIN: Final = 2
"""Words in common from which a question may be for a tool."""

NOTHING: Final = "none"

_EMPTY: Final = frozenset(
    """
    a an the is are was be am do does did can could will would shall may might must i you he she it we they me my your
    our us of to in on at for with from by and or but not no yes so if then what which who how when where why this that
    these those there here please some any all up out off get got have has had let make go just about as one
    """.split()
)

_ASKING: Final = frozenset({"tell", "show"})
"""Words that stand before anything; descriptions of tools begin with them, too."""


def offered(tools: Mapping[str, Tool], words: str) -> list[Tool]:
    """Return the tools that have something to do with what was said, the likeliest first; often none."""
    stems, said = _stems(words), normalise(words).split()[:WORDS_MAX]
    shared = [(len(stems & _vocabulary(tool)), tool) for tool in tools.values() if _can_be_filled(tool, said)]
    likeliest = sorted(((count, tool) for count, tool in shared if count), key=lambda pair: -pair[0])
    return [tool for _, tool in likeliest[:OFFERED_MAX]]


def about(tool: Tool, words: str) -> bool:
    """Whether the words are about what the tool does: two of them and half of all that mean something are its own.

    So a question ("How many pounds are 10 kilograms?") is seen to be for a tool that a router takes it for none of.
    """
    stems = _stems(words) - _ASKING
    shared = stems & _vocabulary(tool)
    return len(shared) >= ABOUT_MIN and 2 * len(shared) >= len(stems)


def messages(tools: Sequence[Tool], words: str) -> list[Message]:
    """Return what the model is told. The examples are of the likeliest tool and of none: it learns the form by them."""
    listed = "\n".join(f"{tool.name}: {tool.description}" for tool in tools)
    return [
        Message(
            "system",
            f"Choose the tool that does what the user asks for.\n\nTools:\n{listed}\n{NOTHING}: Anything else.",
        ),
        Message("user", f"Please {tools[0].description.rstrip('.').lower()}."),
        Message("assistant", f'{{"tool":"{tools[0].name}","arguments":'),
        Message("user", "Who was that?"),
        Message("assistant", f'{{"tool":"{NOTHING}"}}'),
        Message("user", words),
    ]


def schema(tools: Sequence[Tool], words: str, *, commanded: bool = False) -> dict[str, Any]:
    """Return the schema of what it may answer.

    `commanded` is whether this surely is a command: where the likeliest tool has two words of it, it is for a tool.
    """
    said = normalise(words).split()[:WORDS_MAX]
    ways: list[dict[str, Any]] = [
        {
            "type": "object",
            "properties": {
                "tool": {"const": tool.name},
                "arguments": _of_what_was_said(_written_out(tool.schema, tool.schema), said, _own_words(tool)),
            },
            "required": ["tool", "arguments"],
        }
        for tool in tools
    ]
    if not (commanded and len(_stems(words) & _vocabulary(tools[0])) >= 2):
        ways.append({"type": "object", "properties": {"tool": {"const": NOTHING}}, "required": ["tool"]})
    return {"oneOf": ways}


def read(value: Any) -> Call | None:
    """Return the call that it answered with; None for none."""
    if not isinstance(value, Mapping) or not isinstance(value.get("arguments"), Mapping):
        return None
    return Call(str(value.get("tool")), value["arguments"])


def _of_what_was_said(schema: Any, said: Sequence[str], own: set[str]) -> Any:
    """The schema, with free text in it made of words that were said and are not the tool's `own`."""
    if isinstance(schema, list):
        return [_of_what_was_said(each, said, own) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    if _is_free(schema) and (spans := _spans(said, own, schema)):
        return {**schema, "enum": spans}
    return {key: part if key == "enum" else _of_what_was_said(part, said, own) for key, part in schema.items()}


def _written_out(schema: Any, root: Mapping[str, Any], depth: int = 0) -> Any:
    """The schema with what it refers to within itself in its place; it becomes a part of another."""
    if isinstance(schema, list):
        return [_written_out(each, root, depth) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/$defs/") and depth < DEPTH_MAX:
        named = root.get("$defs", {}).get(reference.removeprefix("#/$defs/"), {"$ref": reference})
        return _written_out({**named, **{key: part for key, part in schema.items() if key != "$ref"}}, root, depth + 1)
    return {key: _written_out(part, root, depth) for key, part in schema.items() if key != "$defs"}


def _can_be_filled(tool: Tool, said: Sequence[str]) -> bool:
    """Whether there are words for each text that the tool needs."""
    parts = [tool.schema.get("properties", {}).get(name) for name in tool.schema.get("required", ())]
    return all(_spans(said, _own_words(tool), part) for part in parts if isinstance(part, Mapping) and _is_free(part))


def _is_free(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "string" and not {"enum", "const", "pattern", "format"} & set(schema)


def _spans(said: Sequence[str], own: set[str], schema: Mapping[str, Any]) -> list[str]:
    """Every run of words that was said and may be such a text, from a word of its own to one that means something."""
    ends = [place for place, word in enumerate(said) if word.partition("'")[0] not in _EMPTY]
    starts = [place for place in ends if not _stems(said[place]) or _stems(said[place]) - own]
    runs = (" ".join(said[start : end + 1]) for start in starts for end in ends if 0 <= end - start < SAID_MAX)
    least, most = schema.get("minLength", 0), schema.get("maxLength", 1000)
    return [run for run in dict.fromkeys(runs) if least <= len(run) <= most]


def _own_words(tool: Tool) -> set[str]:
    return _stems(f"{tool.name} {tool.description}")


def _vocabulary(tool: Tool) -> set[str]:
    """Every word of a tool's: its name, description, parameters, and what they may be."""
    texts = [tool.name, tool.description]
    for name, part in tool.schema.get("properties", {}).items():
        texts += [name, str(part.get("description", "")) if isinstance(part, Mapping) else ""]
        texts += map(str, part.get("enum", ())) if isinstance(part, Mapping) else ()
    return _stems(" ".join(texts))


def _stems(text: str) -> set[str]:
    """Words that mean something, without what English puts behind them."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\-.]", " ", text)
    words = (word for word in normalise(apart).split() if word not in _EMPTY and len(word) > 2)
    return {
        re.sub(r"(?:ions?|ing|ed|es|s|e|y)$", "", word) if len(word) > 4 else word.removesuffix("s") for word in words
    }
