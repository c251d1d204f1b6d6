"""Which models and settings this device uses now: those of the current generation, else the pulled ones.

1. A generation brings all that it has together. What it lacks (say, the voice detector) is pulled as without a fleet.
2. Its settings stand above what is built in, and below whatever the owner of the device set otherwise.
3. A generation that is not whole, or that nobody vouches for (`vouching.py`), is not used; the pulled models are.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from edge_agent.base.errors import EdgeAgentError, ModelError, SettingsError
from edge_agent.base.paths import paths
from edge_agent.base.settings import ModelSettings, Settings
from edge_agent.supply import catalogue
from edge_agent.supply.catalogue import Kind
from edge_agent.supply.fleet import pointers
from edge_agent.supply.fleet.generations import Generations
from edge_agent.supply.fleet.release import Component, Release
from edge_agent.supply.fleet.vouching import vouched
from edge_agent.supply.store import Store

log = logging.getLogger(__name__)

FOLDER = ".fleet"
"""Within the models' folder, so that it is on the disk that is meant for them."""


@dataclass(frozen=True, slots=True)
class Models:
    """One consistent choice of models and settings."""

    settings: Settings
    """With those of the generation."""
    generation: str = ""
    """Its name; empty for the pulled models."""
    release: Release | None = None
    folder: Path = Path()
    """Of the generation."""

    def file(self, kind: Kind) -> Path:
        """Return the first file of the model that does `kind`; ModelError when it is not there, with what to do."""
        if component := self._component(kind):
            return self.folder / component.name / component.files[0].path
        model = catalogue.load(self.settings.models.catalogue).chosen(
            self.settings.models, self.settings.ear.wake_word
        )[kind]
        return Store(pulled(self.settings.models)).folder(model) / model.files[0].name

    def mark(self, kind: Kind) -> object:
        """Return what tells this model from another: the same in two generations that share it."""
        component = self._component(kind)
        return component.files if component else self.file(kind)

    def _component(self, kind: Kind) -> Component | None:
        if self.release is None:
            return None
        # A wake word is a word: another one than the owner chose does not take its place.
        return self.release.of(kind.value, self.settings.ear.wake_word if kind is Kind.WAKE else "")


def pulled(settings: ModelSettings) -> Path:
    """Where the pulled models are."""
    return settings.folder or paths().models


def root(settings: ModelSettings) -> Path:
    """Where the fleet's generations are."""
    return pulled(settings) / FOLDER


def models(settings: Settings) -> Models:
    """Return what is to be loaded now."""
    at = root(settings.models)
    name = pointers.read(at).current
    if name and pointers.is_whole(at / name):
        try:
            return proven(settings, name)
        except ModelError as error:
            log.error("the pulled models are used: %s", error)
    return Models(settings)


def proven(settings: Settings, name: str) -> Models:
    """Return the models of one generation, to be loaded; ModelError unless they are what the fleet's keys signed."""
    chosen = of(settings, name)
    if chosen.release:
        vouched(chosen.folder, chosen.release, settings.fleet.root)
    return chosen


def of(settings: Settings, name: str) -> Models:
    """Return the models of one generation, or the pulled ones for an empty name."""
    if not name:
        return Models(settings)
    generations = Generations(root(settings.models))
    return anew(Models(settings, name, generations.release(name), generations.folder(name)), settings)


def anew(models: Models, settings: Settings) -> Models:
    """Return the same models with the owner's settings as they are now, and the release's below them."""
    release = models.release
    return replace(models, settings=overlaid(settings, release.settings) if release else settings)


@contextmanager
def leased(settings: Settings) -> Iterator[Models]:
    """Return what is to be loaded now, and keep it on the disk meanwhile."""
    chosen = models(settings)
    if not chosen.generation:
        yield chosen
        return
    with Generations(root(settings.models)).lease(chosen.generation):
        yield chosen


def folders(settings: Settings, name: str) -> dict[str, Path]:
    """Return the folder of each model of a generation, by kind; leave out what is not there."""
    found: dict[str, Path] = {}
    for kind in Kind:
        try:
            found[kind.value] = of(settings, name).file(kind).parent
        except (EdgeAgentError, KeyError):  # no wake word is asked for
            continue
    return found


def overlaid(settings: Settings, told: Mapping[str, object]) -> Settings:
    """Put the settings of a release where the owner left what is built in; SettingsError if they are not allowed."""
    built_in = Settings()
    for key, value in told.items():
        room, _, name = key.partition(".")
        own = getattr(settings, room)
        if getattr(own, name) != getattr(getattr(built_in, room), name):
            continue
        try:
            changed = type(own).model_validate({**own.model_dump(), name: value}, strict=True)
        except ValidationError as error:
            raise SettingsError(f"the release sets {key} to {value!r:.80}, which is not allowed") from error
        settings = settings.model_copy(update={room: changed})
    return settings
