"""What the settings of every room have in common."""

from pydantic import BaseModel, ConfigDict


class Room(BaseModel):
    """Settings of one room: frozen, and a name that does not exist is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
