"""Nothing that a device collects in a year grows for a year: every queue and every cache has a bound."""

import ast

import pytest
from house import PACKAGE, name, sources, tree, written

UNBOUNDED: dict[str, str] = {
    "edge_agent/talk/mind/skills/going_on.py": "pieces of templates; there are as many as were loaded",
    "edge_agent/talk/voice/earcon.py": "by the rate of a device; there are a handful",
}
"""Files with a cache without a bound, each with its reason."""

BY_HAND: dict[str, str] = {
    "edge_agent/talk/mind/cloud/purse.py": "changes that the disk has not taken yet; one write takes all of them",
    "edge_agent/talk/mind/tools/toolbox.py": "calls of the last minute; `tools.calls_per_minute` are let in",
}
"""Files with a queue whose bound is not its own, each with its reason."""

QUEUES = {"deque": 1, "Queue": 0, "PriorityQueue": 0, "LifoQueue": 0}
"""Kinds, and which argument is the bound."""


def unbounded(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            kind = written(node.func).rpartition(".")[2]
            named = {keyword.arg: keyword.value for keyword in node.keywords}
            bound = named.get("maxlen") or named.get("maxsize")
            if kind in QUEUES and bound is None:
                bound = next(iter(node.args[QUEUES[kind] : QUEUES[kind] + 1]), None)
            if kind in QUEUES and (bound is None or written(bound) in ("0", "None")):
                yield node.lineno
            if written(named.get("default_factory", ast.Constant(0))) == "deque" or kind == "SimpleQueue":
                yield node.lineno


@pytest.mark.parametrize("path", sources(PACKAGE), ids=name)
def test_every_queue_has_a_bound(path):
    assert bool(list(unbounded(path))) == (name(path) in BY_HAND)


def forgetless(path):
    """Functions whose every result is kept, although they can be asked for any number of things."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef) and (node.args.args or node.args.posonlyargs):
            kept = {written(one) for one in node.decorator_list} & {"cache", "functools.cache", "lru_cache(None)"}
            yield from (node.name for _ in kept)


def test_every_cache_forgets_or_has_a_reason():
    assert {name(path) for path in sources(PACKAGE) if list(forgetless(path))} == set(UNBOUNDED)
