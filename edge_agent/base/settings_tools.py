"""Settings of what the agent can do besides the skills that ship, and of who may have it done."""

from pathlib import Path

from pydantic import Field

from edge_agent.base.room import Room


class ToolSettings(Room):
    """What the agent can do besides the skills that ship, and who may have it done."""

    folders: tuple[Path, ...] = ()
    """Folders with skills of your own, whose code is run: see skills.md."""
    device: tuple[str, ...] = ()
    """Tools that the language model on this device may call, by name; `*` for all. Sentences need no leave."""
    cloud: tuple[str, ...] = ()
    """Tools that a cloud model may call, but for irreversible ones; what they do and what they answer leaves the
    device."""
    confirm_s: float = Field(20.0, ge=2, le=120)
    """How long a yes counts after the question whether something irreversible is to be done, s."""
    calls_per_turn: int = Field(4, ge=1, le=20)
    """Calls at most in one turn."""
    calls_per_minute: int = Field(30, ge=1, le=1000)
    """Calls at most in a minute, of all tools together."""
