"""`edge-agent models`: which there are, which are here, getting them, checking them, deleting them."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.cli import given, output

if TYPE_CHECKING:
    from edge_agent.supply.catalogue import Catalogue, Model
    from edge_agent.supply.fetch import Progress
    from edge_agent.supply.store import Store

commands = typer.Typer(help="Models: list, pull, verify, delete them.", no_args_is_help=True)

_LINE_EVERY_S = 5
"""Where there is no terminal (a log, a pipe), progress is a line now and then."""

Names = Annotated[list[str] | None, typer.Argument(metavar="NAME", show_default=False)]


@commands.command("list")
def list_(json: output.Json = False) -> None:
    """List every model of the catalogue: what it is, what it costs, whether it is here."""
    catalogue, store = _room()
    rows = [_row(catalogue, store, model) for model in catalogue.models.values()]
    data = {"folder": str(store.root), "models": rows}
    output.emit("models-list", data, json=json, human=lambda: _print_list(rows))


@commands.command()
def pull(
    names: Names = None,
    profile: Annotated[str, typer.Option(help="All models of this profile, instead of the one that is set.")] = "",
    source: Annotated[str, typer.Option("--from", metavar="DIR|URL", help="Ask this place first.")] = "",
    json: output.Json = False,
) -> None:
    """Fetch models: those named, or those that the settings use. Goes on where an earlier pull stopped."""
    from edge_agent.supply import fetch

    catalogue, store = _room()
    models = _models(catalogue, names or [], profile)
    first = (*([_existing(source)] if source else []), *given.settings().models.sources)
    with _bar() if sys.stderr.isatty() else _lines() as on_progress:
        pulled = fetch.pull(store, models, first=first, on_progress=on_progress, on_note=output.note)
    data = {
        "folder": str(store.root),
        "fetched": pulled.fetched,
        "kept": pulled.kept,
        "mended": pulled.mended,
        "fetched_bytes": pulled.fetched_bytes,
        "sha256": {f"{model.name}/{file.name}": file.sha256 for model in models for file in model.files},
    }
    output.emit("models-pull", data, json=json, human=lambda: _print_pulled(store, models, pulled.fetched_bytes))


@commands.command()
def verify(names: Names = None, json: output.Json = False) -> None:
    """Read every byte of the models that are here, or of those named, and compare with the catalogue."""
    from edge_agent.supply.store import State

    catalogue, store = _room()
    models = (
        _models(catalogue, names, "")
        if names
        else [model for model in catalogue.models.values() if store.state(model) is not State.MISSING]
    )
    faults = {model.name: store.damaged(model) for model in models}
    whole = not any(faults.values())
    output.emit("models-verify", {"models": faults}, json=json, human=lambda: _print_faults(faults), ok=whole)
    if not whole:
        raise typer.Exit(1)


@commands.command()
def path(name: Annotated[str, typer.Argument(metavar="NAME")] = "", json: output.Json = False) -> None:
    """Print the folder that holds the models, or one whole model."""
    catalogue, store = _room()
    folder = store.folder(catalogue.model(name)) if name else store.root
    output.emit("models-path", {"path": str(folder)}, json=json, human=lambda: output.line(str(folder)))


@commands.command()
def rm(names: Annotated[list[str], typer.Argument(metavar="NAME")], json: output.Json = False) -> None:
    """Delete models, and what was half-fetched of them."""
    catalogue, store = _room()
    models = _models(catalogue, names, "")
    with store.locked(wait_s=0):
        freed = {model.name: store.remove(model) for model in models}
    output.emit(
        "models-rm",
        {"freed_bytes": freed},
        json=json,
        human=lambda: output.note(f"{', '.join(freed)}: {_size(sum(freed.values()))} freed."),
    )


@commands.command()
def generations(json: output.Json = False) -> None:
    """List the fleet's releases that are on this device, the newest first."""
    from edge_agent.supply.fleet import pointers
    from edge_agent.supply.fleet.generations import Generations
    from edge_agent.supply.fleet.models import root

    here = Generations(root(given.settings().models))
    seen = pointers.read(here.root)
    roles = {seen.before: "before", seen.good: "good", seen.current: "in use"}
    rows: list[dict[str, object]] = []
    for name in here.sealed():
        release = here.release(name)
        rows.append(
            {
                "id": name,
                "release": f"{release.name} {release.version}",
                "size_bytes": release.size,
                "whole": here.is_sealed(name),
                "role": roles.get(name, ""),
                "leased": here.is_leased(name),
            }
        )
    data = {"folder": str(here.root), "generations": rows}
    output.emit("models-generations", data, json=json, human=lambda: _print_generations(rows))


def _print_generations(rows: list[dict[str, object]]) -> None:
    if not rows:
        output.note("No release is on this device; it uses the pulled models.")
        return
    table = [["ID", "RELEASE", "SIZE", "USE"]]
    for row in rows:
        use = str(row["role"]) if row["whole"] else "damaged"
        table.append([str(row["id"]), str(row["release"]), _size(int(str(row["size_bytes"]))), use])
    output.columns(table)


def _room() -> "tuple[Catalogue, Store]":
    """Return the catalogue and the store that the settings name."""
    from edge_agent.base.paths import paths
    from edge_agent.supply.catalogue import load
    from edge_agent.supply.store import Store

    settings = given.settings().models
    return load(settings.catalogue), Store(settings.folder or paths().models)


def _models(catalogue: "Catalogue", names: Iterable[str], profile: str) -> "list[Model]":
    """Return the models that were named and those of the profile; if neither is named, those that the settings use."""
    asked = [catalogue.model(name) for name in names]
    if profile:
        asked += catalogue.profile(profile).values()
    settings = given.settings()
    return asked or list(catalogue.chosen(settings.models, settings.ear.wake_word).values())


def _existing(source: str) -> str:
    """Refuse a folder that isn't there: whoever names one does not want the network instead."""
    from edge_agent.base.errors import InputError

    if "://" not in source and not Path(source).expanduser().is_dir():
        raise InputError(f"there is no folder {source}", hint="Give a folder that holds NAME/FILE, or an address.")
    return source


def _row(catalogue: "Catalogue", store: "Store", model: "Model") -> dict[str, object]:
    return {
        "name": model.name,
        "kind": model.kind.value,
        "about": model.about,
        "licence": model.licence,
        "size_bytes": model.size,
        "memory_mb": model.memory_mb,
        "state": store.state(model).value,
        "profiles": [name for name, profile in catalogue.profiles.items() if model.name in profile.values()],
    }


def _print_list(rows: list[dict[str, object]]) -> None:
    table = [["NAME", "KIND", "STATE", "SIZE", "MEMORY", "LICENCE", "PROFILES"]]
    for row in rows:
        size, memory = _size(int(str(row["size_bytes"]))), f"{row['memory_mb']} MB"
        profiles = ", ".join(row["profiles"]) if isinstance(row["profiles"], list) else ""
        table.append(
            [*(str(row[key]) for key in ("name", "kind", "state")), size, memory, str(row["licence"]), profiles]
        )
    output.columns(table)


def _print_pulled(store: "Store", models: "list[Model]", fetched_bytes: int) -> None:
    for model in models:
        output.line(f"{store.root / model.name}")
    output.note(
        f"{_size(fetched_bytes)} fetched; every file is whole." if fetched_bytes else "Every file is here and whole."
    )


def _print_faults(faults: dict[str, dict[str, str]]) -> None:
    for name, wrong in faults.items():
        for file, fault in wrong.items():
            output.line(f"{name}/{file} is {fault}. edge-agent models pull {name}")
        if not wrong:
            output.line(f"{name} is whole")
    if not faults:
        output.note("No model is here. `edge-agent models pull` fetches those that the settings use.")


@contextmanager
def _bar() -> "Iterator[Callable[[Progress], None]]":
    """Show a bar of verified bytes, and beside it what is on its way."""
    from rich import progress as rich
    from rich.console import Console

    arriving = rich.TextColumn("{task.fields[arriving]}")
    columns = (rich.TextColumn("models"), rich.BarColumn(30), rich.DownloadColumn(), rich.TimeElapsedColumn(), arriving)
    with rich.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("models", total=None, arriving="")

        def show(now: "Progress") -> None:
            held = sum(held for _, held in now.arriving)
            arriving = f"+ {_size(held)} arriving" if held else ""
            bar.update(task, completed=now.verified_bytes, total=now.total_bytes, arriving=arriving)

        yield show


@contextmanager
def _lines() -> "Iterator[Callable[[Progress], None]]":
    told_at = time.monotonic()

    def tell(now: "Progress") -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= _LINE_EVERY_S:
            told_at = time.monotonic()
            names = ", ".join(f"{name} {_size(held)}" for name, held in now.arriving) or "nothing"
            output.note(f"{_size(now.verified_bytes)} of {_size(now.total_bytes)} verified; on their way: {names}")

    yield tell


def _size(size: int) -> str:
    """Bytes in words: `4 kB`, `8.7 MB`, `148 MB`."""
    if size < 1e6:
        return f"{size / 1e3:.0f} kB"
    return f"{size / 1e6:.1f} MB" if size < 1e7 else f"{size / 1e6:.0f} MB"
