"""Before the agent starts: is what it is about to load worth it? Run as `python -m`, with the folder if not the usual.

It needs no model code and nothing but the standard library, because what it guards against is that all of that fails.

1. A generation on trial is started `ATTEMPTS_MAX` times. Whoever is asked for one more start goes back to the last good
   one, and leaves word for the updater.
2. A generation that is not whole is not started: the last good one is, or the one before it, or the pulled models.
3. It never keeps the agent from starting: what it can't do, it says, and the exit code is 0.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from edge_agent.base.paths import paths
from edge_agent.supply.fleet import pointers
from edge_agent.supply.fleet.pointers import Pointers

ATTEMPTS_MAX = 2


def guard(root: Path) -> Pointers:
    """Count one start, go back where that is due, and return what is to be loaded."""
    if not (root / pointers.FILE).exists():
        return Pointers()
    with pointers.changing(root):
        seen = pointers.read(root)
        after = _decide(seen, lambda name: pointers.is_whole(root / name))
        if after != seen:
            pointers.write(root, after)
    return after


def _decide(seen: Pointers, is_whole: Callable[[str], bool]) -> Pointers:
    tried = replace(seen, attempts=seen.attempts + 1) if seen.on_trial else seen
    if tried.attempts > ATTEMPTS_MAX:
        tried = _back(tried, f"the agent was started {ATTEMPTS_MAX} times and did not last")
    for name in (tried.current, tried.good, tried.before):
        if not name or is_whole(name):
            break
    else:
        name = ""
    if name == tried.current:
        return tried
    back = _back(tried, "it is not whole") if tried.on_trial else tried
    return replace(back, current=name, good=name)


def _back(seen: Pointers, reason: str) -> Pointers:
    return replace(seen, current=seen.good, attempts=0, back_from=seen.current, reason=reason)


def usual_root() -> Path:
    """Where the fleet's generations are, if no setting says otherwise."""
    return paths().models / ".fleet"


def main(arguments: list[str]) -> int:
    """Guard the folder that is named, or the usual one."""
    root = Path(arguments[0]) if arguments else usual_root()
    try:
        after = guard(root)
    except OSError as error:
        sys.stderr.write(f"edge-agent: the boot guard can't look at {root}: {error}\n")
        return 0
    if after.back_from:
        sys.stderr.write(f"edge-agent: back from {after.back_from}: {after.reason}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
