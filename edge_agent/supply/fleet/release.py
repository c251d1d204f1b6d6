"""What a release is: models, prompt and settings that switch together, with everything needed to check them.

The words only; `manifest.py` reads them from bytes and trusts nothing. A release has one spelling, canonical JSON,
whose sha256 is its name for whoever signs and chooses it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property

from edge_agent.supply.fleet.strict import canonical

SCHEMA = 1
AGENT_API = 1
"""What releases can count on in this agent; raised when an older release would no longer work."""

CHUNK_BYTES = 1 << 20
"""The largest chunk, and the grid on which files are cut."""

MANIFEST = "release.json"
"""Its name in the generation."""


class Part(StrEnum):
    """What a component does; all but the last are models."""

    STT = "stt"
    LLM = "llm"
    TTS = "tts"
    VAD = "vad"
    TURN = "turn"
    WAKE = "wake"  # named as its wake word is; there may be several
    DATA = "data"  # clips for known-answer tests, grammars


class Format(StrEnum):
    """How the component's main file is built, which decides where it is cut."""

    GGUF = "gguf"
    CT2 = "ct2"
    ONNX = "onnx"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of bytes that is fetched and checked as one."""

    sha256: str
    size: int
    """Bytes, at most `CHUNK_BYTES`."""


@dataclass(frozen=True, slots=True)
class File:
    """One file below its component's folder."""

    path: str
    size: int
    """Bytes."""
    sha256: str
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """One model, or a folder of data. Its name is its folder in the generation."""

    name: str
    kind: Part
    format: Format
    licence: str
    """SPDX expression."""
    upstream: str
    """Where it was taken from, and what vouched for it there."""
    files: tuple[File, ...]
    """The first is the one that is loaded."""


@dataclass(frozen=True, slots=True)
class Requires:
    """What a device must have."""

    agent_api_min: int = 1
    agent_api_max: int = AGENT_API
    arch: tuple[str, ...] = ()
    """As `uname -m` says it; empty is any."""
    cpu: tuple[str, ...] = ()
    """Flags as in /proc/cpuinfo, all of them."""
    ram_mb: int = 0
    disk_mb: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A known-answer test: what a model must make of something given."""

    component: str
    given: str
    """The text; for speech to text, a wav file as `component/path`."""
    expect: tuple[str, ...] = ()
    """Words of which one must be in the answer, however they are spelled; empty for a voice."""
    min_ms: int = 0
    """Shortest sound, for a voice."""
    max_ms: int = 0


@dataclass(frozen=True)
class Release:
    """Everything that switches together."""

    name: str
    version: str
    counter: int
    """Higher is newer; never goes back."""
    components: tuple[Component, ...]
    requires: Requires = Requires()
    answers: tuple[Answer, ...] = ()
    settings: Mapping[str, bool | int | float | str] = field(default_factory=dict)
    """`room.name`, out of `SETTINGS`; the system prompt is `mind.persona`."""
    barrier: bool = False
    """Whether nobody may go past it without having run it."""

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return sum(file.size for component in self.components for file in component.files)

    @cached_property
    def sha256(self) -> str:
        """Of the manifest."""
        return hashlib.sha256(encode(self)).hexdigest()

    @property
    def id(self) -> str:
        """The name of its generation on a device."""
        return f"{self.counter}-{self.sha256[:16]}"

    def files(self) -> Iterator[tuple[str, File]]:
        """Yield each file with its path in the generation."""
        for component in self.components:
            for file in component.files:
                yield f"{component.name}/{file.path}", file

    def of(self, kind: str, name: str = "") -> Component | None:
        """Find the model that does `kind`, and has that name if one is given."""
        return next((one for one in self.components if one.kind == kind and name in ("", one.name)), None)


def encode(release: Release) -> bytes:
    """Return the manifest's only spelling."""
    table = {"schema": SCHEMA, **asdict(release), "settings": dict(release.settings)}
    for component in table["components"]:
        for file in component["files"]:
            file["chunks"] = [[chunk["sha256"], chunk["size"]] for chunk in file["chunks"]]
    return canonical(table)
