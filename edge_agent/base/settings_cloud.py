"""Settings of the cloud: who may be asked, and for how long, how much and how dearly."""

from enum import StrEnum
from pathlib import Path

from pydantic import Field

from edge_agent.base.room import LOCKED, Room


class StandIn(StrEnum):
    """Who answers a turn that was meant for the cloud, when the cloud can't be reached."""

    LOCAL = "local"  # the model on this device, which says so first
    NOBODY = "nobody"  # it says that it can't be reached right now


class Endpoint(Room):
    """One OpenAI-compatible endpoint, of whatever kind."""

    name: str = Field(min_length=1, max_length=40)
    """How it is called in logs and records."""
    base_url: str = Field(pattern=LOCKED)
    """Such as `https://api.example.com/v1`; without TLS on this machine only."""
    model: str = Field(min_length=1)
    """The model's name there."""
    key_env: str = ""
    """The environment variable that holds the key; empty for none."""
    key_file: Path | None = None
    """The file that holds the key; a relative one lies in `$CREDENTIALS_DIRECTORY`, where systemd puts credentials."""
    timeout_s: float = Field(2.0, gt=0, le=60)
    """Longest wait for it, s."""


class Provider(Endpoint):
    """One that answers questions (chat completions)."""

    timeout_s: float = Field(3.5, gt=0, le=60)
    """Longest wait for its first word, s, and between two of them."""
    price_in: float = Field(0.0, ge=0)
    """Of a million tokens that are sent, in the currency of `money_per_day`."""
    price_out: float = Field(0.0, ge=0)
    """Of a million tokens that come back."""


class Transcriber(Endpoint):
    """One that turns speech into text: the sound of what is said is sent to it."""

    language: str = Field("en", pattern=r"^[a-z]{2}$")
    """The language that is spoken."""
    price_minute: float = Field(0.0, ge=0)
    """Of a minute of sound, in the currency of `money_per_day`."""
    timeout_s: float = Field(2.0, gt=0, le=30)
    """Longest wait for a transcript, s; the device begins to hear for itself well before, and the first one counts."""


class CloudVoice(Endpoint):
    """One that turns text into speech: what the agent says is sent to it."""

    voice: str = Field("alloy", min_length=1)
    """The voice's name there."""
    rate_hz: int = Field(24_000, ge=8000, le=48_000)
    """Of the raw 16-bit samples that it sends (`pcm`)."""
    price_in: float = Field(0.0, ge=0)
    """Of a million characters that are sent, in the currency of `money_per_day`."""
    timeout_s: float = Field(1.2, gt=0, le=30)
    """Longest wait for its first sound, s, and between two pieces; then the device speaks for itself."""


class CloudSettings(Room):
    """The cloud: off until a provider is named, and nothing leaves the device before that."""

    providers: tuple[Provider, ...] = ()
    """Endpoints, in the order in which they are asked: see cloud.md."""
    stt: tuple[Transcriber, ...] = ()
    """Endpoints that hear instead of the device, in order. Sound leaves the device then, and the agent says so."""
    tts: tuple[CloudVoice, ...] = ()
    """Endpoints that speak instead of the device, in order: see cloud.md."""
    hold_ms: int = Field(400, ge=0, le=5000)
    """Silence after a question before a holding line ("Let me see."), ms. Shorter fills more silences, longer more
    often needs none."""
    deadline_ms: int = Field(4000, ge=500, le=60_000)
    """Longest wait for the cloud's first sentence, ms from the end of the question; then the stand-in answers."""
    stand_in: StandIn = StandIn.LOCAL
    """Who answers then."""
    early: bool = True
    """Whether the cloud is asked in a pause that may yet turn out not to be the end: it answers sooner, and is paid for
    some answers that nobody hears."""
    reply_tokens: int = Field(160, ge=8, le=4096)
    """Longest answer of the cloud, tokens; one that is longer ends with its last whole sentence."""
    tokens_per_day: int = Field(100_000, ge=0)
    """Tokens a day, both ways together; then the device answers by itself until midnight."""
    money_per_day: float = Field(1.0, ge=0)
    """The same in money, by all prices: of questions, of hearing and of speaking."""
