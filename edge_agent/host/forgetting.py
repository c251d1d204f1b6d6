"""What is on the disk of what somebody said, and how it is deleted.

There is little: what was sent last, where the owner wanted that kept, and crash files, which may quote anything.
"""

from pathlib import Path

from edge_agent.base.errors import AccessError
from edge_agent.talk.mind.privacy.record import FILE

KEPT = (FILE, "crash-*.txt")
"""Names in the state folder."""


def forget(state: Path) -> list[Path]:
    """Delete it, and return what was deleted. AccessError where that is not permitted."""
    found = sorted(path for name in KEPT for path in state.glob(name))
    for path in found:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise AccessError(
                f"{path} can't be deleted: {error.strerror}", hint="Ask as the user that the agent runs as."
            ) from error
    return found
