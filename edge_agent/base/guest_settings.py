"""Settings of what stands around the conversation: who may ask the agent from outside, and what is written down."""

from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, Field

from edge_agent.base.room import LOCKED, Room


def _loopback(address: str) -> str:
    """Accept nothing, or an address and a port of this machine alone."""
    if not address:
        return address
    host, _, port = address.rpartition(":")
    try:
        here = ip_address(host.strip("[]")).is_loopback
    except ValueError:
        here = False
    if not here or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{address!r} must be a loopback address with a port, as 127.0.0.1:9464; others are refused")
    return address


class ApiSettings(Room):
    """The local socket of a running agent: what other programs may ask of it."""

    listen: Annotated[str, AfterValidator(_loopback)] = ""
    """Loopback address and port that is served beside the socket, such as `127.0.0.1:9464`; its clients need the token
    in `api-token`, see observability.md. Empty for none."""
    may_open: bool = False
    """Whether clients that are neither the agent's own user nor root may open the microphone: unmute it, wake it, press
    to talk. Everybody who reaches the socket may mute it."""


class LogSettings(Room):
    """What is written down of a conversation."""

    transcripts: bool = False
    """Whether the journal that `edge-agent journal` shows holds what was said. The log never does."""


class TraceSettings(Room):
    """Traces of turns, times and numbers alone, for a collector of the owner's."""

    endpoint: str = Field("", pattern=rf"^$|{LOCKED}")
    """Address of an OpenTelemetry collector that takes OTLP over HTTP, such as `http://127.0.0.1:4318`; without TLS on
    this machine only. Empty for none. Wants `pip install 'edge-agent[otel]'`; `privacy.local_only` switches it off."""
