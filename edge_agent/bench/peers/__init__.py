"""Who the agent can be measured against.

The programs here run inside a peer's own environment, where nothing of ours is installed: they import nothing of ours,
and nothing of ours imports them.
"""

from enum import StrEnum


class Peer(StrEnum):
    """Another voice agent for one machine."""

    PIPECAT = "pipecat"
