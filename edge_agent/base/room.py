"""What every class of settings is: frozen, strict about names, documented field by field."""

from pydantic import BaseModel, ConfigDict

LOCKED = r"^https://[^/@]+(/|$)|^http://(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?(/|$)"
"""Addresses to which words may be sent: behind TLS, or on this machine."""


class Room(BaseModel):
    """Settings of one room: frozen, a name that does not exist is an error, and a number is a finite one."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)
