"""How often a wake word wakes the agent though nobody said it: on every recording of a folder, faster than time.

The spotter is the very one that the agent runs, and hears the recordings one after another as if they were one evening.
The folder's turns, orders, interruptions and noises are taken, those that are there; none of them should hold the word.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from edge_agent.base.errors import InputError
from edge_agent.base.frames import CHUNK, RATE_HZ, Samples
from edge_agent.bench import recordings
from edge_agent.talk.ear.waking import Spotter

NONE_SEEN = 3.0
"""Who saw nothing in an hour knows, at 95 %, that it is less often than so many times an hour."""

Progress = Callable[[str, int, int], None]


def run(data: Path, spotter: Spotter, progress: Progress) -> dict[str, Any]:
    """Listen to everything; InputError if there is nothing. Hours, and what woke it by kind of recording."""
    paths = list(dict.fromkeys(path.resolve() for path in _paths(data)))
    if not paths:
        raise InputError(f"{data} has no recordings", hint="It should have at least one of turns/, intents/, noise/.")
    seconds, woken, began = 0.0, [], time.process_time()
    for number, path in enumerate(paths):
        progress("wake", number, len(paths))
        sound = recordings.load(path)
        seconds += sound.size / RATE_HZ
        woken += [str(path)] * _wakings(spotter, sound)
    hours = seconds / 3600
    return {
        "hours": round(hours, 3),
        "recordings": len(paths),
        "false_wakes": len(woken),
        "per_hour": round(len(woken) / hours, 2),
        "per_hour_at_most": None if woken else round(NONE_SEEN / hours, 2),
        "cpu_pct": round(100 * (time.process_time() - began) / seconds, 1),
        "woken_by": woken,
    }


def _paths(data: Path) -> Iterator[Path]:
    for folder, read in (
        ("turns", recordings.turns),
        ("intents", recordings.intents),
        ("interrupt", recordings.interruptions),
        ("noise", recordings.noises),
    ):
        if (data / folder).is_dir():
            yield from (one.path for one in read(data))


def _wakings(spotter: Spotter, sound: Samples) -> int:
    """Count them; whoever was woken begins to sleep anew."""
    count = 0
    for start in range(0, sound.size, CHUNK):
        chunk = sound[start : start + CHUNK]
        if spotter.feed(np.pad(chunk, (0, CHUNK - chunk.size))):
            spotter.reset()
            count += 1
    return count
