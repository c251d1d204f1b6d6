"""Generations of the pulled models, as an updater would have sealed them."""

import shutil

from edge_agent.supply.catalogue import Kind
from edge_agent.supply.fleet.chunks import cut
from edge_agent.supply.fleet.models import Models, root
from edge_agent.supply.fleet.release import Component, Format, Part, Release, encode

ENGINES = (Kind.STT, Kind.LLM, Kind.TTS)


def own_folder(settings, folder, kinds):
    """Copy the pulled models of these kinds into a folder of the test's own; return settings that use it."""
    for kind in kinds:
        pulled = Models(settings).file(kind).parent
        shutil.copytree(pulled, folder / pulled.name)
    (folder / ".fleet").mkdir()
    return settings.model_copy(update={"models": settings.models.model_copy(update={"folder": folder})})


def seal(settings, counter: int, *, kinds=ENGINES, breaks: str = "") -> str:
    """Make a generation of the pulled models, one of them broken if that is wanted; return its name."""
    components = []
    making = root(settings.models) / "made"
    for kind in kinds:
        part = Part(kind.value)
        pulled = Models(settings).file(kind)
        name = settings.ear.wake_word if kind is Kind.WAKE else part.value
        folder = making / name
        shutil.copytree(pulled.parent, folder)
        if part.value == breaks:
            (folder / pulled.name).write_bytes(b"no model")
        files = []
        for path in sorted(folder.iterdir(), key=lambda path: path.name != pulled.name):
            with path.open("rb") as file:
                files.append(cut(file, path.name, Format.PLAIN))
        components.append(Component(name, part, Format.PLAIN, "MIT", "nowhere", tuple(files)))
    release = Release("spring", f"1.0.{counter}", counter, tuple(components))
    (making / "release.json").write_bytes(encode(release))
    making.rename(root(settings.models) / release.id)
    return release.id
