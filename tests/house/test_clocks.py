"""No decision is made by a wall clock: the network sets it, people set it, and it jumps."""

import ast

from house import PACKAGE, calls, name, sources, tree, written

WALL = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}

TOLD: dict[str, str] = {
    "edge_agent/app/by_heart.py": "what time it is, as it is rehearsed to be said",
    "edge_agent/app/asking.py": "what time it is, as it is said",
    "edge_agent/app/observing.py": "when a turn was, for the owner to read",
    "edge_agent/app/chores.py": "what time it is, as it is said",
    "edge_agent/app/leaving.py": "when something was sent, for the owner to read",
    "edge_agent/cli/privacy.py": "whether what was spent was spent today",
    "edge_agent/cli/update.py": "when a release may be taken is by the clock: the machine gets it as an argument",
    "edge_agent/fleet/given.py": "the publisher's time: when something expires, and when a wave begins",
    "edge_agent/fleet/object_store.py": "when a request was signed: the store wants to know",
    "edge_agent/fleet/rehearsal.py": "the publisher's time, in a rehearsal",
    "edge_agent/host/doctor.py": "whether that clock is right",
    "edge_agent/supply/fleet/transport.py": "until when a server wants to be left alone, where it says so by date",
    "edge_agent/talk/mind/cloud/purse.py": "a budget is per day, and a day is the owner's",
}
"""Who may ask it, and what for."""


def asks_the_wall(path):
    given = (written(call.func) for call in calls(path))
    defaults = (written(node) for node in _defaults(path))
    return any(asked in WALL for asked in (*given, *defaults))


def _defaults(path):

    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (default for default in (*node.args.defaults, *node.args.kw_defaults) if default)


def test_the_wall_clock_is_asked_for_what_is_told_and_nothing_else():
    paths = [path for path in sources(PACKAGE) if not name(path).startswith("edge_agent/bench/")]
    assert {name(path) for path in paths if asks_the_wall(path)} == set(TOLD)
