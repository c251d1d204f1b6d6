"""Pull everything in a catalogue, in a process of its own: puller.py ROOT CATALOGUE.json

Prints one JSON line per step of progress. A foreseen error becomes a line on stderr and its exit code.
"""

import json
import sys
from pathlib import Path

from edge_agent.base.errors import EdgeAgentError
from edge_agent.supply import fetch
from edge_agent.supply.catalogue import parse
from edge_agent.supply.store import Store


def say(**line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


catalogue = parse(json.loads(Path(sys.argv[2]).read_text()), where="the test")
try:
    pulled = fetch.pull(
        Store(Path(sys.argv[1])),
        list(catalogue.models.values()),
        on_progress=lambda now: say(verified=now.verified_bytes, arriving=dict(now.arriving)),
        on_note=lambda text: say(note=text),
        lock_wait_s=30,
    )
except EdgeAgentError as error:
    sys.stderr.write(f"{error}. {error.hint}\n")
    sys.exit(error.exit_code)
say(fetched=pulled.fetched)
