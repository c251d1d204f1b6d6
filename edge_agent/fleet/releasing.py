"""A release out of folders: described in a TOML file, cut into chunks, and put where the release keys can vouch for it.

::

    name = "spring"
    version = "1.4.0"
    barrier = false                  # nobody may go past it without having run it
    [requires]
    ram_mb = 1800
    [settings]
    "mind.persona" = "You are the voice of a kiosk."
    [[components]]
    name = "words"
    kind = "llm"                     # stt, llm, tts, vad, turn, wake, data
    format = "gguf"                  # gguf, ct2, onnx, plain
    licence = "Apache-2.0"
    upstream = "https://example.org/model"
    files = ["models/model.gguf"]    # or a folder; the first file is the one that is loaded
    [[answers]]                      # known-answer tests
    component = "words"
    given = "What is the capital of France?"
    expect = ["paris"]

1. Chunks lie under the hash of their bytes. What an earlier release brought is there already and costs nothing.
2. The counter is one more than that of the newest release, signed or waiting; nobody has to count.
3. What is written is read again as a device would, before anybody is asked for a signature.
"""

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tuf.api.metadata import TargetFile

from edge_agent.base.errors import InputError
from edge_agent.fleet.workspace import Workspace
from edge_agent.supply.fleet import chunks, manifest, release
from edge_agent.supply.fleet.durable import write
from edge_agent.supply.fleet.release import File, Format, Release
from edge_agent.supply.fleet.strict import canonical


@dataclass(frozen=True, slots=True)
class Built:
    """What a build made."""

    release: Release
    waiting: Path
    """The metadata that two release keys must sign."""
    new_chunks: int
    new_bytes: int


def build(space: Workspace, described: Path, now: datetime) -> Built:
    """Make a release out of its description."""
    metadata = space.draft("releases", now)
    newest = max((target.custom["counter"] for target in metadata.signed.targets.values()), default=0)
    try:
        table = tomllib.loads(described.read_text(encoding="utf-8"))
        parts = [(part, list(_files(described.parent, part))) for part in table["components"]]
        made = manifest.parse(_manifest(table, newest + 1, parts))
    except OSError as error:
        hint = "Its files are named from the folder of the description."
        raise InputError(f"{error.filename} can't be read: {error.strerror}", hint=hint) from error
    except KeyError as error:
        raise InputError(f"{described} has no {error}", hint="See docs/fleet.md for what it must say.") from error
    except ValueError as error:
        raise InputError(f"{described}: {error}", hint="See docs/fleet.md for what it must say.") from error
    except TypeError as error:
        what = f"{described} has something of the wrong kind: {error}"
        raise InputError(what, hint="See docs/fleet.md for what it must say.") from error
    new_chunks, new_bytes = _store(space, made, parts)
    path = f"releases/{made.name}-{made.version}.json"
    if path in metadata.signed.targets:
        raise InputError(f"{made.name} {made.version} exists already", hint="Give it another version.")
    data = release.encode(made)
    target = TargetFile.from_data(path, data, ["sha256"])
    target.unrecognized_fields["custom"] = {"counter": made.counter, "barrier": made.barrier}
    metadata.signed.targets[path] = target
    put(space, target, data)
    return Built(made, space.stage("releases", metadata), new_chunks, new_bytes)


def put(space: Workspace, target: TargetFile, data: bytes) -> None:
    """Write a target where devices look for it."""
    folder, _, name = target.path.rpartition("/")
    path = space.repo / "targets" / folder / f"{target.hashes['sha256']}.{name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, data)


def chunk_path(space: Workspace, sha256: str) -> Path:
    """Return where a chunk lies."""
    return space.repo / "chunks" / sha256[:2] / sha256[2:4] / sha256


def _files(base: Path, part: dict[str, Any]) -> Iterator[tuple[Path, File]]:
    """Yield a component's files, and how they are cut."""
    form = Format(part["format"])
    for name in part["files"]:
        root = base / name
        folder = root.is_dir()
        for path in sorted(one for one in root.rglob("*") if one.is_file()) if folder else [root]:
            with path.open("rb") as file:
                yield path, chunks.cut(file, str(path.relative_to(root)) if folder else path.name, form)


def _manifest(
    table: dict[str, Any], counter: int, parts: list[tuple[dict[str, Any], list[tuple[Path, File]]]]
) -> bytes:
    requires = {"agent_api_min": release.AGENT_API, "agent_api_max": release.AGENT_API, "arch": [], "cpu": []}
    answer = {"expect": [], "min_ms": 0, "max_ms": 0}
    return canonical({
        "schema": release.SCHEMA,
        "counter": counter,
        "barrier": False,
        "settings": {},
        **table,
        "requires": {**requires, "ram_mb": 0, "disk_mb": 0, **table.get("requires", {})},
        "answers": [{**answer, **one} for one in table.get("answers", [])],
        "components": [{**part, "files": [_described(file) for _, file in files]} for part, files in parts],
    })  # fmt: skip


def _described(file: File) -> dict[str, Any]:
    cut = [[chunk.sha256, chunk.size] for chunk in file.chunks]
    return {"path": file.path, "size": file.size, "sha256": file.sha256, "chunks": cut}


def _store(
    space: Workspace, made: Release, parts: list[tuple[dict[str, Any], list[tuple[Path, File]]]]
) -> tuple[int, int]:
    new_chunks = new_bytes = 0
    for path, file in (entry for _, files in parts for entry in files):
        with path.open("rb") as source:
            for chunk in file.chunks:
                data = source.read(chunk.size)
                if hashlib.sha256(data).hexdigest() != chunk.sha256:
                    raise InputError(f"{path} changed while {made.name} was built")
                place = chunk_path(space, chunk.sha256)
                if not place.exists():
                    place.parent.mkdir(parents=True, exist_ok=True)
                    write(place, data)
                    new_chunks, new_bytes = new_chunks + 1, new_bytes + len(data)
    return new_chunks, new_bytes
