"""The models that can be had: their files with hashes, their sources, and the sets (profiles) that work together.

What a catalogue may say, checked as a whole when it is read:

1. A file is known by size and sha256. Sources only bring bytes; the hash decides.
2. A name is a plain file name. No entry can point outside of the models' folder.
3. A source is a wheel pinned to one version, an https address, or an absolute folder. Plain http is for loopback alone.
4. A file may be joined from parts. Their sizes are written down and add up, so that half a file can be continued.
5. A profile names one model of each kind but the wake word, which is the owner's own choice.
"""

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge_agent.base.errors import SettingsError
from edge_agent.base.settings import ModelSettings
from edge_agent.supply.addresses import is_safe_address
from edge_agent.supply.fitting import AUTO, fitting

_PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_PLAIN_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


class Kind(StrEnum):
    """What a model does."""

    STT = "stt"  # speech to text
    LLM = "llm"  # what to say
    TTS = "tts"  # text to speech
    VAD = "vad"  # is somebody speaking?
    TURN = "turn"  # has the speaker finished?
    WAKE = "wake"  # is it called?


IN_PROFILES = tuple(kind for kind in Kind if kind is not Kind.WAKE)


class SourceKind(StrEnum):
    """How the bytes of a source are reached."""

    WHEEL = "wheel"  # a member of a Python wheel, through pip
    HTTPS = "https"
    FOLDER = "folder"  # a USB stick, a network share, a package of the distribution


def _inside(path: str) -> str:
    """Accept a relative path that stays where it is."""
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise ValueError(f"{path!r} must be a relative path without `..`")
    return path


PlainName = Annotated[str, Field(pattern=_PLAIN_NAME)]
InsidePath = Annotated[str, AfterValidator(_inside)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class File(_Entry):
    """One file of a model."""

    name: PlainName
    size: int = Field(gt=0)
    """Bytes."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Part(_Entry):
    """A run of bytes at a source: a whole file, or a piece of one."""

    path: InsidePath
    size: int = Field(gt=0)
    """Bytes."""
    at: str = ""
    """Where it is, when not at its source's own place."""


class Source(_Entry):
    """A place that has every file of a model."""

    kind: SourceKind
    at: str
    """A requirement, an address or a folder, after `kind`."""
    under: InsidePath = ""
    """The folder in there that holds the files."""
    joined: Mapping[str, tuple[Part, ...]] = {}
    """Files that lie there in pieces."""

    @model_validator(mode="after")
    def _places_are_allowed(self) -> Self:
        for at in [self.at, *(part.at for parts in self.joined.values() for part in parts if part.at)]:
            match self.kind:
                case SourceKind.WHEEL if not _PINNED.fullmatch(at):
                    raise ValueError(f"{at!r} must be a requirement of one version, like `name==1.0`")
                case SourceKind.HTTPS if not is_safe_address(at):
                    raise ValueError(f"{at!r} must be an https address")
                case SourceKind.FOLDER if not Path(at).is_absolute():
                    raise ValueError(f"{at!r} must be an absolute path")
        return self

    def parts(self, file: File) -> tuple[Part, ...]:
        """Say what to read, in order, for `file`."""
        if file.name in self.joined:
            return tuple(part.model_copy(update={"at": part.at or self.at}) for part in self.joined[file.name])
        return (Part(path=str(PurePosixPath(self.under, file.name)), size=file.size, at=self.at),)


class Model(_Entry):
    """One model: what it is, what it costs, what it consists of."""

    name: PlainName
    kind: Kind
    about: str
    """One line for people."""
    licence: str = Field(min_length=1)
    """Of the weights, as an SPDX expression."""
    memory_mb: int = Field(gt=0)
    """Memory of the process that holds it, at its peak, MB; what it adds, where it shares one."""
    files: tuple[File, ...] = Field(min_length=1)
    sources: tuple[Source, ...] = ()
    """Tried in this order."""

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return sum(file.size for file in self.files)

    @model_validator(mode="after")
    def _parts_add_up(self) -> Self:
        sizes = {file.name: file.size for file in self.files}
        if len(sizes) < len(self.files):
            raise ValueError("two files have the same name")
        for source in self.sources:
            for name, parts in source.joined.items():
                if sum(part.size for part in parts) != sizes.get(name):
                    raise ValueError(f"the parts of {name!r} don't add up to a file of that name")
        return self


class Catalogue(_Entry):
    """All models by name, and the profiles."""

    # `schema` is a word that pydantic's own classes use.
    format: Literal[1] = Field(alias="schema")
    models: Mapping[str, Model]
    profiles: Mapping[str, Mapping[Kind, str]]

    @model_validator(mode="after")
    def _profiles_are_whole(self) -> Self:
        for name, profile in self.profiles.items():
            for kind in IN_PROFILES:
                model = self.models.get(profile.get(kind, ""))
                if model is None or model.kind != kind:
                    raise ValueError(f"profile {name!r} must name a model of kind {kind.value!r}")
        return self

    def model(self, name: str) -> Model:
        """Find a model by its name."""
        if name not in self.models:
            raise SettingsError(f"there is no model named {name!r}", hint=_suggestion(name, self.models))
        return self.models[name]

    def profile(self, name: str) -> dict[Kind, Model]:
        """Find the models of a profile; `auto` is the one that fits this machine."""
        if name == AUTO:
            name = fitting()
        if name not in self.profiles:
            raise SettingsError(f"there is no profile named {name!r}", hint=_suggestion(name, (AUTO, *self.profiles)))
        return {kind: self.models[model] for kind, model in self.profiles[name].items()}

    def chosen(self, settings: ModelSettings, wake: str = "") -> dict[Kind, Model]:
        """Say which models the settings ask for: the profile's, each replaced by what is named instead of it.

        `wake` is the name of the wake word; empty for none.
        """
        models = self.profile(settings.profile)
        named = {Kind.STT: settings.stt, Kind.LLM: settings.llm, Kind.TTS: settings.tts, Kind.WAKE: wake}
        for kind, name in named.items():
            if name:
                models[kind] = self.model(name)
                if models[kind].kind != kind:
                    room = "ear" if kind is Kind.WAKE else "models"
                    raise SettingsError(
                        f"{room}.{kind} is {name!r}, which is a model for {models[kind].kind}",
                        hint=f"Choose one of: {', '.join(m.name for m in self.models.values() if m.kind == kind)}.",
                    )
        return models


def load(path: Path | None = None) -> Catalogue:
    """Read the catalogue at `path`, or the one that ships."""
    path = path or _shipped()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"the catalogue {path} can't be read: {error.strerror}", hint="Mend or clear `models.catalogue`."
        ) from error
    except ValueError as error:  # not UTF-8, or not TOML
        raise SettingsError(f"the catalogue {path} is not TOML: {error}", hint="Mend the file.") from error
    return parse(table, where=str(path))


def parse(table: Mapping[str, object], *, where: str) -> Catalogue:
    """Check what was read from `where`."""
    models = table.get("models")
    if isinstance(models, Mapping):
        named = {key: {**value, "name": key} if isinstance(value, Mapping) else value for key, value in models.items()}
        table = {**table, "models": named}
    try:
        return Catalogue.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the whole"
        message = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"the catalogue {where} is wrong at {place}: {message}", hint="Mend the file.") from error


def _shipped() -> Path:
    """Inside the package when installed; beside it in a clone."""
    installed = Path(__file__).with_name("catalogue.toml")
    return installed if installed.exists() else Path(__file__).parents[2] / "models" / "catalogue.toml"


def _suggestion(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"Choose one of: {', '.join(known)}."
